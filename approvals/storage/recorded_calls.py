"""The calls a store holds, read without disturbing the gateway that uses it.

Used by `sayso policy validate`, `replay` and `suggest`. Only reads: a SQLite file is opened so that
nothing can be written, a PostgreSQL session refuses to write. A row that cannot be read is left
out.
"""

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, literal_column, select

from approvals.domain import errors
from approvals.domain.approval_request import Cause, Status
from approvals.domain.audit import AuditName
from approvals.domain.effect import Effect
from approvals.domain.ids import ChannelId, RequestId, UserId
from approvals.domain.recorded import AskedCall, PassedCall, Recorded
from approvals.domain.requirement import Requirement
from approvals.domain.tool_call import ToolCall
from approvals.storage.columns import time_from_text, time_to_text
from approvals.storage.dialects import Statement
from approvals.storage.statements import NONE, sql
from approvals.storage.tables import ApprovalRequestRow, AuditEventRow, table_of

_log = logging.getLogger(__name__)

CALLS_MAX = 100_000
"""Of each kind, the newest ones; more would not fit into memory."""

_REQUEST = table_of(ApprovalRequestRow)
_EVENT = table_of(AuditEventRow)
_PASSED = (AuditName.CALL_ALLOWED, AuditName.CALL_DENIED)

# Named one by one, so that a store of a newer or older program can be read as well.
ASKED = sql(
    select(
        *(
            _REQUEST.c[name]
            for name in (
                "id",
                "tool",
                "fingerprint",
                "arguments_json",
                "agent",
                "requirement",
                "status",
                "cause",
                "created_at",
                "ended_by",
            )
        )
    )
    .where(_REQUEST.c.created_at >= bindparam("since"))
    .order_by(_REQUEST.c.created_at.desc())
    .limit(bindparam("limit"))
    .offset(NONE)
)
PASSED = sql(
    select(_EVENT.c.body)
    .where(_EVENT.c.name.in_([literal_column(f"'{name.value}'") for name in _PASSED]))
    .order_by(_EVENT.c.seq.desc())
    .limit(bindparam("limit"))
    .offset(NONE)
)


def recorded_in_file(path: Path, *, since: datetime) -> Recorded:
    """Return the calls since *since* in the SQLite database at *path*.

    Raises:
        StoreUnavailable: there is none, or it cannot be read.
    """
    if not path.is_file():
        raise errors.StoreUnavailable(
            f"{path}: there is no store – name the gateway's data directory with --data"
        )
    values = {"since": time_to_text(since), "limit": CALLS_MAX}

    def rows(statement: Statement) -> list[Mapping[str, Any]]:
        found = connection.execute(statement.sqlite, values)
        return [dict(row) for row in found]

    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN")
            return read_calls(rows(ASKED), rows(PASSED), since=since)
    except sqlite3.Error as fault:
        raise errors.StoreUnavailable(f"{path} cannot be read: {fault}.") from fault


def read_calls(
    asked: Iterable[Mapping[str, Any]], passed: Iterable[Mapping[str, Any]], *, since: datetime
) -> Recorded:
    """Return what the rows of `ASKED` and `PASSED`, newest first, tell."""
    return Recorded(
        since=since,
        asked=tuple(_asked(asked))[::-1],
        passed=tuple(each for each in _passed(passed) if each.at >= since)[::-1],
    )


def _asked(rows: Iterable[Mapping[str, Any]]) -> Iterator[AskedCall]:
    for row in rows:
        try:
            arguments = row["arguments_json"]
            yield AskedCall(
                request_id=RequestId(row["id"]),
                call=ToolCall.canonical(
                    row["tool"], row["fingerprint"], json.loads(arguments), arguments
                ),
                agent=row["agent"],
                requirement=Requirement.from_json(json.loads(row["requirement"])),
                status=Status(row["status"]),
                cause=row["cause"] and Cause(row["cause"]),
                at=time_from_text(row["created_at"]),
                decided_by=row["ended_by"] and UserId(row["ended_by"]),
            )
        except Exception:  # whatever is wrong with it, the others are read
            _log.exception("Request %s cannot be read; it is left out", row["id"])


def _passed(rows: Iterable[Mapping[str, Any]]) -> Iterator[PassedCall]:
    allowed = f"dev.sayso.{AuditName.CALL_ALLOWED}.v1"
    for row in rows:
        event = json.loads(row["body"])
        told = event["data"]
        yield PassedCall(
            tool=told["tool"],
            agent=told["agent"],
            channel=ChannelId(told["channel"]),
            effect=Effect.ALLOW if event["type"] == allowed else Effect.DENY,
            at=datetime.fromisoformat(event["time"]),
        )
