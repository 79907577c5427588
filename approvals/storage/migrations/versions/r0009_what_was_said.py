"""The message or form a task was asked with, so that it is taken once; which words were read."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the columns and what finds them; words of before count as read."""
    for table in ("run", "run_note"):
        op.add_column(table, sa.Column("said_with", sa.String(), nullable=True))
        op.create_index(f"ix_{table}_said_with", table, ["said_with"], unique=True)
    op.add_column("run_note", sa.Column("heard_at", sa.String(), nullable=True))
    op.execute("UPDATE run_note SET heard_at = at")
