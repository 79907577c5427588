"""The part of `Transaction` that is about calls people change.

Synchronous like the rest of it; storage implements all parts in one class.
"""

from typing import Protocol

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.ids import RequestId
from approvals.domain.tool_schema import ToolSchema


class EditRows(Protocol):
    """Edited requests, and the schemas their forms are drawn from."""

    def save_edited(self, request: ApprovalRequest) -> None:
        """Store a request with its changed call; compare-and-set on `version - 1`.

        Raises:
            AlreadyDecided: the stored version is another one.
        """
        ...

    def void_decisions(self, request_id: RequestId) -> None:
        """Delete the decisions of a request, which were about another call; the audit log stays."""
        ...

    def keep_schema(self, schema: ToolSchema) -> None:
        """Insert a schema unless it is there."""
        ...

    def schema(self, digest: str) -> ToolSchema | None:
        """Return a schema that was kept."""
        ...
