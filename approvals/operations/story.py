"""A request with what belongs to it: what is told of it, before it is known to whom.

Read in one look by who tells programs of requests, or known to the unit that ended one.
"""

from dataclasses import dataclass
from typing import Self

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.decision import Decision
from approvals.domain.ids import RequestId
from approvals.domain.permit import Permit
from approvals.operations.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A request with what belongs to it, as it was at one moment, whoever may see it."""

    request: ApprovalRequest
    decisions: tuple[Decision, ...]
    permit: Permit | None

    @classmethod
    def read(cls, snapshot: Snapshot, request_id: RequestId) -> Self | None:
        """Return the story of a request, None where there is none."""
        request = snapshot.request(request_id)
        if request is None:
            return None
        return cls(
            request=request,
            decisions=tuple(snapshot.decisions(request_id)),
            permit=snapshot.permit(request_id),
        )
