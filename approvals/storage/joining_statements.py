"""The SQL about requests that share a card, compiled once as in `statements`."""

from sqlalchemy import bindparam, func, literal_column, or_, select

from approvals.storage import tables
from approvals.storage.statements import NONE, PENDING, sql

_REQUEST = tables.table_of(tables.ApprovalRequestRow)
_CARD = tables.table_of(tables.CardRow)
_ON_CARD = or_(_REQUEST.c.id == bindparam("first"), _REQUEST.c.joined == bindparam("first"))

JOINABLE = sql(
    select(_REQUEST)
    .where(
        PENDING,
        _REQUEST.c.digest == bindparam("digest"),
        _REQUEST.c.id < bindparam("id"),
        _REQUEST.c.joined.is_(None),
        _REQUEST.c.held_until.is_(None),
        _REQUEST.c.edits.is_(None),
        _REQUEST.c.earlier.is_(None),
        _REQUEST.c.joiners < bindparam("most"),
        _REQUEST.c.agent == bindparam("agent"),
        _REQUEST.c.channel == bindparam("channel"),
        _REQUEST.c.requirement == bindparam("requirement"),
    )
    .order_by(_REQUEST.c.id.desc())
    .limit(literal_column("1"))
    .offset(NONE)
    .with_for_update()
)
"""What is pending of one digest comes from a partial index, newest first: a handful at most."""
JOINABLE_TURN = sql(
    select(_REQUEST)
    .where(
        PENDING,
        _REQUEST.c.turn == bindparam("turn"),
        _REQUEST.c.id < bindparam("id"),
        _REQUEST.c.joined.is_(None),
        _REQUEST.c.joiners < bindparam("most"),
    )
    .order_by(_REQUEST.c.id.desc())
    .limit(literal_column("1"))
    .offset(NONE)
    .with_for_update()
)
_WAITING_CARDS = (
    PENDING,
    _REQUEST.c.joined.is_(None),
    _REQUEST.c.agent == bindparam("agent"),
    _REQUEST.c.channel == bindparam("channel"),
    _REQUEST.c.id < bindparam("id"),
)
HAS_WAITING_CARDS = sql(
    select(_REQUEST.c.id)
    .where(*_WAITING_CARDS)
    .order_by(_REQUEST.c.id.desc())
    .limit(literal_column("1"))
    .offset(bindparam("before"))
)
WAITING_CARDS = sql(
    select(_REQUEST)
    .where(*_WAITING_CARDS, _REQUEST.c.joiners < bindparam("most"))
    .order_by(_REQUEST.c.id.desc())
    .limit(bindparam("limit"))
    .offset(NONE)
)
SHOWN_WITH = sql(select(_REQUEST).where(_ON_CARD).order_by(_REQUEST.c.id))
SHOWN_WITH_LOCKED = sql(select(_REQUEST).where(_ON_CARD).order_by(_REQUEST.c.id).with_for_update())
VERSION_SHOWN_WITH = sql(select(func.sum(_REQUEST.c.version).label("version")).where(_ON_CARD))
CARDS_SHOWN_WITH = sql(
    select(_CARD)
    .where(_CARD.c.request_id.in_(select(_REQUEST.c.id).where(_ON_CARD)))
    .order_by(_CARD.c.id)
)
