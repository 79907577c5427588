"""The clock is needed for approved requests too: an approval that nobody used lapses."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Let the index hold whatever is due; what was approved before is not followed up."""
    op.drop_index("ix_approval_request_due_at", "approval_request")
    is_due = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_approval_request_due_at",
        "approval_request",
        ["due_at"],
        sqlite_where=is_due,
        postgresql_where=is_due,
    )
