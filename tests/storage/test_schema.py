"""Databases that are new, older, newer, damaged or somebody else's."""

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from approvals.domain import errors
from approvals.operations.ports import Transaction
from approvals.storage import driver, schema
from approvals.storage.executor import SqliteExecutor
from approvals.storage.migrations.upgrade import upgrade
from approvals.storage.sql_transaction import SqlTransaction
from tests.storage.given import START, a_request, opened, submit


def make_old(path: Path, revision: str) -> None:
    """Make a database as an earlier version of the program left it."""
    with contextlib.closing(driver.connect(path)) as connection:
        upgrade(connection, revision)


def revision_of(path: Path) -> str:
    """Return the stored revision."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def shape(path: Path) -> list[str]:
    """Return the whole schema as text that does not depend on spacing."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        stored = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
        return sorted("".join(row[0].split()) for row in stored)


def test_migrating_from_nothing_gives_the_schema_a_new_database_has(tmp_path: Path) -> None:
    schema.prepare(tmp_path / "new.db")
    with contextlib.closing(driver.connect(tmp_path / "migrated.db")) as connection:
        upgrade(connection)

    assert shape(tmp_path / "migrated.db") == shape(tmp_path / "new.db")
    assert revision_of(tmp_path / "migrated.db") == revision_of(tmp_path / "new.db") == schema.HEAD


async def test_an_older_database_is_migrated_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "sayso.db"
    make_old(path, "0001")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO fact VALUES ('gateway_id', 'G1')")
        connection.commit()

    async with opened(path) as store:
        kept = await store.write(lambda tx: tx.fact("gateway_id"))
        await store.write(submit(a_request()))

        assert await store.next_due_at() is not None
    schema.prepare(tmp_path / "new.db")
    assert kept == "G1"
    assert shape(path) == shape(tmp_path / "new.db")


async def test_a_newer_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "sayso.db"
    schema.prepare(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
        connection.commit()
    before = path.read_bytes()

    with pytest.raises(errors.StoreNewer, match="0999"):
        async with opened(path):
            pass

    assert path.read_bytes() == before


@pytest.mark.parametrize("damaged_page", ["header", "approval_request"])
async def test_f10_a_damaged_file_is_refused_and_left_as_it_is(
    tmp_path: Path, damaged_page: str
) -> None:
    path = tmp_path / "sayso.db"
    async with opened(path) as store:
        for _ in range(20):
            await store.write(submit(a_request()))
    place = 0 if damaged_page == "header" else first_page_of(path, damaged_page) + 8
    damaged = bytearray(path.read_bytes())
    damaged[place : place + 64] = b"\xff" * 64
    path.write_bytes(damaged)

    with pytest.raises(errors.StoreCorrupt, match=str(path)):
        async with opened(path):
            pass

    assert path.read_bytes() == bytes(damaged)


async def test_f10_arguments_changed_in_the_file_are_never_read_as_approved(tmp_path: Path) -> None:
    path = tmp_path / "sayso.db"
    request = a_request(arguments={"service": "checkout"})
    async with opened(path) as store:
        await store.write(submit(request))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute('UPDATE approval_request SET arguments_json = \'{"service":"all"}\'')
        connection.commit()

    async with opened(path) as store:
        with pytest.raises(errors.StoreCorrupt):
            await store.request(request.id)
        later, much_later = START.replace(year=2030), START.replace(year=2031)
        assert not await store.write(lambda tx: tx.overdue(later, limit=1, else_at=much_later))
        assert await store.next_due_at() == much_later


async def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (id)")
    before = path.read_bytes()

    with pytest.raises(errors.StoreUnavailable, match="not a database of Sayso"):
        async with opened(path):
            pass

    assert path.read_bytes() == before


async def test_a_place_that_cannot_be_written_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(errors.StoreUnavailable, match=r"missing/sayso\.db"):
        async with opened(tmp_path / "missing" / "sayso.db"):
            pass


async def test_f8_commits_reach_the_disk_before_they_are_answered(tmp_path: Path) -> None:
    async with opened(tmp_path / "sayso.db") as store:

        def settings(tx: Transaction) -> tuple[str, int]:
            assert isinstance(tx, SqlTransaction)
            assert isinstance(tx.executor, SqliteExecutor)
            pragmas = ("PRAGMA journal_mode", "PRAGMA synchronous")
            journal, synchronous = (
                tx.executor.connection.execute(p).fetchone()[0] for p in pragmas
            )
            return journal, synchronous

        assert await store.write(settings) == ("wal", 2)


async def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    async with opened(tmp_path / "sayso.db") as store:
        await store.write(submit(a_request()))
        modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

    assert modes == {0o600}


def test_a_new_and_a_current_database_do_without_alembic(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from approvals.storage import schema; "
        "[schema.prepare(Path(sys.argv[1])) for _ in range(2)]; "
        "print([name for name in sys.modules if name.startswith('alembic')])"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "sayso.db")]

    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert printed == "[]\n"


def test_a_migration_the_database_refuses_is_said_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sayso.db"
    make_old(path, "0001")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TRIGGER audit_event_refuses_update BEFORE UPDATE ON audit_event"
            " BEGIN SELECT 1; END"
        )
        connection.commit()

    with pytest.raises(errors.StoreUnavailable, match="already exists"):
        schema.prepare(path)

    assert revision_of(path) == "0001"


def first_page_of(path: Path, table: str) -> int:
    """Return at which byte of the file the first page of *table* begins."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    return (int(page) - 1) * int(size)
