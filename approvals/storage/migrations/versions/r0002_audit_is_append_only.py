"""Audit events can be added, never changed or removed."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the triggers that refuse."""
    for verb in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER audit_event_refuses_{verb} BEFORE {verb.upper()} ON audit_event "
            "BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END"
        )
