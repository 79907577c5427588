"""What work costs, by comparison in the same run: a clock also measures the machine's other work.

A test never says seconds. `cost` counts in a piece of plain Python that is timed beside the work,
and `grows_like_a_line` compares the work with itself on less input.
"""

import gc
import time
from collections.abc import Awaitable, Callable

ROUNDS = 3
MOST_ROUNDS = 30
A_SECOND = 1_000.0
"""What a quiet core computes in a second, in pieces."""
ENOUGH_S = 0.1
"""Work that took this long in all is not measured again."""


def cost(work: Callable[[], object]) -> float:
    """Processor time of *work*, in pieces that take about a millisecond on a quiet core.

    The least of several measures of each, taken in turn, since a neighbour only ever adds.
    """
    piece_s, work_s = [_once(_piece)], [_once(work)]
    while sum(work_s) < ENOUGH_S and len(work_s) < MOST_ROUNDS:
        piece_s.append(_once(_piece))
        work_s.append(_once(work))
    piece_s += [_once(_piece) for _ in range(ROUNDS)]
    return min(work_s) / min(piece_s)


def grows_like_a_line(work: Callable[[int], object], size: int) -> bool:
    """Whether four times *size* costs about four times as much; a square would cost sixteen.

    A disturbed measure makes a line look like a square now and then, never every time.
    """
    return any(
        cost(lambda: work(4 * size)) < 9 * cost(lambda: work(size)) + 2 for _ in range(ROUNDS)
    )


async def cost_of(work: Awaitable[object]) -> float:
    """Processor time, in pieces, of all threads until *work* has ended; it is done once."""
    piece_s, started = min(_once(_piece) for _ in range(ROUNDS)), time.process_time()
    await work
    return (time.process_time() - started) / piece_s


def _once(work: Callable[[], object]) -> float:
    """Seconds this thread computed: neither other threads nor what others left to collect."""
    collects = gc.isenabled()
    gc.disable()
    started = time.thread_time()
    work()
    spent = time.thread_time() - started
    if collects:
        gc.enable()
    return spent


def _piece() -> int:
    return sum(number * number for number in range(20_000))
