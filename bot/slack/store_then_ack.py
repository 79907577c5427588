"""Store, then ack: a click is acknowledged once its decision is durable, within the budget.

Called by the listeners that decide. When the budget is spent the person first reads "still
saving", then the ack goes out and the work goes on; if even that sentence cannot be sent there is
no ack, and Slack shows its own error. The result is always told.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from approvals.domain.errors import StoreUnavailable
from bot.slack.errands import LOGGER, Errands, error_id
from bot.slack.notices import Say
from bot.slack.routing import Ack, Delivery
from bot.slack.sentences import STILL_SAVING, error_sentence, refusal_sentence

Result = TypeVar("Result")
SENTENCE_TIMEOUT_S = 1.5
"""Budget and sentence together stay well below Slack's three seconds."""


class StoreThenAck:
    """Runs one piece of storing work for one delivery."""

    def __init__(self, errands: Errands, *, budget_s: float) -> None:
        self._errands = errands
        self._budget_s = budget_s

    async def run(
        self,
        delivery: Delivery,
        work: Coroutine[Any, Any, Result],
        *,
        say: Say,
        tell: Callable[[Result, bool], Coroutine[Any, Any, None]],
        in_time: Callable[[Result], Ack | None] = lambda _: None,
        when_late: Ack | None = None,
    ) -> Ack:
        """Do *work*; *tell* gets its result and whether it came late.

        *in_time* may put the answer into the ack itself; *when_late* is an ack that already holds
        the "still saving" sentence, so that none has to be sent before it.
        """
        task = asyncio.create_task(work)
        await asyncio.wait({task}, timeout=max(0.0, self._budget_s - delivery.elapsed_s()))
        is_late = not task.done()
        if not is_late and task.exception() is None:
            answer = in_time(task.result())
            if answer is not None:
                return answer
        ack = await self._late_ack(say, when_late) if is_late else Ack()
        self._errands.start(_finish(task, say, tell, is_late=is_late), name="result")
        return ack

    async def _late_ack(self, say: Say, when_late: Ack | None) -> Ack:
        if when_late is not None:
            return when_late
        try:
            async with asyncio.timeout(SENTENCE_TIMEOUT_S):
                return Ack(is_sent=await say(STILL_SAVING))
        except TimeoutError:
            return Ack(is_sent=False)


async def _finish(
    task: asyncio.Task[Result],
    say: Say,
    tell: Callable[[Result, bool], Coroutine[Any, Any, None]],
    *,
    is_late: bool,
) -> None:
    async def work() -> None:
        await tell(await task, is_late)

    await answered(work(), say)


async def answered(work: Coroutine[Any, Any, None], say: Say) -> None:
    """Do *work* for a person; whatever it raises is logged with an id and told to them."""
    try:
        await work
    except StoreUnavailable as refusal:
        LOGGER.error("a click was not saved: %s", refusal.code)
        await say(refusal_sentence(refusal))
    except Exception:
        incident = error_id()
        LOGGER.exception("error id %s: a click could not be finished", incident)
        await say(error_sentence(incident))
