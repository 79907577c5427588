"""Calls that people change: what was changed, and the schemas their forms are drawn from."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table and the columns."""
    for name in ("edits", "schema_digest"):
        op.add_column("approval_request", sa.Column(name, sa.String(), nullable=True))
    op.create_table(
        "tool_schema",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_tool_schema"),
    )
