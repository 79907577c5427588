"""The SQL that looks back, compiled once as in `statements`."""

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal_column, select, union_all

from approvals.storage import tables
from approvals.storage.dialects import Statement
from approvals.storage.statements import NONE, sql

_REQUEST = tables.table_of(tables.ApprovalRequestRow)
_PERMIT = tables.table_of(tables.PermitRow)


_ALIKE = and_(
    _REQUEST.c.tool == bindparam("tool"),
    _REQUEST.c.channel == bindparam("channel"),
    _REQUEST.c.created_at >= bindparam("since"),
    _REQUEST.c.created_at <= bindparam("until"),
    _REQUEST.c.id != bindparam("id"),
)
_ASKED = func.coalesce(_REQUEST.c.cause, literal_column("''")).not_in(
    (literal_column("'rule'"), literal_column("'grant'"), literal_column("'frozen'"))
)
"""Whether people were asked at all."""
_RULED_BY = func.coalesce(_REQUEST.c.policy_channel, _REQUEST.c.channel)
"""The channel whose rules apply."""

_latest = (
    select(
        _REQUEST.c.status,
        _REQUEST.c.ended_at,
        _REQUEST.c.fingerprint,
        _PERMIT.c.state,
    )
    .select_from(_REQUEST.outerjoin(_PERMIT, _PERMIT.c.request_id == _REQUEST.c.id))
    .where(_ALIKE, _ASKED)
    .order_by(_REQUEST.c.created_at.desc())
    .limit(bindparam("limit"))
    .offset(NONE)
    .subquery("latest")
)
_APPROVED = _latest.c.status == literal_column("'approved'")
_SAME_TOOL = _latest.c.fingerprint == bindparam("fingerprint")
_FAILED = _latest.c.state.in_((literal_column("'failed'"), literal_column("'unknown'")))

HISTORY = sql(
    select(
        func.count().label("asked"),
        func.count(case((_APPROVED, literal_column("1")))).label("approved"),
        func.count(
            case((_latest.c.status == literal_column("'rejected'"), literal_column("1")))
        ).label("rejected"),
        func.count(case((_FAILED, literal_column("1")))).label("failed"),
        func.max(case((_APPROVED, _latest.c.ended_at))).label("last_approved_at"),
        func.max(case((and_(_APPROVED, _SAME_TOOL), _latest.c.ended_at))).label(
            "last_approved_unchanged_at"
        ),
    ).select_from(_latest)
)


def _rejected(condition: ColumnElement[bool]) -> Statement:
    return sql(
        select(_REQUEST)
        .where(
            _REQUEST.c.status == literal_column("'rejected'"),
            _REQUEST.c.cause == literal_column("'person'"),
            condition,
            _REQUEST.c.ended_at > bindparam("since"),
            bindparam("channel") == _RULED_BY,
            _REQUEST.c.agent == bindparam("agent"),
            func.coalesce(_REQUEST.c.person, literal_column("''")) == bindparam("person"),
            _REQUEST.c.on_behalf_of == bindparam("on_behalf_of"),
        )
        .order_by(_REQUEST.c.ended_at.desc())
        .limit(bindparam("limit"))
        .offset(NONE)
    )


REJECTED_LATELY = _rejected(_REQUEST.c.digest == bindparam("digest"))
REJECTED_EDITED_LATELY = _rejected(_REQUEST.c.edits.is_not(None))


def _opened_at(*conditions: ColumnElement[bool]) -> Statement:
    """Count by whose rules apply: in which thread its card stands is the caller's choice."""
    here = (
        and_(_REQUEST.c.channel == bindparam("channel"), _REQUEST.c.policy_channel.is_(None)),
        _REQUEST.c.policy_channel == bindparam("channel"),
    )
    ways = [
        select(_REQUEST.c.created_at).where(
            is_here,
            _REQUEST.c.created_at > bindparam("since"),
            _REQUEST.c.id != bindparam("id"),
            _ASKED,
            *conditions,
        )
        for is_here in here
    ]
    opened = union_all(*ways).subquery("opened")
    return sql(
        select(opened.c.created_at)
        .order_by(opened.c.created_at.desc())
        .limit(literal_column("1"))
        .offset(bindparam("skipped"))
    )


OPENED_AT = _opened_at()
OPENED_BY_AGENT_AT = _opened_at(_REQUEST.c.agent == bindparam("agent"))
PAST = sql(
    select(_REQUEST)
    .where(_ALIKE, _ASKED, _REQUEST.c.ended_at.is_not(None))
    .order_by(_REQUEST.c.created_at.desc())
    .limit(bindparam("limit"))
    .offset(NONE)
)
