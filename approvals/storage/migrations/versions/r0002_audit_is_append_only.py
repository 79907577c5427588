"""Audit events can be added, never changed or removed."""

from alembic import op

revision = "0002"
down_revision = "0001"


SQLITE = tuple(
    f"CREATE TRIGGER audit_event_refuses_{verb} BEFORE {verb.upper()} ON audit_event "
    "BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END"
    for verb in ("update", "delete")
)
POSTGRESQL = (
    (
        "CREATE FUNCTION audit_event_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'audit events are never changed' USING ERRCODE = '23000'; END $$"
    ),
    (
        "CREATE TRIGGER audit_event_refuses BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuses()"
    ),
)


def upgrade() -> None:
    """Make the triggers that refuse."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if is_sqlite else POSTGRESQL:
        op.execute(statement)
