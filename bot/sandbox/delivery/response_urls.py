"""response_urls: five uses in thirty minutes, no token, for one channel and one interaction.

Interactions issue them; the app posts to `/actions/…` or `/commands/…` on the local Slack. They
live in memory only.
"""

import secrets
import sqlite3
from dataclasses import dataclass, replace

from aiohttp import web

from bot.sandbox.clock import Clock
from bot.sandbox.error_codes import SlackError
from bot.sandbox.nouns import JsonObject, Message
from bot.sandbox.seed import Seed
from bot.sandbox.web_api.arguments import Arguments, loads
from bot.sandbox.web_api.content import Content, read_content
from bot.sandbox.workspace import Workspace

_LIFE_S = 30 * 60
_USES_MAX = 5
_KEPT_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issued:
    channel_id: str
    person_id: str
    message_ts: str | None
    thread_ts: str | None
    issued_at_s: float
    uses: int = 0


class ResponseUrls:
    """The response_urls given out, and what the app posts to them."""

    def __init__(self, workspace: Workspace, *, seed: Seed, clock: Clock) -> None:
        self._workspace = workspace
        self._seed = seed
        self._clock = clock
        self._known: dict[str, _Issued] = {}

    def issue(self, *, channel_id: str, person_id: str, message: Message | None = None) -> str:
        """A new secret path for one interaction, to be put behind the server's address."""
        path = f"{self._seed.team.id}/{secrets.randbelow(10**12)}/{secrets.token_urlsafe(18)}"
        self._known[path] = _Issued(
            channel_id=channel_id,
            person_id=person_id,
            message_ts=None if message is None else message.ts,
            thread_ts=None if message is None else message.thread_ts,
            issued_at_s=self._clock.epoch_s(),
        )
        while len(self._known) > _KEPT_MAX:
            del self._known[next(iter(self._known))]
        return path

    async def answer(self, request: web.Request) -> web.Response:
        """The aiohttp handler of a POST to a response_url."""
        try:
            sent = loads((await request.read()).decode())
        except (ValueError, RecursionError):
            sent = None
        try:
            self.respond(request.match_info["path"], sent)
        except sqlite3.Error:
            return web.json_response({"ok": False, "error": "internal_error"}, status=500)
        except SlackError as error:
            status = 404 if error.code in {"expired_url", "used_url"} else 400
            return web.json_response(error.as_json(), status=status)
        return web.Response(text="ok")

    def respond(self, path: str, sent: object) -> None:
        """Do what was posted to a response_url."""
        issued = self._use(path)
        if not isinstance(sent, dict):
            raise SlackError("invalid_payload")
        original = self._original(issued)
        if sent.get("delete_original") and original is not None:
            self._workspace.log.remove(original)
            return
        content = read_content(Arguments(sent))
        if sent.get("replace_original") and original is not None:
            self._workspace.log.put(_replaced(original, content, self._clock.epoch_s()))
            return
        self.say(_place_of(issued), content, sent)

    def say(self, place: tuple[str, str, str | None], content: Content, sent: JsonObject) -> None:
        """Post an answer: to the person alone, or `in_channel` to everybody."""
        channel_id, person_id, thread_ts = place
        everybody = sent.get("response_type") == "in_channel"
        self._workspace.log.put(
            Message(
                channel_id=channel_id,
                ts=self._workspace.log.next_ts(channel_id),
                user_id=self._seed.bot_user_id,
                bot_id=self._seed.bot_id,
                text=content.text or "",
                blocks=content.blocks or [],
                attachments=content.attachments or [],
                thread_ts=Arguments(sent).ts("thread_ts") or thread_ts,
                ephemeral_to=None if everybody else person_id,
            )
        )

    def _use(self, path: str) -> _Issued:
        issued = self._known.get(path)
        if issued is None or self._clock.epoch_s() - issued.issued_at_s > _LIFE_S:
            raise SlackError("expired_url")
        if issued.uses >= _USES_MAX:
            raise SlackError("used_url")
        self._known[path] = replace(issued, uses=issued.uses + 1)
        return issued

    def _original(self, issued: _Issued) -> Message | None:
        if issued.message_ts is None:
            return None
        return self._workspace.message(issued.channel_id, issued.message_ts)


def _place_of(issued: _Issued) -> tuple[str, str, str | None]:
    """Channel, person and thread an answer belongs to."""
    return issued.channel_id, issued.person_id, issued.thread_ts


def _replaced(original: Message, content: Content, now_s: float) -> Message:
    return replace(
        original,
        text=content.text or "",
        blocks=content.blocks or [],
        attachments=content.attachments or [],
        edited_ts=f"{now_s:.6f}",
        warnings=(),
    )
