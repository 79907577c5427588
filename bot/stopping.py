"""Ctrl-C and SIGTERM as an event, so that a command ends in order and without a traceback."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_signal() -> Iterator[asyncio.Event]:
    """Yield an event that is set when the process is asked to end; call on the running loop.

    A handler of the loop's own, because a shell without job control leaves SIGINT ignored in the
    background and Python then installs none. Once asked to end, Ctrl-C is ignored for good: an
    impatient second one would end in a traceback while the process is already leaving.
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
        if stop.is_set():
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def say_stopped(kept: str) -> None:
    """Print the last line of a command that ended as asked: *kept* says what is left of it."""
    try:
        sys.stdout.write(f"Stopped. {kept}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us has gone; Python would complain about it once more at its own end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
