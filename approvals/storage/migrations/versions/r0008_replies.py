"""What was said in the thread of each card."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; nothing counts as told of cards that stand already."""
    op.add_column("card", sa.Column("told", sa.String(), nullable=False, server_default="[]"))
