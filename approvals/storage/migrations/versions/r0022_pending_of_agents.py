"""What waits is counted for each agent, and lists of an agent's own requests are read newest first.

Both are asked at every call that comes in from outside.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Make the index."""
    waits = sa.text("status = 'pending' AND person IS NOT NULL")
    op.create_index(
        "ix_approval_request_pending_of",
        "approval_request",
        ["agent", "person"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
