"""The SQL behind what people look at, compiled once as in `statements`."""

from functools import cache

from sqlalchemy import bindparam, func, literal_column, or_, select

from approvals.domain.approval_request import Status
from approvals.storage import tables
from approvals.storage.dialects import Statement
from approvals.storage.statements import NONE, sql

_REQUEST = tables.table_of(tables.ApprovalRequestRow)
_DECISION = tables.table_of(tables.DecisionRow)
_PENDING = _REQUEST.c.status == literal_column("'pending'")
_WAS_ASKED = or_(
    _REQUEST.c.cause.is_(None),
    _REQUEST.c.cause != literal_column("'rule'"),
    _REQUEST.c.ended_at != _REQUEST.c.created_at,
)
"""Leaves out what a rule allowed or denied at once: it concerns the agent, and asked nobody."""
_HERE = _REQUEST.c.channel == bindparam("channel")

_soonest = select(_REQUEST).where(_PENDING).order_by(_REQUEST.c.expires_at, _REQUEST.c.id)
PENDING = sql(_soonest.limit(bindparam("limit")).offset(NONE))
PENDING_IN = sql(_soonest.where(_HERE).limit(bindparam("limit")).offset(NONE))
_count = select(func.count().label("found")).select_from(_REQUEST).where(_PENDING)
COUNT_PENDING = sql(_count)
COUNT_PENDING_IN = sql(_count.where(_HERE))
PENDING_DECISIONS_OF = sql(
    select(_DECISION)
    .join(_REQUEST, _REQUEST.c.id == _DECISION.c.request_id)
    .where(_PENDING, _DECISION.c.user == bindparam("user"))
)
_ending = _REQUEST.c.id.like(bindparam("ending"))
_newest = select(_REQUEST.c.id).order_by(_REQUEST.c.id.desc())
IDS_IN_CHANNEL = sql(_newest.where(_HERE, _ending).limit(bindparam("limit")).offset(NONE))
IDS_PENDING = sql(_newest.where(_PENDING, _ending).limit(bindparam("limit")).offset(NONE))
RECENT_IN = sql(
    select(_REQUEST)
    .where(_HERE, _WAS_ASKED, _REQUEST.c.status != literal_column("'pending'"))
    .where(_REQUEST.c.created_at >= bindparam("since"))
    .order_by(_REQUEST.c.created_at.desc())
    .limit(bindparam("limit"))
    .offset(NONE)
)
DECIDED_BY = sql(
    select(_DECISION)
    .where(_DECISION.c.user == bindparam("user"))
    .order_by(_DECISION.c.at.desc(), _DECISION.c.request_id.desc())
    .limit(bindparam("limit"))
    .offset(NONE)
)
ASKED_FOR = sql(
    select(_REQUEST)
    .where(_REQUEST.c.person == bindparam("user"), _WAS_ASKED)
    .order_by(_REQUEST.c.id.desc())
    .limit(bindparam("limit"))
    .offset(NONE)
)
ENDINGS = sql(
    select(
        *(_REQUEST.c[name] for name in ("tool", "status", "cause", "created_at", "ended_at")),
    )
    .where(_HERE, _WAS_ASKED, _REQUEST.c.created_at >= bindparam("since"))
    .order_by(_REQUEST.c.created_at.desc())
    .limit(bindparam("limit"))
    .offset(NONE)
)


@cache
def newest(named: frozenset[str], status: Status | None) -> Statement:
    """Return the list of requests, newest first; *named* are the values it is narrowed by.

    A statement for each choice, and the status as a literal, so that each is served by an index.
    """
    found = select(_REQUEST).order_by(_REQUEST.c.id.desc())
    if "before" in named:
        found = found.where(_REQUEST.c.id < bindparam("before"))
    for name in ("agent", "person"):
        if name in named:
            found = found.where(_REQUEST.c[name] == bindparam(name))
    if "channel" in named:
        found = found.where(_HERE)
    if status is not None:
        found = found.where(_REQUEST.c.status == literal_column(f"'{status.value}'"))
    return sql(found.limit(bindparam("limit")).offset(NONE))
