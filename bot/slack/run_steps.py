"""The steps of a run, told in its thread while it runs.

Fits the agent runner's `TaskThread` by its shape; made anew for every stretch from where the run
is told (`RunThread`). Text comes in plain and is shown as it is. What Slack refuses is logged and
dropped: a step that cannot be shown must not stop the task.
"""

import asyncio
import logging

from approvals.operations.resume_run import TakenRun
from bot.slack.escaping import POSTING, escape
from bot.slack.rich_text import rich_text, section
from bot.slack.run_messages import shown
from bot.slack.web_api import CallFailed, SlackBusy, WebApi

LOGGER = logging.getLogger("sayso.slack")
TEXT_MAX_CHARS = 2_500
_WAIT_MAX_S = 60.0
_ATTEMPTS_MAX = 5


class RunSteps:
    """The thread of one taken run. Its calls come in order, from one task at a time."""

    def __init__(self, api: WebApi, taken: TakenRun) -> None:
        self._api = api
        self._thread = taken.thread

    async def step(self, text: str) -> None:
        """Tell one step, below the root message."""
        if self._thread.replies_to is None:
            return
        words = shown(text, TEXT_MAX_CHARS)
        for _ in range(_ATTEMPTS_MAX):
            try:
                await self._api.call(
                    "chat.postMessage",
                    channel=self._thread.channel,
                    thread_ts=self._thread.replies_to,
                    text=escape(words[:500]),
                    blocks=[rich_text("step", [section(words)])],
                    **POSTING,
                )
            except SlackBusy as busy:
                await asyncio.sleep(min(busy.retry_after_s, _WAIT_MAX_S))
            except CallFailed as failure:
                LOGGER.warning("a step of a task could not be shown: %s", failure.code)
                return
            else:
                return
