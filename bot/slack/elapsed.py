"""Seconds that nobody can set, as the event loop counts them.

For waits, ages and budgets within this door: they agree with the loop's own timers, so a loop that
runs ahead of the clock takes all of them along.
"""

import asyncio


def elapsed_s() -> float:
    """Return the running loop's time, in seconds since some moment of its own."""
    return asyncio.get_running_loop().time()
