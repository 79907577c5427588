"""What approvers ask back, and what a task's model reads and writes to answer."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns; nothing was asked so far."""
    op.add_column("approval_request", sa.Column("asked_back", sa.String(), nullable=True))
    for name in ("aside_in", "aside_out"):
        column = sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        op.add_column("run", column)
