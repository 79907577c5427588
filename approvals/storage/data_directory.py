"""The directory that holds everything one gateway keeps, and the lock that makes it one process's.

Held by the composition root for as long as the gateway runs, before the store is opened; a second
start is refused naming the process that runs. The operating system drops the lock when its holder
dies, however it dies.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from approvals.domain import errors

LOCK_NAME = "gateway.lock"
DATABASE_NAME = "sayso.db"
LOOKS_MAX, LOOK_S = 5, 0.02
"""How often the lock is tried again, and after how long, before it is another gateway's."""


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """A data directory that this process holds."""

    path: Path

    @property
    def database(self) -> Path:
        """Where the store's file is."""
        return self.path / DATABASE_NAME


@contextlib.contextmanager
def hold(path: Path) -> Iterator[DataDirectory]:
    """Make *path* if it is missing (its owner's alone) and hold it while the context is open.

    Raises:
        GatewayRunning: another process holds it; `facts["pid"]` names it, or is None.
        StoreUnavailable: it cannot be made or written.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as fault:
        raise _unusable(path, fault) from fault
    try:
        try:
            _lock(lock, path)
        except OSError as fault:
            raise _unusable(path, fault) from fault
        yield DataDirectory(path)
    finally:
        os.close(lock)


def _unusable(path: Path, fault: OSError) -> errors.StoreUnavailable:
    return errors.StoreUnavailable(
        f"The data directory {path} cannot be used: {fault.strerror}. "
        "Choose another one or correct its permissions."
    )


def _lock(lock: int, path: Path) -> None:
    try:
        _patiently(lock)
    except BlockingIOError as fault:
        written = os.pread(lock, 20, 0).decode("ascii", errors="replace").strip()
        pid = int(written) if written.isdecimal() else None
        who = "Another gateway" if pid is None else f"Another gateway (process {pid})"
        raise errors.GatewayRunning(
            f"{who} already runs on {path}. Stop it first, or choose another data directory.",
            pid=pid,
        ) from fault
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)


def _patiently(lock: int) -> None:
    """Take *lock*; who only looks whether it is held (`sayso check`) has it for a moment.

    Raises:
        BlockingIOError: another gateway has it.
    """
    for _ in range(LOOKS_MAX):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(LOOK_S)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
