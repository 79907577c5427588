"""Claims from outside have a lease: nobody here would notice the death of who claimed."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the column."""
    op.add_column("permit", sa.Column("lease_ends_at", sa.String(), nullable=True))
