"""An index of what people changed and rejected: that answers the same call for a while too."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the index."""
    rejected = sa.text("status = 'rejected' AND edits IS NOT NULL")
    op.create_index(
        "ix_approval_request_ended_at",
        "approval_request",
        ["ended_at"],
        sqlite_where=rejected,
        postgresql_where=rejected,
    )
