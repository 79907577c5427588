"""Calls of one turn share a message: which turn a request came in."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the column and its index."""
    op.add_column("approval_request", sa.Column("turn", sa.String(), nullable=True))
    came_in_one = sa.text("turn IS NOT NULL")
    op.create_index(
        "ix_approval_request_turn",
        "approval_request",
        ["turn", "id"],
        sqlite_where=came_in_one,
        postgresql_where=came_in_one,
    )
