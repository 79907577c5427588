"""Keys carry limits of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add the columns."""
    for name in ("pending", "new_per_minute"):
        op.add_column("api_key", sa.Column(name, sa.Integer(), nullable=True))
