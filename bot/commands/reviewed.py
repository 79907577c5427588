"""A review as lines of a terminal: what would run, who asks, who decided, and how long is left."""

from approvals.domain.approval_request import Requester
from approvals.domain.display import one_line
from approvals.domain.ids import UserId
from approvals.domain.tool_call import ToolCall
from approvals.gate import wire
from approvals.gate.console_words import call_lines
from approvals.gate.gateway import Proposal

COLUMNS = 80
_FINGERPRINT = "0" * 64
_SALT = ""
"""What comes over the wire is masked by the gateway; nothing secret is left to be marked."""


def proposed(review: wire.Review) -> Proposal:
    """Return the call a review is about, as the terminal shows calls."""
    approval = review.approval
    return Proposal(
        call=ToolCall.of(approval.tool, _FINGERPRINT, approval.args or {}),
        requester=Requester(
            agent=approval.agent,
            person=None if approval.person is None else UserId(approval.person),
        ),
        reason=approval.reason,
    )


def reviewed(review: wire.Review, *, columns: int = COLUMNS, with_call: bool = True) -> list[str]:
    """Return the lines; without the call where a question about it follows."""
    approval = review.approval
    lines = [f"Request {approval.id} in {one_line(approval.channel_name)}"]
    lines.append(f"  {approval.status}, until {approval.expires_at:%Y-%m-%d %H:%M:%S} UTC")
    if review.alike:
        lines.append(f"  One decision stands for {review.alike + 1} identical calls.")
    lines += [f"  {each.by} said {each.verdict}" for each in approval.decisions]
    if with_call:
        lines += call_lines(proposed(review), salt=_SALT, columns=columns)
    return lines
