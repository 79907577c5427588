"""What people look at: the indexes behind lists of requests and runs, and who has an App Home."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table and the indexes."""
    op.create_table(
        "home",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("user", "team", "opened_at")),
        sa.PrimaryKeyConstraint("user", name="pk_home"),
    )
    _index("ix_approval_request_expires_at", "approval_request", "expires_at", of="pending")
    _index(
        "ix_approval_request_channel_created_at_id",
        "approval_request",
        *("channel", "created_at", "id"),
    )
    _index("ix_approval_request_person_id", "approval_request", "person", "id", of="people")
    _index("ix_decision_user_at", "decision", "user", "at")
    _index("ix_run_starter_id", "run", "starter", "id")


_SOME = {"pending": "status = 'pending'", "people": "person IS NOT NULL"}


def _index(name: str, table: str, *columns: str, of: str | None = None) -> None:
    some = None if of is None else sa.text(_SOME[of])
    op.create_index(name, table, list(columns), sqlite_where=some, postgresql_where=some)
