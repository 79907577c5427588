"""Identical requests share a card: which request's card shows it, and how many joined a card."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the columns and their indexes."""
    op.add_column("approval_request", sa.Column("joined", sa.String(), nullable=True))
    joiners = sa.Column("joiners", sa.Integer(), nullable=False, server_default="0")
    op.add_column("approval_request", joiners)
    indexes = {
        "digest_pending": (["digest", "id"], "status = 'pending'"),
        "joined": (["joined"], "joined IS NOT NULL"),
    }
    for name, (columns, where) in indexes.items():
        op.create_index(
            f"ix_approval_request_{name}",
            "approval_request",
            columns,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
