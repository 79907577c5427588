"""An index by digest of what people rejected: a rejection answers the same call for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the index."""
    rejected = sa.text("status = 'rejected'")
    op.create_index(
        "ix_approval_request_digest_ended_at",
        "approval_request",
        ["digest", "ended_at"],
        sqlite_where=rejected,
        postgresql_where=rejected,
    )
