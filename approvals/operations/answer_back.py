"""A person the agent acts for answers what an approver asked, where the agent cannot be asked.

Called by the form behind "Answer…". Their words are told by name and decide nothing; who it was
asked by or for may not approve it, whatever they say.
"""

from functools import partial

from approvals.domain import errors
from approvals.domain.asking_back import answered_for_it
from approvals.domain.follow_up import has_timed_out
from approvals.operations.check_presser import checked_presser
from approvals.operations.click import Answer, Click, WindowUse
from approvals.operations.decide import with_people
from approvals.operations.desk import Desk
from approvals.operations.hearing import Hearing
from approvals.operations.record_refusal import refuse
from approvals.operations.save_step import save_step
from approvals.operations.shared_cards import locked_request


async def answer_back(desk: Desk, click: Click, *, number: int, words: str) -> Answer:
    """Store the *words* as the answer to question *number*, from 0, or return the refusal.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    return await with_people(desk, click, partial(_answer, number=number, words=words))


def _answer(hearing: Hearing, *, number: int, words: str) -> Answer:
    at = hearing.at
    try:
        request = locked_request(hearing.tx, hearing.click.request_id)
        _, person = checked_presser(hearing, request)
        if not request.is_pending:
            raise errors.AlreadyDecided(request=request)
        if has_timed_out(request, now=at):
            raise errors.TimedOut(request=request)
        step = answered_for_it(request, number, words, by=person.user, now=at)
    except errors.DecisionRefused as refusal:
        return refuse(hearing, refusal, wanted=WindowUse.ANSWER_BACK.value)
    save_step(hearing.tx, step)
    return Answer(request=step.request)
