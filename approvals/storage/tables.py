"""The schema: one SQLModel class per table. None of these classes ever leaves storage.

Migrations reach exactly this schema (a test compares them); `statements` compiles its SQL from
these tables and `rows` turns nouns into rows and back. Times are TEXT in UTC with microseconds
and fixed width, so that they sort as they read; lists and nested nouns are JSON text.
"""

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index, Integer, MetaData, Table, text
from sqlmodel import Field, SQLModel

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class StoredRow(SQLModel):
    """What all tables share: one metadata of their own, with predictable names."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING_CONVENTION)


class ApprovalRequestRow(StoredRow, table=True):
    """One question. `due_at` is when the clock is needed next; null when never."""

    __tablename__ = "approval_request"
    __table_args__ = (
        Index(
            "ix_approval_request_due_at",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_approval_request_expires_at",
            "expires_at",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index("ix_approval_request_channel_created_at_id", "channel", "created_at", "id"),
        Index(
            "ix_approval_request_person_id",
            "person",
            "id",
            sqlite_where=text("person IS NOT NULL"),
            postgresql_where=text("person IS NOT NULL"),
        ),
        Index(
            "uq_approval_request_key_ask_number",
            "key",
            "ask_number",
            unique=True,
            sqlite_where=text("key IS NOT NULL"),
            postgresql_where=text("key IS NOT NULL"),
        ),
        Index(
            "ix_approval_request_run_id",
            "run_id",
            sqlite_where=text("run_id IS NOT NULL"),
            postgresql_where=text("run_id IS NOT NULL"),
        ),
        Index("ix_approval_request_tool_channel_created_at", "tool", "channel", "created_at"),
        Index(
            "ix_approval_request_digest_pending",
            "digest",
            "id",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "ix_approval_request_turn",
            "turn",
            "id",
            sqlite_where=text("turn IS NOT NULL"),
            postgresql_where=text("turn IS NOT NULL"),
        ),
        Index(
            "ix_approval_request_policy_channel_created_at",
            "policy_channel",
            "created_at",
            sqlite_where=text("policy_channel IS NOT NULL"),
            postgresql_where=text("policy_channel IS NOT NULL"),
        ),
        Index(
            "ix_approval_request_waiting_card",
            "channel",
            "agent",
            "id",
            sqlite_where=text("status = 'pending' AND joined IS NULL"),
            postgresql_where=text("status = 'pending' AND joined IS NULL"),
        ),
        Index(
            "ix_approval_request_pending_of",
            "agent",
            "person",
            sqlite_where=text("status = 'pending' AND person IS NOT NULL"),
            postgresql_where=text("status = 'pending' AND person IS NOT NULL"),
        ),
        Index(
            "ix_approval_request_joined",
            "joined",
            sqlite_where=text("joined IS NOT NULL"),
            postgresql_where=text("joined IS NOT NULL"),
        ),
        Index(
            "ix_approval_request_ended_at",
            "ended_at",
            sqlite_where=text("status = 'rejected' AND edits IS NOT NULL"),
            postgresql_where=text("status = 'rejected' AND edits IS NOT NULL"),
        ),
        Index(
            "ix_approval_request_digest_ended_at",
            "digest",
            "ended_at",
            sqlite_where=text("status = 'rejected'"),
            postgresql_where=text("status = 'rejected'"),
        ),
    )

    id: str = Field(primary_key=True)
    status: str
    cause: str | None
    tool: str
    fingerprint: str
    arguments_json: str
    digest: str
    injected: str
    agent: str
    person: str | None
    team: str | None
    on_behalf_of: str
    requirement: str
    channel: str
    thread_ts: str | None
    reason: str | None
    key: str | None
    ask_number: int
    earlier: str | None
    run_id: str | None
    tool_call_id: str | None
    salt: str
    version: int
    created_at: str
    expires_at: str
    due_at: str | None
    ended_at: str | None
    ended_by: str | None
    ended_reason: str | None
    followed_up: str | None
    """Reminders and rungs as JSON; null while there were none."""
    held_until: str | None
    edits: str | None
    schema_digest: str | None
    joined: str | None
    joiners: int = Field(sa_column_kwargs={"server_default": "0"})
    asked_back: str | None
    """What approvers asked its agent, as JSON; null where that cannot be asked and nothing was."""
    turn: str | None
    policy_channel: str | None
    """The channel whose rules apply, where its card goes to a thread of another one."""
    callback: str | None
    answer: str | None
    """To an inquiry, as canonical JSON."""


class DecisionRow(StoredRow, table=True):
    """One verdict; the key says one per person and request."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_user_at", "user", "at"),)

    request_id: str = Field(primary_key=True, foreign_key="approval_request.id")
    user: str = Field(primary_key=True)
    team: str
    verdict: str
    reason: str | None
    at: str
    sets: str


class PermitRow(StoredRow, table=True):
    """The one execution record of a request."""

    __tablename__ = "permit"
    __table_args__ = (
        Index(
            "ix_permit_owner",
            "owner",
            sqlite_where=text("state = 'claimed'"),
            postgresql_where=text("state = 'claimed'"),
        ),
    )

    request_id: str = Field(primary_key=True, foreign_key="approval_request.id")
    digest: str
    state: str
    attempt: int
    owner: str | None
    approved_at: str
    delivered_at: str | None
    claimed_at: str | None
    ended_at: str | None
    result: str | None
    settlement: str | None
    settled_by: str | None
    settled_at: str | None
    lease_ends_at: str | None


class CardRow(StoredRow, table=True):
    """One Slack message or view. A copy shares the nonce of the card it repeats."""

    __tablename__ = "card"
    __table_args__ = (
        Index(
            "ix_card_look_at",
            "look_at",
            sqlite_where=text("look_at IS NOT NULL"),
            postgresql_where=text("look_at IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True)
    request_id: str = Field(foreign_key="approval_request.id", index=True)
    kind: str
    channel: str
    ts: str | None
    nonce: str = Field(index=True)
    shows_everything: bool
    viewer: str | None
    version_shown: int
    drawn_at: str | None
    look_at: str | None
    trouble: str | None
    told: str = Field(sa_column_kwargs={"server_default": "[]"})


class HomeRow(StoredRow, table=True):
    """One person who has opened our App Home, so that it is kept true."""

    __tablename__ = "home"

    user: str = Field(primary_key=True)
    team: str
    opened_at: str


class JobRow(StoredRow, table=True):
    """One effect to be made true. `due_at` is `run_at`, or the end of the lease while claimed."""

    __tablename__ = "job"

    kind: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    run_at: str
    due_at: str = Field(index=True)
    generation: int
    attempt: int
    owner: str | None


class AuditEventRow(StoredRow, table=True):
    """One sealed event. The chain's head is the row with the highest `seq`."""

    __tablename__ = "audit_event"

    seq: int = Field(
        primary_key=True,
        sa_type=Integer().with_variant(BigInteger(), "postgresql"),
        sa_column_kwargs={"autoincrement": False},
    )
    name: str
    subject: str = Field(index=True)
    body: str
    prev_hash: str
    hash: str


class FactRow(StoredRow, table=True):
    """A fact of the gateway itself, such as its id."""

    __tablename__ = "fact"

    name: str = Field(primary_key=True)
    value: str


def table_of(row: type[StoredRow]) -> Table:
    """Return the SQLAlchemy table of a row class (SQLModel does not type the attribute)."""
    table: Any = row.__table__  # type: ignore[attr-defined]
    assert isinstance(table, Table)
    return table
