"""The statements about calls that people change; `statements` has the general part."""

from sqlalchemy import bindparam, delete, select, update

from approvals.storage import tables
from approvals.storage.edit_tables import ToolSchemaRow
from approvals.storage.statements import insertion_if_new, sql

_REQUEST = tables.table_of(tables.ApprovalRequestRow)
_DECISION = tables.table_of(tables.DecisionRow)
_SCHEMA = tables.table_of(ToolSchemaRow)

SAVE_CALL = sql(
    update(_REQUEST)
    .where(
        _REQUEST.c.id == bindparam("request_id"),
        _REQUEST.c.version == bindparam("expected_version"),
    )
    .values(
        {name: bindparam(name) for name in ("arguments_json", "digest", "edits", "requirement")}
    )
)
VOID_DECISIONS = sql(delete(_DECISION).where(_DECISION.c.request_id == bindparam("request_id")))
KEEP_SCHEMA = insertion_if_new(_SCHEMA)
SCHEMA = sql(
    select(_SCHEMA.c.digest, _SCHEMA.c.text).where(_SCHEMA.c.digest == bindparam("digest"))
)
