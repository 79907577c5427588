"""A task's conversation in Slack: a message that says who asked what, and the steps in its thread.

Fits the agent runner's `TaskThread` by its shape. Text comes in plain and is shown as it is, in
elements in which nothing is parsed; the only mention is ours, of the person who asked. What Slack
refuses is logged: a step that cannot be shown must not stop the task.
"""

import asyncio
import logging
from typing import Any

from approvals.domain.display import visible
from approvals.domain.ids import ChannelId, UserId
from bot.slack.escaping import POSTING, escape
from bot.slack.rich_text import Element, person, quote, rich_text, section
from bot.slack.web_api import CallFailed, SlackBusy, WebApi

LOGGER = logging.getLogger("sayso.slack")
TEXT_MAX_CHARS = 3_000
QUOTE_MAX_CHARS = 1_000
_WAIT_MAX_S = 60.0
_ATTEMPTS_MAX = 5


class SlackThread:
    """One task's thread. Its calls come in order, from one task at a time."""

    def __init__(
        self,
        api: WebApi,
        *,
        channel: ChannelId,
        asked_by: UserId,
        prompt: str,
        root: str | None = None,
    ) -> None:
        """Go on in the thread of *root*, or open one when there is something to say."""
        self._api = api
        self._channel = channel
        self._asked_by = asked_by
        self._prompt = prompt
        self._opening = asyncio.Lock()
        self._root = root

    async def root_ts(self) -> str | None:
        """Return the ts of the first message, posting it when needed; None when Slack refuses."""
        async with self._opening:
            if self._root is None:
                asked = _shown(self._prompt, QUOTE_MAX_CHARS)
                quoted = escape(asked).replace("\n", "\n> ")
                self._root = await self._post(
                    f"<@{self._asked_by}> asked:\n> {quoted}",
                    [section(person(self._asked_by), " asked:"), quote(asked)],
                )
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
            shown = _shown(text, TEXT_MAX_CHARS)
            await self._post(escape(shown), [section(shown)], thread_ts=root)

    async def _post(
        self, text: str, elements: list[Element], *, thread_ts: str | None = None
    ) -> str | None:
        arguments: dict[str, Any] = {
            "channel": self._channel,
            "thread_ts": thread_ts,
            "text": text,
            "blocks": [rich_text("said", elements)],
            **POSTING,
        }
        for _ in range(_ATTEMPTS_MAX):
            try:
                answer = await self._api.call("chat.postMessage", **arguments)
                return str(answer["ts"])
            except SlackBusy as busy:
                await asyncio.sleep(min(busy.retry_after_s, _WAIT_MAX_S))
            except CallFailed as failure:
                LOGGER.warning("a step of a task could not be shown: %s", failure.code)
                return None
        return None


def _shown(text: str, max_chars: int) -> str:
    """Return *text* with hidden characters drawn, cut to *max_chars*; never empty."""
    drawn = visible(text).text or "(nothing)"
    return drawn if len(drawn) <= max_chars else f"{drawn[: max_chars - 1]}…"
