"""What is settled about a call before people are asked: who may decide where it matters, what fits.

Called when a request is opened and when its call is changed, outside the transaction: drawing a
megabyte takes a second.
"""

import asyncio
from dataclasses import replace

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.operations.desk import Desk
from approvals.operations.people_now import PeopleNow, members_of, set_names, with_rung_people

_DRAWN_ON_THE_LOOP_MAX_CHARS = 16 * 1024
"""Drawing a megabyte to see whether it fits takes a second; that is done in a thread."""


def of_these_people(request: ApprovalRequest, people: PeopleNow) -> ApprovalRequest:
    """Leave the decision to who may decide at this moment, where the risk is high.

    Raises:
        Unavailable: the directory cannot say who that is.
    """
    if None in people.values():
        raise errors.Unavailable(
            "The risk is high, and Slack could not say just now who may approve it."
        )
    asked = request.requirement
    eligible = members_of(set_names(asked.slots_by_rule), people)
    asked = replace(with_rung_people(asked, people), eligible=eligible)
    return replace(request, requirement=asked)


async def shows_everything(desk: Desk, request: ApprovalRequest) -> bool:
    """Whether a card shows the whole call. Raises a Refusal when not even a full view could."""
    if len(request.call.arguments_json) <= _DRAWN_ON_THE_LOOP_MAX_CHARS:
        return desk.display.shows_everything(request)
    return await asyncio.to_thread(desk.display.shows_everything, request)
