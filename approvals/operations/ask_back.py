"""An approver asks the agent something back: the same checks as a decision, then a fact.

Called by the form behind "Ask…". Who may approve may ask, nobody else; the request stays as pending
as it was. The answer is a job, so that it survives a restart; a freeze stops no question.
"""

from datetime import datetime

from approvals.domain import edit_errors, errors
from approvals.domain.asking_back import asked_back
from approvals.domain.decision import Verdict
from approvals.operations.check_decider import entitled_presser
from approvals.operations.click import Answer, Click, Presser, WindowUse
from approvals.operations.decide import with_people
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
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
    at = desk.clock.now()
    return await with_people(
        desk, click, lambda tx, who: _ask(tx, desk, click, question, who=who, at=at)
    )


def _ask(
    tx: Transaction, desk: Desk, click: Click, question: str, *, who: Presser, at: datetime
) -> Answer:
    try:
        request = locked_request(tx, click.request_id)
        if request is None:
            raise errors.RequestUnknown
        _, person, _ = entitled_presser(
            tx, desk, click, request=request, who=who.on(request), at=at
        )
        step = asked_back(request, question, by=person, now=at)
    except (errors.SelfApproval, edit_errors.EditorMayNotApprove):
        return refuse(tx, click, errors.NotApprover(NOT_YOURS), at=at, wanted=WANTED)
    except errors.DecisionRefused as refusal:
        return refuse(tx, click, refusal, at=at, wanted=WANTED)
    save_step(tx, step)
    return Answer(request=step.request)
