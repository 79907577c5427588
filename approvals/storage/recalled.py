"""What a unit knows of the requests it ended, so that nobody has to read them to tell of them.

Noted by `SqlTransaction` while the unit runs; costs no statement. Of a request whose decisions the
unit has not seen there is no story: it is read by who needs it.
"""

from collections.abc import Iterable

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.decision import Decision
from approvals.domain.ids import RequestId
from approvals.domain.permit import Permit
from approvals.operations.story import Story


class Recalled:
    """What one unit has seen and changed."""

    def __init__(self) -> None:
        self.changed: set[RequestId] = set()
        """The requests of which the unit stored anything."""
        self._ended: dict[RequestId, ApprovalRequest] = {}
        self._decisions: dict[RequestId, list[Decision]] = {}
        self._permits: dict[RequestId, Permit] = {}

    def saved(self, request: ApprovalRequest, *, has_ended: bool) -> None:
        """Note a request as it was stored; *has_ended*: it was pending until then."""
        self.changed.add(request.id)
        if has_ended or request.id in self._ended:
            self._ended[request.id] = request

    def seen(self, request_id: RequestId, decisions: Iterable[Decision]) -> None:
        """Note the decisions there are."""
        self._decisions[request_id] = list(decisions)

    def decided(self, decision: Decision) -> None:
        """Note a decision that was added."""
        self.changed.add(decision.request_id)
        if decision.request_id in self._decisions:
            self._decisions[decision.request_id].append(decision)

    def forget(self, request_id: RequestId) -> None:
        """Note that other decisions stand there than were seen."""
        self.changed.add(request_id)
        self._decisions.pop(request_id, None)

    def permitted(self, permit: Permit) -> None:
        """Note a permit as it was stored."""
        self.changed.add(permit.request_id)
        self._permits[permit.request_id] = permit

    def stories(self) -> dict[RequestId, Story]:
        """Return the stories of what the unit ended, as far as it knows them."""
        return {
            request_id: Story(
                request=request,
                decisions=tuple(sorted(self._decisions[request_id], key=_place)),
                # What was pending had none, so it has the one that this unit stored.
                permit=self._permits.get(request_id),
            )
            for request_id, request in self._ended.items()
            if request_id in self._decisions
        }


def _place(decision: Decision) -> tuple[object, ...]:
    """Return what a decision is sorted by where it is read."""
    return (decision.at, decision.user)
