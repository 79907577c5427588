"""A person gives a request more time: the same checks as a decision, then a later end.

Called by the form behind Extend. Who may approve may extend, nobody else: the requester could keep
a question open for ever. A click at or after the end is too late here too, and ends the request;
a freeze stops nobody, because the clocks go on in it. What shares the card gets as
much time, as far as its own end allows.
"""

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from approvals.domain import edit_errors, errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.decision import Verdict
from approvals.domain.extending import extend
from approvals.domain.follow_up import has_timed_out
from approvals.domain.ids import RequestId
from approvals.domain.run import Run
from approvals.domain.terms import EXTEND_MAX
from approvals.domain.time_errors import AlreadyExtended, ExtensionTooLong
from approvals.operations.check_decider import InForce, entitled_presser
from approvals.operations.click import Answer, Click, WindowUse
from approvals.operations.decide import with_people
from approvals.operations.desk import Desk
from approvals.operations.hearing import Hearing
from approvals.operations.people_now import of_then_and_now
from approvals.operations.ports import Transaction
from approvals.operations.record_refusal import refuse
from approvals.operations.save_run import show_run
from approvals.operations.save_step import save_step
from approvals.operations.shared_cards import alike, alike_locked, named_in

NOT_YOURS = "Only who may approve this can give it more time, never who it was asked by or for."
WANTED = WindowUse.EXTEND.value


async def extend_request(desk: Desk, click: Click, *, until: datetime) -> Answer:
    """Let the request of *click* wait *until* then, or return the refusal with its reason.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    assert click.verdict is Verdict.APPROVE
    return await with_people(desk, click, partial(_extend, until=until))


def _extend(hearing: Hearing, *, until: datetime) -> Answer:
    tx, at = hearing.tx, hearing.at
    try:
        runs = _runs_of(tx, hearing.click.request_id)
        found = alike_locked(tx, hearing.click.request_id)
        request = named_in(found, hearing.click.request_id)
        _, person, counts = entitled_presser(hearing.on(request), request)
        step = extend(request, until, by=person.user, now=at, most=_most(request, counts))
        others = [each for each in found if each.id != request.id and _is_in_time(each, at)]
    except (errors.SelfApproval, edit_errors.EditorMayNotApprove):
        return refuse(hearing, errors.NotApprover(NOT_YOURS), wanted=WANTED)
    except errors.DecisionRefused as refusal:
        return refuse(hearing, refusal, wanted=WANTED)
    save_step(tx, step)
    for each in others:
        with contextlib.suppress(AlreadyExtended, ExtensionTooLong):
            save_step(tx, extend(each, until, by=person.user, now=at, most=_most(each, counts)))
    for run in runs:
        if not run.has_ended:
            show_run(tx, run, now=at)
    return Answer(request=step.request)


def _most(request: ApprovalRequest, counts: InForce) -> timedelta:
    return of_then_and_now(EXTEND_MAX, request, counts.now)


def _is_in_time(request: ApprovalRequest, at: datetime) -> bool:
    return request.is_pending and not has_timed_out(request, now=at)


def _runs_of(tx: Transaction, request_id: RequestId) -> Sequence[Run]:
    """Return the runs whose messages tell the end; they are locked before the requests are."""
    request = tx.request(request_id, locked=False)
    shown = alike(tx, request) if request is not None else ()
    ids = sorted({each.run_id for each in shown if each.run_id is not None})
    return [run for each in ids if (run := tx.run(each)) is not None]
