"""A person the agent acts for answers what an approver asked, where the agent cannot be asked.

Called by the form behind "Answer…". Their words are told by name and decide nothing; who it was
asked by or for may not approve it, whatever they say.
"""

from datetime import datetime

from approvals.domain import errors
from approvals.domain.asking_back import answered_for_it
from approvals.domain.follow_up import has_timed_out
from approvals.operations.check_presser import checked_presser
from approvals.operations.click import Answer, Click, Presser, WindowUse
from approvals.operations.decide import with_people
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.record_refusal import refuse
from approvals.operations.save_step import save_step
from approvals.operations.shared_cards import locked_request


async def answer_back(desk: Desk, click: Click, *, number: int, words: str) -> Answer:
    """Store the *words* as the answer to question *number*, from 0, or return the refusal.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    at = desk.clock.now()
    return await with_people(
        desk, click, lambda tx, who: _answer(tx, desk, click, number, words, who=who, at=at)
    )


def _answer(
    tx: Transaction,
    desk: Desk,
    click: Click,
    number: int,
    words: str,
    *,
    who: Presser,
    at: datetime,
) -> Answer:
    try:
        request = locked_request(tx, click.request_id)
        if request is None:
            raise errors.RequestUnknown
        _, person = checked_presser(tx, desk, request, click=click, who=who)
        if not request.is_pending:
            raise errors.AlreadyDecided(request=request)
        if has_timed_out(request, now=at):
            raise errors.TimedOut(request=request)
        step = answered_for_it(request, number, words, by=person.user, now=at)
    except errors.DecisionRefused as refusal:
        return refuse(tx, click, refusal, at=at, wanted=WindowUse.ANSWER_BACK.value)
    save_step(tx, step)
    return Answer(request=step.request)
