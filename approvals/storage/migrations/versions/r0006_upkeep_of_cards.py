"""When a card was drawn, when it is compared with Slack, and why it could not be changed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the columns; the cards of what is pending are looked at soon."""
    for name in ("drawn_at", "look_at", "trouble"):
        op.add_column("card", sa.Column(name, sa.String(), nullable=True))
    some = sa.text("look_at IS NOT NULL")
    op.create_index(
        "ix_card_look_at", "card", ["look_at"], sqlite_where=some, postgresql_where=some
    )
    op.execute(
        "UPDATE card SET look_at = (SELECT created_at FROM approval_request WHERE "
        "approval_request.id = card.request_id AND approval_request.status = 'pending') "
        "WHERE kind <> 'view'"
    )
