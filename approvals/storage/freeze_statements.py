"""The SQL behind freezes, compiled once as in `statements`."""

from sqlalchemy import bindparam, literal_column, select

from approvals.storage import tables
from approvals.storage.freeze_tables import FreezeRow
from approvals.storage.statements import sql, upsert
from approvals.storage.tables import table_of

_FREEZE = table_of(FreezeRow)
_REQUEST = tables.table_of(tables.ApprovalRequestRow)

FREEZES = sql(select(_FREEZE).where(_FREEZE.c.ended_at.is_(None)))
FREEZE = sql(select(_FREEZE).where(_FREEZE.c.scope == bindparam("scope")).with_for_update())
SAVE_FREEZE = upsert(_FREEZE, "scope")
PENDING_IDS = sql(select(_REQUEST.c.id).where(_REQUEST.c.status == literal_column("'pending'")))
