"""Inside a transaction: refuse whatever would start something that is frozen.

Called by submit, approve, claim and the start of tasks, with the flag as it is stored now.
"""

from datetime import datetime

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.freeze import Freeze, covering, refusal
from approvals.domain.ids import ChannelId
from approvals.operations.ports import Transaction


def refuse_frozen(tx: Transaction, *channels: ChannelId | None, now: datetime) -> None:
    """Return if nothing in force is about any of *channels*.

    Raises:
        Frozen: something is; `facts["freeze"]` holds it.
    """
    found = covering(tx.freezes(), *channels, now=now)
    if found is not None:
        raise refusal(found)


def freeze_of(tx: Transaction, request: ApprovalRequest, *, now: datetime) -> Freeze | None:
    """Return what *request* is frozen by: its policy channel's freeze, or that of its card's."""
    return covering(tx.freezes(), request.requirement.channel, request.channel, now=now)
