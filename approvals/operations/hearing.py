"""One click inside its transaction: what every check of it, and whatever it does then, needs.

Made by `decide.with_people` for each round of a click's transaction; handed to the checks
(`check_presser`, `check_decider`) and to `record_refusal`.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from approvals.domain.approval_request import ApprovalRequest
from approvals.operations.click import Click, Presser
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """A click as its transaction hears it; of no use once that has ended."""

    tx: Transaction
    desk: Desk
    click: Click
    who: Presser
    at: datetime
    """When the click came."""

    def on(self, request: ApprovalRequest) -> "Hearing":
        """Return the same with the people *request* leaves to decide."""
        return replace(self, who=self.who.on(request))
