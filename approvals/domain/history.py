"""What became of earlier calls of the same tool in the same channel: the memory of a card.

Read when a card or its details are drawn. It informs people; no rule looks at it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.permit import Permit

REMEMBERED_FOR = timedelta(days=30)
COUNTED_MAX = 1_000
"""No more than the latest so many are looked at, so that a busy tool's cards stay cheap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """How often people were asked about a tool in a channel, and how that went."""

    asked: int = 0
    """At most COUNTED_MAX."""
    approved: int = 0
    rejected: int = 0
    failed: int = 0
    """Of the approved, those whose run failed or got lost."""
    last_approved_at: datetime | None = None
    is_changed: bool = False
    """Whether what was approved last was this tool with another schema or description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One earlier request, ended, with how its run went."""

    request: ApprovalRequest
    permit: Permit | None = None
