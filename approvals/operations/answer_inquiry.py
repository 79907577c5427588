"""A person answers an inquiry: the filled-in form is read, and decided as an approval with a value.

Called by a door's buttons and by its form. Who may answer, and whether it is too late, is the word
of `record_decision`; the first answer ends the inquiry.
"""

from collections.abc import Mapping
from dataclasses import replace

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.errors import RequestUnknown
from approvals.domain.inquiry import inquiry_of, is_inquiry
from approvals.domain.inquiry_errors import InvalidAnswer, NoInquiry
from approvals.operations.click import Answer, Click, WindowUse
from approvals.operations.decide import decide, open_window
from approvals.operations.desk import Desk
from approvals.operations.ports import CardContent


async def open_inquiry(desk: Desk, click: Click) -> CardContent | Answer:
    """Return what the form of the pressed card's inquiry shows, or the refusal with its reason.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    content = await open_window(desk, click, use=WindowUse.DECIDE)
    if isinstance(content, CardContent) and not is_inquiry(content.request.call):
        return _no_inquiry(content.request)
    return content


async def answer_inquiry(desk: Desk, click: Click, given: Mapping[int, str | None]) -> Answer:
    """Store the answer, or the refusal with its reason; *given* are the fields' texts.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    request = await desk.store.request(click.request_id)
    if request is None:
        return Answer(refusal=RequestUnknown())
    if not is_inquiry(request.call):
        return _no_inquiry(request)
    try:
        answer = inquiry_of(request.call).answer(given)
    except InvalidAnswer as wrong:
        # Only who may answer, while it can be answered, is told what is wrong with an answer.
        content = await open_window(desk, click, use=WindowUse.DECIDE)
        return content if isinstance(content, Answer) else Answer(request=request, refusal=wrong)
    return await decide(desk, replace(click, answer=answer))


def _no_inquiry(request: ApprovalRequest) -> Answer:
    return Answer(request=request, refusal=NoInquiry(request=request))
