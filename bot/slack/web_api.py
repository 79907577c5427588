"""The one way out to Slack's Web API: a declared method goes in, an answer or a named failure out.

Used by directory, messenger, private answers, views and the start checks. It never retries: a
retry the outbox does not know of could post a card twice. What Slack closed with a Retry-After is
not called before that is over. Arguments and tokens are never logged.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.health import SlackHealth
from bot.slack.pacing import ClosedLanes
from bot.slack.slack_methods import METHODS, lane_of
from bot.slack.slack_settings import SlackSettings
from bot.trust import trust

LOGGER = logging.getLogger("sayso.slack.sdk")
"""Given to slack_sdk and Bolt; at DEBUG they would write tool arguments into the log."""
LOGGER.setLevel(logging.INFO)


TOKEN_ERRORS = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"}
)
"""Slack does not know our token any more; nothing works until there is a new one."""


NEVER_SENT = frozenset({"proxy", "tls", "unknown_host", "no_route"})
"""Failures of `SlackUnreachable` before anything was sent."""

RETRY_AFTER_MAX_S = 3_600.0
"""Slack asks for seconds; more than an hour is a mistake that must not close a lane for ever."""


class CallFailed(Exception):
    """A call to Slack did not succeed; `code` is Slack's error or our name for the failure."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class SlackRefused(CallFailed):
    """Slack answered `ok: false`."""

    def __init__(self, code: str, *, needed: str | None = None) -> None:
        self.needed = needed
        super().__init__(code)


class SlackBusy(CallFailed):
    """Slack answered 429, now or lately; the lane is closed for `retry_after_s`."""

    def __init__(self, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__("ratelimited")


class SlackUnreachable(CallFailed):
    """No usable answer came; `code` says why, such as `timeout`, `tls`, `no_route`, `http_503`."""


class WebApi:
    """Calls Slack with one token; *health* learns when Slack no longer takes it."""

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        timeout_s: float,
        health: SlackHealth | None = None,
        closed: ClosedLanes | None = None,
    ) -> None:
        self._client = client
        self._health = health
        self._timeout_s = timeout_s
        self._closed = closed or ClosedLanes()

    def closed_for_s(self, method: str, *, channel: str | None = None) -> float:
        """Return how long Slack still wants no call of *method* (to *channel*); 0 when it may."""
        return self._closed.wait_s(lane_of(method, channel))

    async def call(
        self, method: str, /, *, timeout_s: float | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Call a method of `METHODS`; None arguments are left out.

        Raises:
            CallFailed: the subclass that says how.
        """
        data, _ = await self.call_with_headers(method, timeout_s=timeout_s, **arguments)
        return data

    async def call_with_headers(
        self, method: str, /, *, timeout_s: float | None = None, **arguments: Any
    ) -> tuple[dict[str, Any], Mapping[str, str]]:
        """Call a method and return Slack's headers too (lower-case names)."""
        lane = lane_of(method, arguments.get("channel"))
        closed_s = self._closed.wait_s(lane)
        if closed_s > 0:
            raise SlackBusy(closed_s)
        way = "params" if METHODS[method].as_query else "json"
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            async with asyncio.timeout(timeout_s or self._timeout_s):
                answer = await self._client.api_call(method, **{way: given})  # type: ignore[arg-type]
        except SlackApiError as error:
            failure: CallFailed = _refusal(error)
            if isinstance(failure, SlackBusy):
                self._closed.close(lane, failure.retry_after_s)
            self._note(failure)
            raise failure from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            failure = SlackUnreachable(_why(error))
            self._note(failure)
            raise failure from error
        data = answer.data
        if not isinstance(data, dict):
            raise SlackUnreachable("not_json")
        if self._health is not None:
            self._health.answered()
            self._health.token_error = None  # Slack takes the token again: it was given anew
        return data, {name.lower(): value for name, value in answer.headers.items()}

    def _note(self, failure: CallFailed) -> None:
        if self._health is None:
            return
        if isinstance(failure, SlackUnreachable):
            self._health.lost(failure.code)
            return
        self._health.answered()
        if failure.code in TOKEN_ERRORS:
            self._health.refuse_token(failure.code)


def _refusal(error: SlackApiError) -> CallFailed:
    response = error.response
    # slack_sdk hands over its own response or, where the body is no JSON, aiohttp's.
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
    headers = {str(name).lower(): value for name, value in (response.headers or {}).items()}
    if status == 429:
        return SlackBusy(_seconds(headers.get("retry-after")))
    data = getattr(response, "data", None)
    if isinstance(data, dict) and isinstance(data.get("error"), str):
        if status >= 500:
            return SlackUnreachable(f"http_{status}")
        return SlackRefused(data["error"], needed=data.get("needed"))
    return SlackUnreachable(f"http_{status}" if status != 200 else "not_json")


def _seconds(text: str | None) -> float:
    """Return how long Slack wants no call; nothing sensible counts as half a minute."""
    given = float(text) if text is not None and text.isascii() and text.isdecimal() else 30.0
    return min(given, RETRY_AFTER_MAX_S)


def _why(error: Exception) -> str:
    reasons: tuple[tuple[type[Exception], str], ...] = (
        (TimeoutError, "timeout"),
        (aiohttp.ClientProxyConnectionError, "proxy"),
        (aiohttp.ClientHttpProxyError, "proxy"),
        (aiohttp.ClientSSLError, "tls"),
        (aiohttp.ClientConnectorDNSError, "unknown_host"),
        (aiohttp.ClientConnectorError, "no_route"),
    )
    for kind, why in reasons:
        if isinstance(error, kind):
            return why
    return "connection_lost"


def proxy_for(settings: SlackSettings) -> str | None:
    """Return the proxy in force for Slack's address; `NO_PROXY` and loopback need none."""
    target = urlsplit(settings.base_url)
    host = target.hostname or ""
    if host in {"localhost", "127.0.0.1", "::1"}:
        return None
    if settings.proxy is not None:
        return settings.proxy
    if proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(target.scheme) or proxies.get("https") or None


@asynccontextmanager
async def open_session(settings: SlackSettings) -> AsyncIterator[aiohttp.ClientSession]:
    """Open the connections all calls share; trust is `SSL_CERT_FILE` or the system's."""
    connector = aiohttp.TCPConnector(ssl=trust(), limit=50)
    total = aiohttp.ClientTimeout(total=settings.call_timeout_s)
    async with aiohttp.ClientSession(connector=connector, timeout=total) as session:
        yield session


def make_client(
    settings: SlackSettings, session: aiohttp.ClientSession | None, *, token: str | None
) -> AsyncWebClient:
    """Build slack_sdk's client with no retries of its own."""
    client = AsyncWebClient(
        token=token,
        base_url=settings.base_url,
        session=session,
        logger=LOGGER,
        retry_handlers=[],
        ssl=None,
    )
    # slack_sdk reads the proxy from the environment by itself and knows no NO_PROXY.
    client.proxy = proxy_for(settings)
    return client
