"""What is frozen, and how long an approved call is held back."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "frozen",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("scope", "id", "reason", "started_by", "started_at")
        ),
        *(
            sa.Column(name, sa.String(), nullable=True)
            for name in ("ends_at", "ended_at", "ended_by")
        ),
        sa.PrimaryKeyConstraint("scope", name="pk_frozen"),
    )
    op.add_column("approval_request", sa.Column("held_until", sa.String(), nullable=True))
