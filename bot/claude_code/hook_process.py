"""One tool call, from standard input to the line that answers it.

Called by `sayso hook claude-code`, which has armed the process before: this may raise whatever it
likes. A no that can be told as JSON is; where even the event is not known it is `HookFailed`.
"""

import asyncio
import os
import signal
from contextlib import AsyncExitStack

from approvals.domain import errors, strict_json
from approvals.gate.permission import Permission, permission, refusal
from bot.claude_code.asked import HANDED_OVER, AskedTool
from bot.claude_code.hook_call import HookCall, answered
from bot.reached_gateway import reached_gateway

_CHUNK_BYTES = 64 * 1024
_TOO_LATE = "No answer came before Claude Code stops waiting. The call did not run; ask again."
WITHDRAWN_WITHIN_S = 1.0
"""How long a question that is given up may take to be withdrawn."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class HookFailed(Exception):
    """There is no answer in JSON; the message says why."""


def answer(within_s: float) -> bytes:
    """Return the line that answers what stands on standard input.

    Raises:
        HookFailed: it cannot be answered as JSON.
    """
    try:
        call = HookCall.read(_standard_input())
    except errors.Refusal as why:
        raise HookFailed(why.message) from None
    except OSError as why:
        raise HookFailed(f"Standard input cannot be read ({why.strerror}).") from None
    try:
        given = _permitted(call.asked(), within_s)
    except errors.Refusal as why:
        given = refusal(f"{why.message} The call did not run.")
    return answered(call.event, given)


def _standard_input() -> bytes:
    """Read it to its end, or to one byte more than is ever understood."""
    read = bytearray()
    while len(read) <= strict_json.SIZE_MAX_BYTES:
        some = os.read(0, _CHUNK_BYTES)
        if not some:
            break
        read += some
    return bytes(read)


def _permitted(asked: AskedTool, within_s: float) -> Permission:
    """Ask for at most *within_s*; a signal withdraws the question.

    The loop is never closed: that would wait for a thread that looks up a name.

    Raises:
        HookFailed: a signal came.
    """
    loop = asyncio.new_event_loop()
    asking = loop.create_task(_asked_at_gateway(asked, within_s))

    def withdraw(_number: int, _frame: object) -> None:
        left_s = signal.getitimer(signal.ITIMER_REAL)[0]
        signal.setitimer(signal.ITIMER_REAL, min(left_s or WITHDRAWN_WITHIN_S, WITHDRAWN_WITHIN_S))
        loop.call_soon_threadsafe(asking.cancel)

    before = {number: signal.signal(number, withdraw) for number in _SIGNALS}
    try:
        return loop.run_until_complete(asking)
    except asyncio.CancelledError:
        raise HookFailed("It was stopped. The call did not run.") from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _asked_at_gateway(asked: AskedTool, within_s: float) -> Permission:
    async with AsyncExitStack() as closing:
        opened = AsyncExitStack()
        closing.push_async_callback(_closed, opened)
        try:
            async with asyncio.timeout(within_s):
                gateway = await opened.enter_async_context(reached_gateway())
                return await permission(gateway, asked.proposal(), handed_over=HANDED_OVER)
        except TimeoutError:
            return refusal(_TOO_LATE)


async def _closed(opened: AsyncExitStack) -> None:
    """Leave the gateway: what is open is withdrawn. That takes no answer back that is there."""
    leaving = asyncio.ensure_future(opened.aclose())
    await asyncio.wait({leaving}, timeout=WITHDRAWN_WITHIN_S)
