"""The SQL of the decision path, compiled once from the tables and run on the driver connection.

Compiling costs as much as a decision and running through SQLAlchemy four times as much, so the
writer only ever sees these strings. Every value is a named parameter; the one exception is the
status in the due look-up, which has to be a literal for the partial index to serve it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Table,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement

from approvals.storage import tables

_DIALECT = sqlite.dialect(paramstyle="named")

_REQUEST = tables.table_of(tables.ApprovalRequestRow)
_DECISION = tables.table_of(tables.DecisionRow)
_PERMIT = tables.table_of(tables.PermitRow)
_CARD = tables.table_of(tables.CardRow)
_JOB = tables.table_of(tables.JobRow)
_EVENT = tables.table_of(tables.AuditEventRow)
_FACT = tables.table_of(tables.FactRow)

_CHANGING = (
    *("status", "cause", "version", "expires_at"),
    *("due_at", "ended_at", "ended_by", "ended_reason"),
)
_NONE: ColumnElement[int] = literal_column("0")
"""SQLite's dialect writes an offset to every limit, as a parameter unless it is given."""
_PENDING = _REQUEST.c.status == literal_column("'pending'")
_CLAIMED = _PERMIT.c.state == literal_column("'claimed'")


def _sql(statement: ClauseElement, columns: Sequence[str] | None = None) -> str:
    compiled = statement.compile(dialect=_DIALECT, column_keys=columns)
    assert isinstance(compiled, SQLCompiler)
    given = [bind.key for bind in compiled.bind_names if not bind.required]
    assert not given, f"a literal would have to be passed on every call: {given}"
    return str(compiled)


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _insert(table: Table) -> str:
    return _sql(insert(table), _columns(table))


def _upsert(table: Table, key: str) -> str:
    new: Insert = insert(table)
    changed = {name: new.excluded[name] for name in _columns(table) if name != key}
    return _sql(new.on_conflict_do_update(index_elements=[key], set_=changed), _columns(table))


def _earlier(stored: ColumnElement[Any], new: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((stored < new, stored), else_=new)


def _enqueue() -> str:
    """Insert, or raise the generation; a job being worked on keeps its lease."""
    new = insert(_JOB)
    again = new.on_conflict_do_update(
        index_elements=["kind", "subject"],
        set_={
            "generation": _JOB.c.generation + literal_column("1"),
            "run_at": _earlier(_JOB.c.run_at, new.excluded.run_at),
            "due_at": case(
                (_JOB.c.owner.is_(None), _earlier(_JOB.c.due_at, new.excluded.run_at)),
                else_=_JOB.c.due_at,
            ),
        },
    )
    return _sql(again, _columns(_JOB))


def _claim_jobs() -> str:
    due = (
        select(_JOB.c.kind, _JOB.c.subject)
        .where(_JOB.c.due_at <= bindparam("now"))
        .order_by(_JOB.c.due_at)
        .limit(bindparam("limit"))
        .offset(_NONE)
    )
    claim = (
        update(_JOB)
        .where(tuple_(_JOB.c.kind, _JOB.c.subject).in_(due))
        .values(
            owner=bindparam("new_owner"),
            attempt=_JOB.c.attempt + literal_column("1"),
            due_at=bindparam("lease_ends_at"),
        )
    )
    return _sql(claim.returning(*_JOB.c))


_HELD = and_(
    _JOB.c.kind == bindparam("job_kind"),
    _JOB.c.subject == bindparam("job_subject"),
    _JOB.c.owner == bindparam("holder"),
    _JOB.c.attempt == bindparam("held_attempt"),
)
"""The fence: a worker whose lease went to another attempt changes nothing."""

REQUEST = _sql(select(_REQUEST).where(_REQUEST.c.id == bindparam("id")))
REQUEST_STATUS = _sql(select(_REQUEST.c.status).where(_REQUEST.c.id == bindparam("id")))
REQUEST_BY_KEY = _sql(
    select(_REQUEST)
    .where(_REQUEST.c.key == bindparam("key"))
    .order_by(_REQUEST.c.ask_number.desc())
    .limit(literal_column("1"))
    .offset(_NONE)
)
ADD_REQUEST = _insert(_REQUEST)
SAVE_REQUEST = _sql(
    update(_REQUEST)
    .where(
        _REQUEST.c.id == bindparam("request_id"),
        _REQUEST.c.version == bindparam("expected_version"),
    )
    .values({name: bindparam(name) for name in _CHANGING})
)
OVERDUE = _sql(
    select(_REQUEST)
    .where(_PENDING, _REQUEST.c.due_at <= bindparam("now"))
    .order_by(_REQUEST.c.due_at)
    .limit(bindparam("limit"))
    .offset(_NONE)
)
PENDING_WITHOUT_KEY = _sql(
    select(_REQUEST)
    .where(_PENDING, _REQUEST.c.key.is_(None))
    .order_by(_REQUEST.c.due_at)
    .limit(bindparam("limit"))
    .offset(_NONE)
)
SET_ASIDE = _sql(
    update(_REQUEST)
    .where(_REQUEST.c.id == bindparam("request_id"))
    .values(due_at=bindparam("again_at"))
)
NEXT_DUE = _sql(select(func.min(_REQUEST.c.due_at)).where(_PENDING))

DECISIONS = _sql(
    select(_DECISION)
    .where(_DECISION.c.request_id == bindparam("request_id"))
    .order_by(_DECISION.c.at, _DECISION.c.user)
)
ADD_DECISION = _sql(insert(_DECISION).on_conflict_do_nothing(), _columns(_DECISION))

PERMIT = _sql(select(_PERMIT).where(_PERMIT.c.request_id == bindparam("request_id")))
SAVE_PERMIT = _upsert(_PERMIT, "request_id")
CLAIMED_BY_OTHERS = _sql(
    select(_PERMIT)
    .where(_CLAIMED, _PERMIT.c.owner != bindparam("owner"))
    .order_by(_PERMIT.c.request_id)
    .limit(bindparam("limit"))
    .offset(_NONE)
)

CARDS = _sql(
    select(_CARD).where(_CARD.c.request_id == bindparam("request_id")).order_by(_CARD.c.id)
)
SAVE_CARD = _upsert(_CARD, "id")

ENQUEUE = _enqueue()
CLAIM_JOBS = _claim_jobs()
FINISH_JOB = _sql(delete(_JOB).where(_HELD, _JOB.c.generation == bindparam("done_generation")))
RELEASE_JOB = _sql(
    update(_JOB).where(_HELD).values(owner=literal_column("NULL"), due_at=_JOB.c.run_at)
)
POSTPONE_JOB = _sql(
    update(_JOB)
    .where(_HELD)
    .values(
        owner=literal_column("NULL"),
        attempt=bindparam("failed_attempts"),
        run_at=bindparam("again_at"),
        due_at=bindparam("again_at"),
    )
)
RELEASE_ALL_JOBS = _sql(
    update(_JOB)
    .where(_JOB.c.owner.is_not(None))
    .values(owner=literal_column("NULL"), due_at=_JOB.c.run_at)
)
NEXT_JOB = _sql(select(func.min(_JOB.c.due_at)))

HEAD = _sql(
    select(_EVENT.c.seq, _EVENT.c.hash)
    .order_by(_EVENT.c.seq.desc())
    .limit(literal_column("1"))
    .offset(_NONE)
)
ADD_EVENT = _insert(_EVENT)
EVENTS = _sql(select(_EVENT).order_by(_EVENT.c.seq))

FACT = _sql(select(_FACT.c.value).where(_FACT.c.name == bindparam("name")))
SET_FACT = _upsert(_FACT, "name")
