"""Keys, with which programs come in from outside."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "api_key",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("id", "digest", "scopes", "owner", "created_at")
        ),
        *(
            sa.Column(name, sa.String(), nullable=True)
            for name in ("team", "agent", "channel", "expires_at", "revoked_at")
        ),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("last_used_at", "refused_at")),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
    )
