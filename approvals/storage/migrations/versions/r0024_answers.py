"""Inquiries: what people answered."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add the column."""
    op.add_column("approval_request", sa.Column("answer", sa.String(), nullable=True))
