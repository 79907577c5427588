"""What work costs, by comparison in the same run: a clock also measures the machine's other work.

A test never says seconds. `cost` counts in a piece of plain Python that is timed beside the work,
and `grows_like_a_line` compares the work with itself on less input.
"""

import time
from collections.abc import Callable

ROUNDS = 3
DEAR_S = 0.1
"""Work that takes this long is measured once."""


def cost(work: Callable[[], object]) -> float:
    """Processor time of *work*, in pieces that take about a millisecond on a quiet core."""
    piece_s = min(_once(_piece) for _ in range(ROUNDS))
    work_s = _once(work)
    if work_s < DEAR_S:
        work_s = min(work_s, *(_once(work) for _ in range(ROUNDS - 1)))
    return work_s / piece_s


def grows_like_a_line(work: Callable[[int], object], size: int) -> bool:
    """Whether four times *size* costs about four times as much; a square would cost sixteen."""
    return cost(lambda: work(4 * size)) < 9 * cost(lambda: work(size)) + 2


def _once(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _piece() -> int:
    return sum(number * number for number in range(20_000))
