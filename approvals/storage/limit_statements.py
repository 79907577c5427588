"""The SQL that counts what waits, compiled once as in `statements`."""

from sqlalchemy import bindparam, func, literal_column, select

from approvals.storage import tables
from approvals.storage.statements import PENDING, sql

_REQUEST = tables.table_of(tables.ApprovalRequestRow)
_OF_REQUESTER = (
    _REQUEST.c.agent == bindparam("agent"),
    _REQUEST.c.person == bindparam("person"),
)
_pending = select(func.count().label("found")).select_from(_REQUEST).where(PENDING)
PENDING_OF = sql(_pending.where(*_OF_REQUESTER))
PENDING_OF_ALL = sql(_pending)
ASKED_OF_PEOPLE = sql(
    select(_REQUEST.c.created_at)
    .where(*_OF_REQUESTER)
    .where((_REQUEST.c.cause.is_(None)) | (_REQUEST.c.cause != literal_column("'rule'")))
    .order_by(_REQUEST.c.id.desc())
    .limit(literal_column("1"))
    .offset(bindparam("before"))
)
