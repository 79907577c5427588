"""The table of keys; `tables` has the others."""

from sqlmodel import Field

from approvals.storage.tables import StoredRow


class KeyRow(StoredRow, table=True):
    """One key, kept after it was revoked. Of its secret there is the digest alone."""

    __tablename__ = "api_key"

    id: str = Field(primary_key=True)
    digest: str
    scopes: str
    owner: str
    created_at: str
    team: str | None
    agent: str | None
    channel: str | None
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    refused_at: str | None
    pending: int | None
    new_per_minute: int | None
