"""A process that has loaded everything and lives once for each life that is wanted of it.

Started by `forks` as `python -m tests.process.loaded_program FD MODULE…`. A life is a fork: a
process with memory, files and sockets of its own, which runs the `sayso` command it is given and
can be killed like any other. Only loading the same modules again, seconds of every start, is left
out.
"""

import fcntl
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import threading
from typing import Any

ABOVE = 500
"""Where descriptors are put aside, out of the way of the numbers that are wanted."""
FDS_MAX = 8
MESSAGE_MAX_BYTES = 1 << 17


def serve(wire: socket.socket) -> None:
    """Live as often as the other end wants, one life at a time, until it hangs up."""
    while True:
        message, fds, _, _ = socket.recv_fds(wire, MESSAGE_MAX_BYTES, FDS_MAX)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            wire.close()
            sys.exit(_live(json.loads(message), fds))
        for fd in fds:
            os.close(fd)
        wire.send(json.dumps({"pid": pid}).encode())
        wire.send(json.dumps({"code": _end_of(pid, wire)}).encode())


def _live(wanted: dict[str, Any], fds: list[int]) -> int:
    """Become the command that is wanted and return its exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    aside = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, ABOVE) for fd in fds]
    for fd in fds:
        os.close(fd)
    for fd, number in zip(aside, wanted["fds"], strict=True):
        os.dup2(fd, number)
        os.close(fd)
    os.environ.clear()
    os.environ.update(wanted["env"])
    os.chdir(wanted["cwd"])
    from bot.cli import main

    return main(wanted["arguments"])


def _end_of(pid: int, wire: socket.socket) -> int:
    """Wait for the end of a life, and end it when nobody is there any more who wants it."""
    life = os.pidfd_open(pid)
    readable, _, _ = select.select([wire.fileno(), life], [], [])
    if life not in readable:
        os.kill(pid, signal.SIGKILL)
    os.close(life)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in sys.argv[2:]:
        importlib.import_module(module)
    # A thread would not be there after a fork, and what it holds would stay locked.
    assert threading.active_count() == 1, threading.enumerate()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as other_end:
        other_end.send(b"loaded")
        serve(other_end)
