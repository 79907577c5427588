"""One process per data directory."""

import fcntl
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from approvals.domain import errors
from approvals.storage.data_directory import LOCK_NAME, hold

HOLDER = """
import sys, time
from pathlib import Path
from approvals.storage.data_directory import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_refused_naming_the_first_until_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "here"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(errors.GatewayRunning) as refused, hold(path):
            pass
        holder.send_signal(signal.SIGKILL)

    assert f"process {holder.pid}" in refused.value.message
    assert refused.value.facts["pid"] == holder.pid
    with hold(path) as held:
        assert held.database == path / "sayso.db"


def test_the_directory_is_its_owners_alone(tmp_path: Path) -> None:
    with hold(tmp_path / "new") as held:
        mode = stat.S_IMODE(held.path.stat().st_mode)

    assert mode == 0o700


def test_a_directory_that_was_left_can_be_held_again(tmp_path: Path) -> None:
    with hold(tmp_path):
        pass

    with hold(tmp_path):
        assert (tmp_path / "gateway.lock").read_text() == f"{os.getpid()}\n"


def test_a_path_that_cannot_be_a_directory_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(errors.StoreUnavailable, match="file"), hold(tmp_path / "file"):
        pass


def test_a_lock_that_cannot_be_written_is_refused_with_its_directory(tmp_path: Path) -> None:
    (tmp_path / "gateway.lock").symlink_to("/dev/full")

    with pytest.raises(errors.StoreUnavailable, match="cannot be used"), hold(tmp_path):
        pass


def test_whoever_only_looks_whether_it_is_held_keeps_no_gateway_from_starting(
    tmp_path: Path,
) -> None:
    """`sayso check` has a shared lock for a moment; a start refused by it would not be repeated."""
    lock = os.open(tmp_path / LOCK_NAME, os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_SH)
    looking = threading.Timer(0.03, os.close, [lock])
    looking.start()

    with hold(tmp_path) as held:
        assert held.path == tmp_path
    looking.join()
