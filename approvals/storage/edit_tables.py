"""The table about calls that people change; `tables` has all others."""

from sqlmodel import Field

from approvals.storage.tables import StoredRow


class ToolSchemaRow(StoredRow, table=True):
    """A tool's JSON schema, under the SHA-256 of its text; many requests share one."""

    __tablename__ = "tool_schema"

    digest: str = Field(primary_key=True)
    text: str
