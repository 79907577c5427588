"""The audit log: sealed in the transaction, append-only, and telling when it was touched."""

import sqlite3
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from approvals.domain import errors
from approvals.domain.approval_request import Cause
from approvals.domain.audit import ChainHead
from approvals.operations.ports import Transaction
from approvals.storage.audit_chain import verify_file
from tests.storage.databases import Database
from tests.storage.given import a_request, end, submit


@pytest.fixture
async def log(database: Database) -> Database:
    """A database with a log of four events."""
    async with database.opened() as store:
        for _ in range(2):
            request = await store.write(submit(a_request()))
            await store.write(end(request.id, Cause.PEOPLE))
    return database


async def test_the_log_of_a_gateway_is_intact_over_refusals_and_restarts(log: Database) -> None:
    def refusing(tx: Transaction) -> None:
        submit(a_request())(tx)
        raise errors.Frozen

    async with log.opened() as store:
        with pytest.raises(errors.Frozen):
            await store.write(refusing)
        await store.write(submit(a_request()))

        report = await log.verified()

    assert (report.is_intact, report.head.seq) == (True, 5)


async def test_an_empty_log_is_intact(database: Database) -> None:
    async with database.opened() as store:
        await store.write(lambda tx: tx.set_fact("a", "b"))

    assert (await database.verified()).head == ChainHead()


@pytest.mark.parametrize(
    ("statement", "fault", "last_good"),
    [
        (
            "UPDATE audit_event SET body = replace(body, 'dev', 'ops') WHERE seq = 2",
            "altered",
            1,
        ),
        ("UPDATE audit_event SET subject = 'other' WHERE seq = 3", "altered", 2),
        ("UPDATE audit_event SET name = 'request.rejected' WHERE seq = 4", "altered", 3),
        ("UPDATE audit_event SET prev_hash = hash WHERE seq = 3", "relinked", 2),
        ("DELETE FROM audit_event WHERE seq = 2", "missing", 1),
    ],
)
async def test_a_touched_log_is_found_out(
    log: Database, statement: str, fault: str, last_good: int
) -> None:
    await log.meddle(*log.unguard, statement)

    report = await log.verified()

    assert (report.fault, report.head.seq) == (fault, last_good)


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET body = ''", "DELETE FROM audit_event"]
)
async def test_the_database_refuses_to_change_the_log(log: Database, statement: str) -> None:
    with pytest.raises((sqlite3.IntegrityError, asyncpg.PostgresError), match="never changed"):
        await log.meddle(statement)

    assert (await log.verified()).head.seq == 4


async def test_l10_an_event_that_cannot_be_stored_takes_its_decision_with_it(log: Database) -> None:
    await log.meddle(*log.refuse_events)
    request = a_request()

    async with log.opened() as store:
        with pytest.raises(errors.StoreUnavailable):
            await store.write(submit(request))

        assert await store.request(request.id) is None


async def test_a_file_that_cannot_be_read_is_not_called_intact(tmp_path: Path) -> None:
    with pytest.raises(errors.StoreUnavailable):
        verify_file(tmp_path / "none.db")
