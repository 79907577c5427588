"""SIGKILL, at any time: what was answered is there, and a schema is the old one or the new one."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from approvals.domain.approval_request import Status
from approvals.domain.ids import RequestId
from approvals.storage import schema
from tests.storage.databases import Database
from tests.storage.test_schema import make_old, revision_of, shape

pytestmark = pytest.mark.timeout(180)
ROOT = Path(__file__).parents[2]


def killed_after(answers: int, database: Database) -> list[RequestId]:
    """Let a process decide until it has told of *answers*, kill it, and return all it told."""
    command = [sys.executable, "-m", "tests.storage.killed_writer", *database.place]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(answers)]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.readlines()
    return [RequestId(line.strip()) for line in told if line.endswith("\n")]


async def test_a_killed_process_leaves_everything_it_answered(database: Database) -> None:
    told: list[RequestId] = []

    for answers in (1, 50):
        told += killed_after(answers, database)
        async with database.opened() as store:
            found = [await store.request(request_id) for request_id in told]
        assert {request and request.status for request in found} == {Status.APPROVED}
        report = await database.verified()
        assert report.is_intact
        assert report.head.seq >= 2 * len(told)


@pytest.mark.long
def test_f14_a_migration_killed_at_any_statement_leaves_the_old_schema_or_the_new(
    tmp_path: Path,
) -> None:
    make_old(tmp_path / "old.db", "0001")
    schema.prepare(tmp_path / "new.db")
    whole = {revision_of(path): shape(path) for path in (tmp_path / "old.db", tmp_path / "new.db")}
    command = [sys.executable, "-m", "tests.storage.killed_migration", str(tmp_path)]

    died = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    killed = sorted(tmp_path.glob("killed-*.db"))
    assert len(killed) == int(died) > 4
    for path in killed:
        assert shape(path) == whole[revision_of(path)]
    schema.prepare(killed[-1])
    assert shape(killed[-1]) == whole[schema.HEAD]
