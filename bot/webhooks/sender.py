"""The `WebhookSender` over aiohttp: one signed POST, no redirect, no proxy, bounded in time.

A connection of its own for each message: it may go only to the addresses that were judged for it.
What comes back is not read beyond its status. Built by the composition root.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import aiohttp
from yarl import URL

from approvals.domain.webhook import Webhook, WebhookMessage
from approvals.operations.ports import NotNow
from bot.trust import trust
from bot.webhooks.addresses import Address, AddressRefused, Allowed, Pinned, resolved
from bot.webhooks.secrets import SecretMissing, keys_for
from bot.webhooks.signing import signed_headers

LOGGER = logging.getLogger("sayso.webhooks")
TIMEOUT_S = 10.0
RETRY_AFTER_MAX_S = 300.0
Resolve = Callable[[str, int], Awaitable[tuple[Address, ...]]]


class HttpWebhooks:
    """Sends webhooks; everything that keeps one from being taken is `NotNow` with a code."""

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        allowed: Allowed,
        resolve: Resolve = resolved,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """*environ* holds the secrets the policy names; *resolve* gives the addresses of a host."""
        self._resolve = resolve
        self._environ = environ
        self._allowed = allowed
        self._timeout_s = timeout_s

    async def send(self, webhook: Webhook, message: WebhookMessage, *, now: datetime) -> None:
        """Send *message*.

        Raises:
            NotNow
        """
        try:
            keys = keys_for(webhook, self._environ)
            async with asyncio.timeout(self._timeout_s):
                await self._post(URL(webhook.url), message, keys=keys, now=now)
        except SecretMissing as mistake:
            LOGGER.error("%s", mistake.message)
            raise NotNow("secret_missing") from None
        except AddressRefused as refusal:
            LOGGER.error("webhook %s: %s", webhook.name, refusal.code)
            raise NotNow(refusal.code) from None
        except TimeoutError:
            raise NotNow("timeout", may_have_arrived=True) from None
        except aiohttp.ClientSSLError as failure:
            LOGGER.error("webhook %s: %s", webhook.name, type(failure).__name__)
            raise NotNow("tls") from None
        except (aiohttp.ClientError, OSError) as failure:
            LOGGER.warning("webhook %s: %s", webhook.name, type(failure).__name__)
            raise NotNow("no_connection", may_have_arrived=True) from None

    async def _post(
        self, url: URL, message: WebhookMessage, *, keys: Sequence[bytes], now: datetime
    ) -> None:
        # Judged and connected to by one reading of the address: two could name two hosts.
        host, addresses = url.raw_host or "", await self._judged(url)
        body = message.body.encode()
        connector = aiohttp.TCPConnector(
            resolver=Pinned(host, addresses),
            use_dns_cache=False,
            force_close=True,
            ssl=trust(),
        )
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                headers={"User-Agent": "sayso", "Content-Type": "application/json"},
            ) as session,
            session.post(
                url,
                data=body,
                headers=signed_headers(keys, message.id, body, at=now),
                allow_redirects=False,
            ) as answer,
        ):
            _check(answer)

    async def _judged(self, url: URL) -> tuple[Address, ...]:
        """Return the addresses of *url*, all of which may be reached.

        Raises:
            AddressRefused
        """
        is_https = url.scheme == "https"
        addresses = await self._resolve(url.raw_host or "", url.port or 443)
        takes = self._allowed.takes if is_https else self._allowed.takes_plain
        if not all(map(takes, addresses)):
            raise AddressRefused("address_not_public" if is_https else "not_https")
        return addresses


def _check(answer: aiohttp.ClientResponse) -> None:
    if 200 <= answer.status < 300:
        return
    if 300 <= answer.status < 400:
        raise NotNow("redirected")
    raise NotNow(f"http_{answer.status}", retry_after_s=_seconds(answer))


def _seconds(answer: aiohttp.ClientResponse) -> float | None:
    text = answer.headers.get("Retry-After", "")
    if answer.status not in (429, 503) or not (text.isascii() and text.isdecimal()):
        return None
    return min(float(text[:6]), RETRY_AFTER_MAX_S)
