"""An approver asks the agent something back: the same checks as a decision, then a fact.

Called by the form behind "Ask…". Who may approve may ask, nobody else; the request stays as pending
as it was. The answer is a job, so that it survives a restart; a freeze stops no question.
"""

from functools import partial

from approvals.domain import edit_errors, errors
from approvals.domain.asking_back import asked_back
from approvals.domain.decision import Verdict
from approvals.operations.check_decider import entitled_presser
from approvals.operations.click import Answer, Click, WindowUse
from approvals.operations.decide import with_people
from approvals.operations.desk import Desk
from approvals.operations.hearing import Hearing
from approvals.operations.record_refusal import refuse
from approvals.operations.save_step import save_step
from approvals.operations.shared_cards import locked_request

NOT_YOURS = "Only who may approve this can ask back, never who it was asked by or for."
WANTED = WindowUse.ASK_BACK.value


async def ask_back(desk: Desk, click: Click, *, question: str) -> Answer:
    """Store the *question* about the request of *click*, or return the refusal with its reason.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    assert click.verdict is Verdict.APPROVE
    return await with_people(desk, click, partial(_ask, question=question))


def _ask(hearing: Hearing, *, question: str) -> Answer:
    try:
        request = locked_request(hearing.tx, hearing.click.request_id)
        _, person, _ = entitled_presser(hearing.on(request), request)
        step = asked_back(request, question, by=person, now=hearing.at)
    except (errors.SelfApproval, edit_errors.EditorMayNotApprove):
        return refuse(hearing, errors.NotApprover(NOT_YOURS), wanted=WANTED)
    except errors.DecisionRefused as refusal:
        return refuse(hearing, refusal, wanted=WANTED)
    save_step(hearing.tx, step)
    return Answer(request=step.request)
