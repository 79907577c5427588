"""Ctrl-C and SIGTERM as an event, so that a command ends in order and without a traceback."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_signal() -> Iterator[asyncio.Event]:
    """Yield an event that is set when the process is asked to end; call on the running loop.

    A handler of the loop's own, because a shell without job control leaves SIGINT ignored in the
    background and Python then installs none.
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
