"""The SQL about runs, compiled once as in `statements`."""

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    exists,
    literal_column,
    or_,
    select,
    update,
)

from approvals.storage import run_tables, tables
from approvals.storage.dialects import Statement
from approvals.storage.statements import NONE, insertion, insertion_if_new, sql, upsert

_RUN = tables.table_of(run_tables.RunRow)
_THREAD = tables.table_of(run_tables.RunThreadRow)
_NOTE = tables.table_of(run_tables.RunNoteRow)
_REQUEST = tables.table_of(tables.ApprovalRequestRow)
_PERMIT = tables.table_of(tables.PermitRow)

_CHANGING = (
    *("status", "cause", "owner", "steps", "tokens", "activity", "active_us", "resumed_at"),
    *("version", "ended_at", "ended_by", "answer", "reason", "aside_in", "aside_out"),
)
_HAS_ENDED = case((_RUN.c.ended_at.is_(None), literal_column("0")), else_=literal_column("1"))


def _newest_where(column: ColumnElement[str], value: str) -> Statement:
    """Return the runs whose *column* is the parameter *value*; those that go on come first."""
    return sql(
        select(_RUN)
        .where(column == bindparam(value))
        .order_by(_HAS_ENDED, _RUN.c.id.desc())
        .limit(bindparam("limit"))
        .offset(NONE)
    )


_OPEN_PERMIT = exists().where(
    _PERMIT.c.request_id == _REQUEST.c.id,
    or_(
        _PERMIT.c.state == literal_column("'unclaimed'"),
        and_(
            _PERMIT.c.state == literal_column("'unknown'"),
            _PERMIT.c.settlement.is_(None),
        ),
    ),
)

_open_requests = (
    select(_REQUEST)
    .where(
        _REQUEST.c.run_id == bindparam("run_id"),
        or_(_REQUEST.c.status == literal_column("'pending'"), _OPEN_PERMIT),
    )
    .order_by(_REQUEST.c.id)
)
REQUESTS_OF_RUN = sql(_open_requests)
REQUESTS_OF_RUN_LOCKED = sql(_open_requests.with_for_update(of=_REQUEST))
RUN = sql(select(_RUN).where(_RUN.c.id == bindparam("id")))
RUN_LOCKED = sql(select(_RUN).where(_RUN.c.id == bindparam("id")).with_for_update())
ADD_RUN = insertion(_RUN)
SAVE_RUN = sql(
    update(_RUN)
    .where(_RUN.c.id == bindparam("run_id"), _RUN.c.version == bindparam("expected_version"))
    .values({name: bindparam(name) for name in _CHANGING})
)
RUNS_OF_OTHERS = sql(
    select(_RUN)
    .where(_RUN.c.status == literal_column("'running'"), _RUN.c.owner != bindparam("owner"))
    .order_by(_RUN.c.id)
    .limit(bindparam("limit"))
    .offset(NONE)
)
LATEST_RUN = sql(
    select(_RUN)
    .where(_RUN.c.conversation == bindparam("conversation"))
    .order_by(_RUN.c.id.desc())
    .limit(literal_column("1"))
    .offset(NONE)
)
RUNS_IN = _newest_where(_RUN.c.channel, "channel")
RUNS_OF = _newest_where(_RUN.c.starter, "user")
RUN_BY_SHORT_ID = sql(
    select(_RUN)
    .where(_RUN.c.channel == bindparam("channel"), _RUN.c.id.like(bindparam("ending")))
    .order_by(_RUN.c.id.desc())
    .limit(literal_column("1"))
    .offset(NONE)
)
RUN_IN_THREAD = sql(
    select(_RUN)
    .join(_THREAD, _THREAD.c.run_id == _RUN.c.id)
    .where(_THREAD.c.channel == bindparam("channel"), _THREAD.c.replies_to == bindparam("ts"))
    .order_by(_RUN.c.id.desc())
    .limit(literal_column("1"))
    .offset(NONE)
)
RUN_THREAD = sql(select(_THREAD).where(_THREAD.c.run_id == bindparam("run_id")))
SAVE_RUN_THREAD = upsert(_THREAD, "run_id")
ADD_NOTE = insertion_if_new(_NOTE)
RUN_SAID_WITH = sql(select(_RUN).where(_RUN.c.said_with == bindparam("said_with")))
NOTE_SAID_WITH = sql(select(_NOTE).where(_NOTE.c.said_with == bindparam("said_with")))
HEAR_NOTE = sql(
    update(_NOTE)
    .where(_NOTE.c.id == bindparam("note_id"), _NOTE.c.heard_at.is_(None))
    .values(heard_at=bindparam("heard_at"))
)
NOTES = sql(select(_NOTE).where(_NOTE.c.run_id == bindparam("run_id")).order_by(_NOTE.c.id))
