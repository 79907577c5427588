"""The SQL behind keys, compiled once as in `statements`."""

from sqlalchemy import bindparam, select

from approvals.storage import tables
from approvals.storage.key_tables import KeyRow
from approvals.storage.statements import sql, upsert

_KEY = tables.table_of(KeyRow)
_ONE = select(_KEY).where(_KEY.c.id == bindparam("id"))

KEY = sql(_ONE)
KEY_LOCKED = sql(_ONE.with_for_update())
KEYS = sql(select(_KEY).order_by(_KEY.c.id))
SAVE_KEY = upsert(_KEY, "id")
