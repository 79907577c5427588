"""May this person read a private call? Asked where a window would show it, after `check_presser`.

What a private card keeps out of its channel is for those who may decide it, by the policy and the
groups of now, and for those it was asked by or for. Other members of the channel see the card.
"""

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.decision import Approver, Verdict, refuse_ineligible
from approvals.domain.errors import NotApprover
from approvals.domain.look_errors import PrivateCall
from approvals.operations.check_presser import approver
from approvals.operations.click import PeopleMissing, Presser
from approvals.operations.desk import Desk
from approvals.operations.people_now import rules_shown, set_names


def refuse_onlooker(
    desk: Desk, request: ApprovalRequest, person: Approver, *, who: Presser
) -> None:
    """Return if *person* may read everything about *request*.

    Raises:
        PrivateCall: it is private, and they are nobody who may decide it.
        IdentityUnverified: the directory could not say.
        PeopleMissing: people sets are needed that *who* does not hold.
    """
    if not request.is_private or person.user in request.requester.people:
        return
    policy = desk.policy()
    rules = rules_shown(policy, request)
    names = set_names(rules)
    if who.policy_version != policy.version or names - who.people.keys():
        raise PeopleMissing(names)
    assert who.person is not None
    judged = approver(who.person, who.on(request).people, retry_after_s=who.retry_after_s)
    slots = [slot for each in rules for slot in each]
    try:
        # Who changed the arguments, or approved already, may read what they may still reject.
        refuse_ineligible(judged, request, verdict=Verdict.REJECT, slots=slots)
    except NotApprover:
        raise PrivateCall(request=request) from None
