"""The statements of the decision path, defined once from the tables for every database.

Compiling costs as much as a decision and running through SQLAlchemy four times as much, so
`dialects` compiles each once and transactions run the text on the driver's connection. Every value
is a named parameter; the one exception is the status in the due look-up, which has to be a literal
for the partial index to serve it. Where the port says locked, `with_for_update` says so; SQLite,
whose writers are alone, leaves it out.
"""

from collections.abc import Callable, Sequence
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
from sqlalchemy.sql.expression import ClauseElement

from approvals.storage import tables
from approvals.storage.dialects import Definition, Insert, Statement

_REQUEST = tables.table_of(tables.ApprovalRequestRow)
_DECISION = tables.table_of(tables.DecisionRow)
_PERMIT = tables.table_of(tables.PermitRow)
_JOB = tables.table_of(tables.JobRow)
_EVENT = tables.table_of(tables.AuditEventRow)
_FACT = tables.table_of(tables.FactRow)
_HOME = tables.table_of(tables.HomeRow)

_CHANGING = (
    *("status", "cause", "version", "expires_at", "joiners"),
    *("due_at", "followed_up", "held_until", "ended_at", "ended_by", "ended_reason", "asked_back"),
    "answer",
)
NONE: ColumnElement[int] = literal_column("0")
"""SQLite's dialect writes an offset to every limit, as a parameter unless it is given."""
PENDING = _REQUEST.c.status == literal_column("'pending'")
_CLAIMED = _PERMIT.c.state == literal_column("'claimed'")


def sql(definition: Definition, columns: Sequence[str] | None = None) -> Statement:
    """Return the statement; *columns* are those an insert fills."""
    return Statement(definition, columns)


def columns_of(table: Table) -> list[str]:
    """Return the names of all columns."""
    return [column.name for column in table.columns]


def insertion(table: Table) -> Statement:
    """Return the statement that inserts a whole row."""
    return sql(lambda insert: insert(table), columns_of(table))


def upsert(table: Table, *key: str) -> Statement:
    """Return the statement that inserts a whole row, or replaces the one with its *key*."""

    def define(insert: Callable[[Table], Insert]) -> ClauseElement:
        new = insert(table)
        changed = {name: new.excluded[name] for name in columns_of(table) if name not in key}
        return new.on_conflict_do_update(index_elements=key, set_=changed)

    return sql(define, columns_of(table))


def insertion_if_new(table: Table) -> Statement:
    """Return the statement that inserts a whole row, or nothing if its key is there."""
    return sql(lambda insert: insert(table).on_conflict_do_nothing(), columns_of(table))


def _earlier(stored: ColumnElement[Any], new: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((stored < new, stored), else_=new)


def _enqueue(insert: Callable[[Table], Insert]) -> ClauseElement:
    """Insert, or raise the generation; a job being worked on keeps its lease."""
    new = insert(_JOB)
    return new.on_conflict_do_update(
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


def _claim_jobs() -> ClauseElement:
    """Claim what is due; chosen first and once, or PostgreSQL may choose more than the limit."""
    due = (
        select(_JOB.c.kind, _JOB.c.subject)
        .where(_JOB.c.due_at <= bindparam("now"))
        .order_by(_JOB.c.due_at, _JOB.c.subject)
        .limit(bindparam("limit"))
        .offset(NONE)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claim = (
        update(_JOB)
        .where(tuple_(_JOB.c.kind, _JOB.c.subject).in_(select(due.c.kind, due.c.subject)))
        .values(
            owner=bindparam("new_owner"),
            attempt=_JOB.c.attempt + literal_column("1"),
            due_at=bindparam("lease_ends_at"),
        )
    )
    return claim.returning(*_JOB.c)


_HELD = and_(
    _JOB.c.kind == bindparam("job_kind"),
    _JOB.c.subject == bindparam("job_subject"),
    _JOB.c.owner == bindparam("holder"),
    _JOB.c.attempt == bindparam("held_attempt"),
)
"""The fence: a worker whose lease went to another attempt changes nothing."""

REQUEST = sql(select(_REQUEST).where(_REQUEST.c.id == bindparam("id")))
REQUEST_LOCKED = sql(select(_REQUEST).where(_REQUEST.c.id == bindparam("id")).with_for_update())
REQUEST_STATUS = sql(select(_REQUEST.c.status).where(_REQUEST.c.id == bindparam("id")))
REQUEST_BY_KEY = sql(
    select(_REQUEST)
    .where(_REQUEST.c.key == bindparam("key"))
    .order_by(_REQUEST.c.ask_number.desc())
    .limit(literal_column("1"))
    .offset(NONE)
    .with_for_update()
)
ADD_REQUEST = insertion(_REQUEST)
SAVE_REQUEST = sql(
    update(_REQUEST)
    .where(
        _REQUEST.c.id == bindparam("request_id"),
        _REQUEST.c.version == bindparam("expected_version"),
    )
    .values({name: bindparam(name) for name in _CHANGING})
)
OVERDUE = sql(
    select(_REQUEST)
    .where(_REQUEST.c.due_at <= bindparam("now"))
    .order_by(_REQUEST.c.due_at)
    .limit(bindparam("limit"))
    .offset(NONE)
    .with_for_update(skip_locked=True)
)
PENDING_WITHOUT_KEY = sql(
    select(_REQUEST)
    .where(PENDING, _REQUEST.c.key.is_(None), _REQUEST.c.due_at.is_not(None))
    .order_by(_REQUEST.c.due_at)
    .limit(bindparam("limit"))
    .offset(NONE)
    .with_for_update(skip_locked=True)
)
SET_ASIDE = sql(
    update(_REQUEST)
    .where(_REQUEST.c.id == bindparam("request_id"))
    .values(due_at=bindparam("again_at"))
)
NEXT_DUE = sql(select(func.min(_REQUEST.c.due_at)).where(_REQUEST.c.due_at.is_not(None)))

DECISIONS = sql(
    select(_DECISION)
    .where(_DECISION.c.request_id == bindparam("request_id"))
    .order_by(_DECISION.c.at, _DECISION.c.user)
)
ADD_DECISION = insertion_if_new(_DECISION)
REPLACE_DECISION = upsert(_DECISION, "request_id", "user")

PERMIT = sql(select(_PERMIT).where(_PERMIT.c.request_id == bindparam("request_id")))
SAVE_PERMIT = upsert(_PERMIT, "request_id")
CLAIMED_BY_OTHERS = sql(
    select(_PERMIT)
    .where(_CLAIMED, _PERMIT.c.owner != bindparam("owner"), _PERMIT.c.lease_ends_at.is_(None))
    .order_by(_PERMIT.c.request_id)
    .limit(bindparam("limit"))
    .offset(NONE)
)

ENQUEUE = sql(_enqueue, columns_of(_JOB))
CLAIM_JOBS = sql(_claim_jobs())
ENQUEUE_IF_NEW = insertion_if_new(_JOB)
FINISH_JOB = sql(delete(_JOB).where(_HELD, _JOB.c.generation == bindparam("done_generation")))
RELEASE_JOB = sql(
    update(_JOB).where(_HELD).values(owner=literal_column("NULL"), due_at=_JOB.c.run_at)
)
POSTPONE_JOB = sql(
    update(_JOB)
    .where(_HELD)
    .values(
        owner=literal_column("NULL"),
        attempt=bindparam("failed_attempts"),
        run_at=bindparam("again_at"),
        due_at=bindparam("again_at"),
    )
)
HASTEN_JOBS = sql(
    update(_JOB)
    .where(
        _JOB.c.owner.is_(None),
        _JOB.c.attempt > literal_column("0"),
        _JOB.c.due_at > bindparam("now"),
    )
    .values(run_at=bindparam("now"), due_at=bindparam("now"))
)
"""A job with attempts behind it failed before; one without was put off on purpose."""
RELEASE_ALL_JOBS = sql(
    update(_JOB)
    .where(_JOB.c.owner.is_not(None))
    .values(owner=literal_column("NULL"), due_at=_JOB.c.run_at)
)
NEXT_JOB = sql(select(func.min(_JOB.c.due_at)))

HEAD = sql(
    select(_EVENT.c.seq, _EVENT.c.hash)
    .order_by(_EVENT.c.seq.desc())
    .limit(literal_column("1"))
    .offset(NONE)
)
ADD_EVENT = insertion(_EVENT)
EVENTS = sql(select(_EVENT).order_by(_EVENT.c.seq))
EVENTS_AFTER = sql(
    select(_EVENT)
    .where(_EVENT.c.seq > bindparam("seq"))
    .order_by(_EVENT.c.seq)
    .limit(bindparam("limit"))
    .offset(NONE)
)

FACT = sql(select(_FACT.c.value).where(_FACT.c.name == bindparam("name")))
SET_FACT = upsert(_FACT, "name")

HOME = sql(select(_HOME).where(_HOME.c.user == bindparam("user")))
HOMES_OPENED_SINCE = sql(
    select(_HOME)
    .where(_HOME.c.opened_at >= bindparam("since"))
    .order_by(_HOME.c.opened_at.desc(), _HOME.c.user)
    .limit(bindparam("limit"))
    .offset(NONE)
)
SAVE_HOME = upsert(_HOME, "user")
