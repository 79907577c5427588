"""A task's conversation in Slack: a message that says who asked what, and the steps in its thread.

Fits the agent runner's `TaskThread` by its shape. Text comes in plain and is escaped here; the
only mention in it is ours, of the person who asked. What Slack refuses is logged: a step that
cannot be shown must not stop the task.
"""

import asyncio
import logging
from typing import Any

from approvals.domain.ids import ChannelId, UserId
from bot.slack.escaping import POSTING, escape
from bot.slack.web_api import CallFailed, SlackBusy, WebApi

LOGGER = logging.getLogger("sayso.slack")
TEXT_MAX_CHARS = 3_000
QUOTE_MAX_CHARS = 1_000
_WAIT_MAX_S = 60.0
_ATTEMPTS_MAX = 5


class SlackThread:
    """One task's thread. Its calls come in order, from one task at a time."""

    def __init__(self, api: WebApi, *, channel: ChannelId, asked_by: UserId, prompt: str) -> None:
        self._api = api
        self._channel = channel
        self._asked_by = asked_by
        self._prompt = prompt
        self._opening = asyncio.Lock()
        self._root: str | None = None

    async def root_ts(self) -> str | None:
        """Return the ts of the first message, posting it when needed; None when Slack refuses."""
        async with self._opening:
            if self._root is None:
                asked = escape(_cut(self._prompt, QUOTE_MAX_CHARS)).replace("\n", "\n> ")
                self._root = await self._post(f"<@{self._asked_by}> asked:\n> {asked}", None)
            return self._root

    async def step(self, text: str) -> None:
        """Tell one step."""
        await self._reply(text)

    async def answer(self, text: str) -> None:
        """Tell the final answer."""
        await self._reply(text)

    async def failed(self, text: str) -> None:
        """Tell why there is no answer."""
        await self._reply(f"No answer: {text}")

    async def _reply(self, text: str) -> None:
        root = await self.root_ts()
        if root is not None:
            await self._post(escape(_cut(text, TEXT_MAX_CHARS)), root)

    async def _post(self, text: str, thread_ts: str | None) -> str | None:
        arguments: dict[str, Any] = {"channel": self._channel, "text": text, **POSTING}
        for _ in range(_ATTEMPTS_MAX):
            try:
                answer = await self._api.call("chat.postMessage", thread_ts=thread_ts, **arguments)
                return str(answer["ts"])
            except SlackBusy as busy:
                await asyncio.sleep(min(busy.retry_after_s, _WAIT_MAX_S))
            except CallFailed as failure:
                LOGGER.warning("a step of a task could not be shown: %s", failure.code)
                return None
        return None


def _cut(text: str, max_chars: int) -> str:
    return text if len(text) <= max_chars else f"{text[: max_chars - 1]}…"
