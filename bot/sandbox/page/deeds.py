"""What the page's script may post: a click, a submission, a closed dialog, a sentence.

Parses the untrusted JSON, hands it to `Interactions` with the id of the person the page acts as,
and answers what came of it. Called by `routes`; decides nothing itself.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.sandbox.interactions import InteractionResult, Interactions, NoSuchPlaceError
from bot.sandbox.page.typed_text import as_commanded, as_sent
from bot.sandbox.workspace import Workspace

_TEXT_MAX_CHARACTERS = 40_000
"""Slack cuts a message above it; the page keeps a longer one and says so."""

Value = str | list[str] | None


class _Posted(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    person: str = Field(alias="as", max_length=64)


class _Click(_Posted):
    channel: str = Field(default="", max_length=64)
    ts: str = Field(default="", max_length=64)
    view: str = Field(default="", max_length=64)
    block_id: str | None = Field(default=None, max_length=255)
    action_id: str = Field(max_length=255)
    value: Value = None
    values: dict[str, dict[str, Value]] = Field(default_factory=dict)


class _Submission(_Posted):
    view: str = Field(max_length=64)
    values: dict[str, dict[str, Value]] = Field(default_factory=dict)


class _Closing(_Posted):
    view: str = Field(max_length=64)
    whole_stack: bool = False


class _Sentence(_Posted):
    channel: str = Field(max_length=64)
    text: str = Field(min_length=1)
    thread_ts: str | None = Field(default=None, max_length=64)


class _Shortcut(_Posted):
    channel: str = Field(max_length=64)
    ts: str = Field(max_length=64)
    callback_id: str = Field(max_length=255)


class Shown(Protocol):
    """What the page needs of a `LocalSlack`."""

    @property
    def workspace(self) -> Workspace:
        """What is true."""

    @property
    def interactions(self) -> Interactions:
        """What people do."""


class Deeds:
    """The page's hands: one method per thing a person can do."""

    def __init__(self, slack: Shown) -> None:
        self._slack = slack
        self._known: Mapping[str, Callable[[bytes], Awaitable[InteractionResult]]] = {
            "click": self._click,
            "submit": self._submit,
            "close": self._close,
            "say": self._say,
            "open-home": self._open_home,
            "shortcut": self._shortcut,
        }

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer `POST /page/do/{deed}` with `{acked, error, errors}`; malformed input gets 400."""
        deed = self._known.get(request.match_info["deed"])
        if deed is None:
            return web.json_response({"error": "unknown_deed"}, status=404)
        try:
            result = await deed(await request.read())
        except ValidationError as refused:
            places = [".".join(map(str, one["loc"])) for one in refused.errors()]
            return web.json_response({"error": "malformed", "places": places}, status=400)
        return web.json_response(
            {"acked": result.acked, "error": result.error, "errors": dict(result.errors)}
        )

    async def _click(self, body: bytes) -> InteractionResult:
        click = _Click.model_validate_json(body)
        if click.view:
            return await self._slack.interactions.click_in_view(
                click.person,
                click.view,
                action_id=click.action_id,
                block_id=click.block_id,
                value=click.value,
                values=click.values,
            )
        return await self._slack.interactions.click(
            click.person,
            channel=click.channel,
            ts=click.ts,
            action_id=click.action_id,
            block_id=click.block_id,
            value=click.value,
            values=click.values,
        )

    async def _submit(self, body: bytes) -> InteractionResult:
        submission = _Submission.model_validate_json(body)
        return await self._slack.interactions.submit_view(
            submission.person, submission.view, submission.values
        )

    async def _close(self, body: bytes) -> InteractionResult:
        closing = _Closing.model_validate_json(body)
        return await self._slack.interactions.close_view(
            closing.person, closing.view, whole_stack=closing.whole_stack
        )

    async def _open_home(self, body: bytes) -> InteractionResult:
        return await self._slack.interactions.open_home(_Posted.model_validate_json(body).person)

    async def _shortcut(self, body: bytes) -> InteractionResult:
        used = _Shortcut.model_validate_json(body)
        return await self._slack.interactions.use_shortcut(
            used.person, channel=used.channel, ts=used.ts, callback_id=used.callback_id
        )

    async def _say(self, body: bytes) -> InteractionResult:
        said = _Sentence.model_validate_json(body)
        if len(said.text) > _TEXT_MAX_CHARACTERS:
            return _too_long(said.text)
        if re.match(r"/\S", said.text):
            return await self._slack.interactions.slash_command(
                said.person,
                said.channel,
                as_commanded(said.text, self._slack.workspace),
                thread_ts=said.thread_ts,
            )
        text = as_sent(said.text, self._slack.workspace)
        try:
            await self._slack.interactions.say(
                said.person, said.channel, text, thread_ts=said.thread_ts
            )
        except NoSuchPlaceError:
            return InteractionResult(acked=False, error="not_in_channel")
        return InteractionResult(acked=True)


def _too_long(text: str) -> InteractionResult:
    sentence = (
        f"Not sent: Slack takes at most {_TEXT_MAX_CHARACTERS:,} characters at once, and this has "
        f"{len(text):,}. Shorten it, or send it in parts."
    )
    return InteractionResult(acked=False, error="msg_too_long", errors={"text": sentence})
