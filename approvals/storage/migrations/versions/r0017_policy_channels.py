"""Whose rules apply to a request whose card goes to a thread of another channel."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the column and its index; what was asked before counts to the channel of its card."""
    op.add_column("approval_request", sa.Column("policy_channel", sa.String(), nullable=True))
    goes_elsewhere = sa.text("policy_channel IS NOT NULL")
    op.create_index(
        "ix_approval_request_policy_channel_created_at",
        "approval_request",
        ["policy_channel", "created_at"],
        sqlite_where=goes_elsewhere,
        postgresql_where=goes_elsewhere,
    )
