"""A sentence only the person who clicked sees: by response_url, else as an ephemeral message.

Used for every refusal, for "still saving" and for errors. A response_url is a secret address that
came in a payload: only Slack's own host (or the configured one) is ever called, without
redirects. Failing both ways is logged and told to the caller, who may then withhold the ack.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.slack.slack_settings import SlackSettings
from bot.slack.web_api import CallFailed, WebApi, proxy_for

LOGGER = logging.getLogger("sayso.slack")
Blocks = Sequence[dict[str, Any]]
RESPONSE_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Where one person can be reached about one interaction."""

    user: str | None
    channel: str | None = None
    response_url: str | None = None
    thread_ts: str | None = None


def recipient_of(body: dict[str, Any]) -> Recipient:
    """Read whom to answer, from a payload that may be malformed in every other respect."""
    container = body.get("container")
    place = container if isinstance(container, dict) else {}
    user, channel = body.get("user"), body.get("channel")
    return Recipient(
        user=_text(user.get("id") if isinstance(user, dict) else body.get("user_id")),
        channel=_text(channel.get("id") if isinstance(channel, dict) else body.get("channel_id"))
        or _text(place.get("channel_id")),
        response_url=_text(body.get("response_url")),
        thread_ts=_text(place.get("thread_ts")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


class PrivateAnswers:
    """Tells one person something nobody else sees."""

    def __init__(
        self, api: WebApi, session: aiohttp.ClientSession, *, settings: SlackSettings
    ) -> None:
        self._api = api
        self._session = session
        self._proxy = proxy_for(settings)
        self._own_origin = _origin(settings.base_url)

    async def tell(
        self, recipient: Recipient, text: str, *, blocks: Blocks = (), timeout_s: float = 5.0
    ) -> bool:
        """Show *text* (mrkdwn, escaped), as *blocks* if any; return whether Slack took it."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self.answer_url(
                    recipient, text, blocks=blocks
                ) or await self._ephemeral(recipient, text, blocks)
        except TimeoutError:
            LOGGER.warning("a private answer to %s was not taken in time", recipient.user)
            return False

    async def answer_url(self, recipient: Recipient, text: str, *, blocks: Blocks = ()) -> bool:
        """Answer through the payload's own address only, which shows nothing to anyone else."""
        url = recipient.response_url
        if url is None or not self._is_slacks(url):
            return False
        answer = {"response_type": "ephemeral", "replace_original": False, **_plain(text, blocks)}
        if recipient.thread_ts:
            answer["thread_ts"] = recipient.thread_ts
        try:
            async with self._session.post(
                url, json=answer, allow_redirects=False, proxy=self._proxy
            ) as response:
                return response.status == 200
        except (aiohttp.ClientError, OSError) as error:
            LOGGER.info("a response_url did not answer: %s", type(error).__name__)
            return False

    async def _ephemeral(self, recipient: Recipient, text: str, blocks: Blocks) -> bool:
        if recipient.user is None:
            return False
        try:
            if recipient.channel is None:
                await self._api.call(
                    "chat.postMessage", channel=recipient.user, **_plain(text, blocks)
                )
            else:
                await self._api.call(
                    "chat.postEphemeral",
                    channel=recipient.channel,
                    user=recipient.user,
                    thread_ts=recipient.thread_ts,
                    **_plain(text, blocks),
                )
        except CallFailed as failure:
            LOGGER.warning("a private answer to %s failed: %s", recipient.user, failure.code)
            return False
        return True

    def _is_slacks(self, url: str) -> bool:
        try:
            target = urlsplit(url)
            origin = _origin(url)
        except ValueError:
            return False
        if target.scheme == "https" and target.port in {None, 443}:
            return target.hostname in RESPONSE_HOSTS or origin == self._own_origin
        return origin == self._own_origin


def shown(text: str, blocks: Blocks) -> dict[str, Any]:
    """Return what a message carries; without *blocks* its text is what is seen."""
    return {"text": text, "blocks": list(blocks)} if blocks else {"text": text}


def _plain(text: str, blocks: Blocks) -> dict[str, Any]:
    return {**shown(text, blocks), "link_names": False, "parse": "none"}


def _origin(url: str) -> tuple[str, str | None, int | None]:
    target = urlsplit(url)
    return target.scheme, target.hostname, target.port
