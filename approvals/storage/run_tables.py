"""The tables about agent tasks; the rest of the schema is in `tables`."""

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field

from approvals.storage.tables import StoredRow


class RunRow(StoredRow, table=True):
    """One agent task. Its conversation's checkpoints stand elsewhere, under the same id."""

    __tablename__ = "run"
    __table_args__ = (
        Index(
            "ix_run_owner",
            "owner",
            sqlite_where=text("status = 'running'"),
            postgresql_where=text("status = 'running'"),
        ),
        Index("ix_run_channel_id", "channel", "id"),
        Index("ix_run_starter_id", "starter", "id"),
    )

    id: str = Field(primary_key=True)
    status: str
    cause: str | None
    agent: str
    starter: str
    team: str | None
    channel: str
    task: str
    conversation: str = Field(index=True)
    continues: str | None
    owner: str | None
    steps: int
    tokens: int
    activity: str | None
    active_us: int = Field(sa_type=BigInteger)
    resumed_at: str | None
    version: int
    created_at: str
    ended_at: str | None
    ended_by: str | None
    answer: str | None
    reason: str | None
    said_with: str | None = Field(index=True, unique=True)
    aside_in: int = Field(sa_column_kwargs={"server_default": "0"})
    aside_out: int = Field(sa_column_kwargs={"server_default": "0"})


class RunThreadRow(StoredRow, table=True):
    """Where a run is told."""

    __tablename__ = "run_thread"
    __table_args__ = (Index("ix_run_thread_channel_replies_to", "channel", "replies_to"),)

    run_id: str = Field(primary_key=True, foreign_key="run.id")
    channel: str
    thread_ts: str | None
    nonce: str
    root_ts: str | None
    replies_to: str | None
    version_shown: int
    answer_ts: str | None


class RunNoteRow(StoredRow, table=True):
    """Words kept for a run until its next model turn."""

    __tablename__ = "run_note"

    id: str = Field(primary_key=True)
    run_id: str = Field(foreign_key="run.id", index=True)
    user: str
    text: str
    at: str
    said_with: str | None = Field(index=True, unique=True)
    heard_at: str | None
