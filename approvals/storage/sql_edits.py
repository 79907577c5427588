"""Calls that people change, as a transaction sees them. A part of `SqlTransaction`."""

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.ids import RequestId
from approvals.domain.tool_schema import ToolSchema
from approvals.storage import edit_statements, request_rows
from approvals.storage.sql_work import SqlWork


class SqlEdits(SqlWork):
    """What one unit reads and writes about edits, but for the request's own changes."""

    def save_call(self, request: ApprovalRequest) -> None:
        """Store the changed call of a request whose stored version is the one before.

        Raises:
            AlreadyDecided: it is another one.
        """
        values = request_rows.call_changes(request)
        values["request_id"] = request.id
        values["expected_version"] = request.version - 1
        if self._run(edit_statements.SAVE_CALL, values).rowcount != 1:
            raise errors.AlreadyDecided

    def void_decisions(self, request_id: RequestId) -> None:
        """Delete the decisions of a request."""
        self._run(edit_statements.VOID_DECISIONS, {"request_id": request_id})

    def keep_schema(self, schema: ToolSchema) -> None:
        """Insert a schema unless it is there."""
        values = {"digest": schema.digest, "text": schema.text}
        self._run(edit_statements.KEEP_SCHEMA, values)

    def schema(self, digest: str) -> ToolSchema | None:
        """Return a schema that was kept."""
        row = self._run(edit_statements.SCHEMA, {"digest": digest}).fetchone()
        return None if row is None else ToolSchema(digest=row["digest"], text=row["text"])
