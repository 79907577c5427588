"""An index by tool and channel, for what a card tells of earlier calls."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "ix_approval_request_tool_channel_created_at",
        "approval_request",
        ["tool", "channel", "created_at"],
    )
