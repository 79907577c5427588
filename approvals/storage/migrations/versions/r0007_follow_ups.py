"""What the clock has done about a request: reminders sent and rungs of an escalation fired."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column; null is what has not been followed up."""
    op.add_column("approval_request", sa.Column("followed_up", sa.String(), nullable=True))
