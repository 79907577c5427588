"""Agent tasks: runs, their threads, words kept for them; what people say of interrupted calls."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables and the new columns."""
    _settlements()
    _runs()
    _around_runs()


def _text(name: str, *, null: bool = False, of: str | None = None) -> sa.Column[str]:
    keys = [] if of is None else [sa.ForeignKey(f"{of}.id")]
    return sa.Column(name, sa.String(), *keys, nullable=null)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _settlements() -> None:
    for name in ("settlement", "settled_by", "settled_at"):
        op.add_column("permit", _text(name, null=True))
    of_runs = sa.text("run_id IS NOT NULL")
    op.create_index(
        "ix_approval_request_run_id",
        "approval_request",
        ["run_id"],
        sqlite_where=of_runs,
        postgresql_where=of_runs,
    )


def _runs() -> None:
    op.create_table(
        "run",
        *(_text(name) for name in ("id", "status")),
        _text("cause", null=True),
        *(_text(name) for name in ("agent", "starter")),
        _text("team", null=True),
        *(_text(name) for name in ("channel", "task", "conversation")),
        *(_text(name, null=True) for name in ("continues", "owner")),
        _number("steps"),
        _number("tokens"),
        _text("activity", null=True),
        sa.Column("active_us", sa.BigInteger(), nullable=False),
        _text("resumed_at", null=True),
        _number("version"),
        _text("created_at"),
        *(_text(name, null=True) for name in ("ended_at", "ended_by", "answer", "reason")),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
    )
    running = sa.text("status = 'running'")
    op.create_index(
        "ix_run_owner", "run", ["owner"], sqlite_where=running, postgresql_where=running
    )
    op.create_index("ix_run_channel_id", "run", ["channel", "id"])
    op.create_index("ix_run_conversation", "run", ["conversation"])


def _around_runs() -> None:
    op.create_table(
        "run_thread",
        _text("run_id", of="run"),
        _text("channel"),
        _text("thread_ts", null=True),
        _text("nonce"),
        *(_text(name, null=True) for name in ("root_ts", "replies_to")),
        _number("version_shown"),
        _text("answer_ts", null=True),
        sa.PrimaryKeyConstraint("run_id", name="pk_run_thread"),
    )
    op.create_index("ix_run_thread_channel_replies_to", "run_thread", ["channel", "replies_to"])
    op.create_table(
        "run_note",
        _text("id"),
        _text("run_id", of="run"),
        *(_text(name) for name in ("user", "text", "at")),
        sa.PrimaryKeyConstraint("id", name="pk_run_note"),
    )
    op.create_index("ix_run_note_run_id", "run_note", ["run_id"])
