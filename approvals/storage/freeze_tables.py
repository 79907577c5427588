"""The table of freezes; `tables` has the others."""

from sqlmodel import Field

from approvals.storage.tables import StoredRow


class FreezeRow(StoredRow, table=True):
    """The latest freeze of a channel, or of everything; in force until it has ended."""

    __tablename__ = "frozen"

    scope: str = Field(primary_key=True)
    id: str
    reason: str
    started_by: str
    started_at: str
    ends_at: str | None
    ended_at: str | None
    ended_by: str | None
