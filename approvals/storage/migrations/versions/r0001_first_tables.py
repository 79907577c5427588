"""The first tables: requests, decisions, permits, cards, jobs, audit events, facts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _requests()
    _parts_of_requests()
    _tables_of_their_own()


def _text(name: str, *, null: bool = False, of: str | None = None) -> sa.Column[str]:
    keys = [] if of is None else [sa.ForeignKey(f"{of}.id")]
    return sa.Column(name, sa.String(), *keys, nullable=null)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _requests() -> None:
    op.create_table(
        "approval_request",
        _text("id"),
        _text("status"),
        _text("cause", null=True),
        *(_text(name) for name in ("tool", "fingerprint", "arguments_json", "digest")),
        *(_text(name) for name in ("injected", "agent")),
        *(_text(name, null=True) for name in ("person", "team")),
        *(_text(name) for name in ("on_behalf_of", "requirement", "channel")),
        *(_text(name, null=True) for name in ("thread_ts", "reason", "key")),
        _number("ask_number"),
        *(_text(name, null=True) for name in ("earlier", "run_id", "tool_call_id")),
        _text("salt"),
        _number("version"),
        *(_text(name) for name in ("created_at", "expires_at")),
        *(_text(name, null=True) for name in ("due_at", "ended_at", "ended_by", "ended_reason")),
        sa.PrimaryKeyConstraint("id", name="pk_approval_request"),
    )
    pending = sa.text("status = 'pending'")
    op.create_index(
        "ix_approval_request_due_at",
        "approval_request",
        ["due_at"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
    keyed = sa.text("key IS NOT NULL")
    op.create_index(
        "uq_approval_request_key_ask_number",
        "approval_request",
        ["key", "ask_number"],
        unique=True,
        sqlite_where=keyed,
        postgresql_where=keyed,
    )


def _parts_of_requests() -> None:
    op.create_table(
        "decision",
        _text("request_id", of="approval_request"),
        *(_text(name) for name in ("user", "team", "verdict")),
        _text("reason", null=True),
        *(_text(name) for name in ("at", "sets")),
        sa.PrimaryKeyConstraint("request_id", "user", name="pk_decision"),
    )
    op.create_table(
        "permit",
        _text("request_id", of="approval_request"),
        *(_text(name) for name in ("digest", "state")),
        _number("attempt"),
        _text("owner", null=True),
        _text("approved_at"),
        *(_text(name, null=True) for name in ("delivered_at", "claimed_at", "ended_at", "result")),
        sa.PrimaryKeyConstraint("request_id", name="pk_permit"),
    )
    claimed = sa.text("state = 'claimed'")
    op.create_index(
        "ix_permit_owner", "permit", ["owner"], sqlite_where=claimed, postgresql_where=claimed
    )
    op.create_table(
        "card",
        _text("id"),
        _text("request_id", of="approval_request"),
        *(_text(name) for name in ("kind", "channel")),
        _text("ts", null=True),
        _text("nonce"),
        sa.Column("shows_everything", sa.Boolean(), nullable=False),
        _text("viewer", null=True),
        _number("version_shown"),
        sa.PrimaryKeyConstraint("id", name="pk_card"),
    )
    op.create_index("ix_card_nonce", "card", ["nonce"])
    op.create_index("ix_card_request_id", "card", ["request_id"])


def _tables_of_their_own() -> None:
    op.create_table(
        "job",
        *(_text(name) for name in ("kind", "subject", "run_at", "due_at")),
        _number("generation"),
        _number("attempt"),
        _text("owner", null=True),
        sa.PrimaryKeyConstraint("kind", "subject", name="pk_job"),
    )
    op.create_index("ix_job_due_at", "job", ["due_at"])
    op.create_table(
        "audit_event",
        sa.Column(
            "seq",
            sa.Integer().with_variant(sa.BigInteger(), "postgresql"),
            autoincrement=False,
            nullable=False,
        ),
        *(_text(name) for name in ("name", "subject", "body", "prev_hash", "hash")),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_event"),
    )
    op.create_index("ix_audit_event_subject", "audit_event", ["subject"])
    op.create_table(
        "fact",
        _text("name"),
        _text("value"),
        sa.PrimaryKeyConstraint("name", name="pk_fact"),
    )
