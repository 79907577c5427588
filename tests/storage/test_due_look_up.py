"""The clock's question, "what is due?", is answered from an index however many requests wait."""

import contextlib
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.operations.ports import Transaction
from approvals.storage import (
    card_statements,
    history_statements,
    joining_statements,
    statements,
)
from approvals.storage.sql_store import SqlStore
from tests.storage.given import START, a_request


@pytest.mark.parametrize("waiting", [500, pytest.param(10_000, marks=pytest.mark.long)])
async def test_the_due_look_up_reads_the_partial_index_only(
    sqlite: SqlStore, tmp_path: Path, waiting: int
) -> None:
    def add(tx: Transaction) -> None:
        for number in range(waiting):
            tx.add_request(a_request(created_at=START + timedelta(seconds=number)))

    await sqlite.write(add)

    with contextlib.closing(sqlite3.connect(tmp_path / "sayso.db")) as connection:
        for statement in (statements.OVERDUE, statements.NEXT_DUE):
            plan = connection.execute(
                f"EXPLAIN QUERY PLAN {statement.sqlite}", {"now": "2026", "limit": 100}
            ).fetchall()

            (step,) = (row[3] for row in plan)
            assert step.startswith("SEARCH approval_request")
            assert "INDEX ix_approval_request_due_at" in step


async def test_looking_back_reads_only_the_rows_of_its_tool_and_channel(
    sqlite: SqlStore, tmp_path: Path
) -> None:
    await sqlite.next_due_at()

    with contextlib.closing(sqlite3.connect(tmp_path / "sayso.db")) as connection:
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN {history_statements.HISTORY.sqlite}",
            {
                "tool": "t",
                "channel": "C1",
                "since": "",
                "until": "",
                "id": "R1",
                "limit": 10,
                "fingerprint": None,
            },
        ).fetchall()

    searches = [row[3] for row in plan if "approval_request" in row[3]]
    (step,) = searches
    assert "INDEX ix_approval_request_tool_channel_created_at" in step
    assert "(tool=? AND channel=? AND created_at>? AND created_at<?)" in step
    assert not any("TEMP B-TREE" in row[3] for row in plan)


async def test_no_index_begins_with_the_status(sqlite: SqlStore, tmp_path: Path) -> None:
    await sqlite.next_due_at()

    with contextlib.closing(sqlite3.connect(tmp_path / "sayso.db")) as connection:
        indexes = connection.execute("PRAGMA index_list(approval_request)").fetchall()
        firsts = {
            connection.execute(f"PRAGMA index_info({row[1]})").fetchone()[2] for row in indexes
        }

    assert "status" not in firsts


async def test_the_cards_to_look_at_are_read_from_their_partial_index(
    sqlite: SqlStore, tmp_path: Path
) -> None:
    await sqlite.next_due_at()

    with contextlib.closing(sqlite3.connect(tmp_path / "sayso.db")) as connection:
        (step,) = connection.execute(
            f"EXPLAIN QUERY PLAN {card_statements.CARDS_TO_LOOK_AT.sqlite}",
            {"until": "2026", "limit": 100},
        ).fetchall()

    assert "SEARCH card USING INDEX ix_card_look_at" in step[3]


async def test_how_many_cards_wait_is_read_from_their_partial_index(
    sqlite: SqlStore, tmp_path: Path
) -> None:
    await sqlite.next_due_at()

    with contextlib.closing(sqlite3.connect(tmp_path / "sayso.db")) as connection:
        (step,) = connection.execute(
            f"EXPLAIN QUERY PLAN {joining_statements.HAS_WAITING_CARDS.sqlite}",
            {"agent": "a", "channel": "C1", "id": "R1", "before": 9},
        ).fetchall()

    assert "USING INDEX ix_approval_request_waiting_card" in step[3]
    assert "(channel=? AND agent=? AND id<?)" in step[3]
