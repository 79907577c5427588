"""A person gives a request more time: the same checks as a decision, then a later end.

Called by the form behind Extend. Who may approve may extend, nobody else: the requester could keep
a question open for ever. A click at or after the end is too late here too, and ends the request;
a freeze stops nobody, because the clocks go on in it.
"""

from datetime import datetime

from approvals.domain import edit_errors, errors
from approvals.domain.decision import Verdict
from approvals.domain.extending import extend
from approvals.domain.ids import RequestId
from approvals.domain.run import Run
from approvals.operations.check_decider import entitled_presser
from approvals.operations.click import Answer, Click, Presser
from approvals.operations.decide import with_people
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.record_refusal import refuse
from approvals.operations.save_run import show_run
from approvals.operations.save_step import save_step

NOT_YOURS = "Only who may approve this can give it more time, never who it was asked by or for."


async def extend_request(desk: Desk, click: Click, *, until: datetime) -> Answer:
    """Let the request of *click* wait *until* then, or return the refusal with its reason.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    assert click.verdict is Verdict.APPROVE
    at = desk.clock.now()
    return await with_people(
        desk, click, lambda tx, who: _extend(tx, desk, click, until, who=who, at=at)
    )


def _extend(
    tx: Transaction, desk: Desk, click: Click, until: datetime, *, who: Presser, at: datetime
) -> Answer:
    try:
        run = _run_of(tx, click.request_id)
        request = tx.request(click.request_id)
        if request is None:
            raise errors.RequestUnknown
        _, person, _ = entitled_presser(
            tx, desk, click, request=request, who=who.on(request), at=at
        )
        step = extend(request, until, by=person.user, now=at)
    except (errors.SelfApproval, edit_errors.EditorMayNotApprove):
        return refuse(tx, click, errors.NotApprover(NOT_YOURS), at=at, wanted="extend")
    except errors.DecisionRefused as refusal:
        return refuse(tx, click, refusal, at=at, wanted="extend")
    save_step(tx, step)
    if run is not None and not run.has_ended:
        show_run(tx, run, now=at)
    return Answer(request=step.request)


def _run_of(tx: Transaction, request_id: RequestId) -> Run | None:
    """Return the run whose message tells the request's end; it is locked before the request is."""
    request = tx.request(request_id, locked=False)
    return tx.run(request.run_id) if request is not None and request.run_id is not None else None
