"""Wait for something to hold, and for no longer: never sleep a while and hope.

What takes long is looked at ever more seldom, so that waiting takes no processor from what is
waited for.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

WITHIN_S = 60.0
"""As long as any wait may be on a machine that does many other things."""
AT_FIRST_S = 0.002
LATER = 1 / 8
"""Of the time waited so far: what is looked at too late at most."""


async def until(holds: Callable[[], Awaitable[bool] | bool], *, within_s: float = WITHIN_S) -> None:
    """Wait until *holds* says so.

    Raises:
        TimeoutError: it does not within *within_s*.
    """
    started_s = monotonic()
    async with asyncio.timeout(within_s):
        while not await _said(holds()):
            await asyncio.sleep(max(AT_FIRST_S, LATER * (monotonic() - started_s)))


async def _said(answer: Awaitable[bool] | bool) -> bool:
    return answer if isinstance(answer, bool) else await answer
