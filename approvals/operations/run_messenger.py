"""How a run reaches people: what its thread tells, and the port of whoever tells it there.

Implemented by the Slack door; called by the outbox through `deliver_run`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.ids import RequestId
from approvals.domain.run import Run, RunNote, RunStatus, RunThread
from approvals.operations.ports import Posted


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContent:
    """Everything a run's thread tells, read in one transaction."""

    run: Run
    thread: RunThread
    requests: tuple[ApprovalRequest, ...] = ()
    """What is open of it: pending, or approved and not yet claimed, or interrupted."""
    interrupted: frozenset[RequestId] = frozenset()
    """Those of them whose call was cut off and whose fate nobody has told yet."""
    unread: tuple[RunNote, ...] = ()
    """Words said to it that its agent did not read before it failed or was cancelled."""

    @property
    def has_reply(self) -> bool:
        """Whether its end is told in a reply, beside the root message."""
        ended_by_itself = self.run.status in (RunStatus.SUCCEEDED, RunStatus.FAILED)
        return ended_by_itself or (self.run.has_ended and bool(self.unread))


class RunMessenger(Protocol):
    """Tells what runs do where they were started. Raises Undeliverable or NotNow."""

    async def post_run(self, content: RunContent, *, now: datetime) -> Posted:
        """Post the root message of a run and return where it is."""
        ...

    async def update_run(self, content: RunContent, *, now: datetime) -> None:
        """Make the root message show *content*."""
        ...

    async def post_answer(self, content: RunContent, *, now: datetime) -> Posted:
        """Post the answer of an ended run, or why there is none, as a reply."""
        ...
