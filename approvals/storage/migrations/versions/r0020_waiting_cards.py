"""Bursts fold into one card: which cards of a channel wait, newest first."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Make the index."""
    waits = sa.text("status = 'pending' AND joined IS NULL")
    op.create_index(
        "ix_approval_request_waiting_card",
        "approval_request",
        ["channel", "agent", "id"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
