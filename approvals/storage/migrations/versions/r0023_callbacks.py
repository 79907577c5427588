"""A request may name a webhook that is told how it ended."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the column."""
    op.add_column("approval_request", sa.Column("callback", sa.String(), nullable=True))
