"""Let an agent answer what an approver asked, once, while the request is pending.

Called by the outbox for an `answer` job. Asking an agent twice is harmless, because it runs
nothing; the first answer is kept. What is asked of a program that is not there is tried again for
`ANSWERED_WITHIN`, then the person is told.
"""

import asyncio
import logging
import traceback
from dataclasses import replace
from datetime import datetime, timedelta

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.asked_back import AskedBack
from approvals.domain.asking_back import answered, unanswered
from approvals.domain.ids import RequestId
from approvals.domain.jobs import Job
from approvals.domain.lifecycle import Step
from approvals.domain.redaction import mask_text
from approvals.domain.run_lifecycle import run_job
from approvals.operations.answerer import AgentAnswers, CannotAnswer, Said
from approvals.operations.desk import Desk
from approvals.operations.ports import NotNow, Transaction
from approvals.operations.save_step import save_step
from approvals.operations.shared_cards import locked_request

_log = logging.getLogger("sayso.answers")
ANSWERED_WITHIN = timedelta(minutes=2)
TRY_AGAIN_AFTER = timedelta(seconds=3)
AGENT_ANSWERS_WITHIN_S = 50.0
"""Shorter than the lease of a job, so that nobody asks the same beside it."""
LOGGED_MAX_CHARS = 20_000
NOBODY_THERE = "The agent's program was not there to answer. Ask again, or decide without it."
TOO_SLOW = "The agent did not answer in time. Ask again, or decide without it."
FAILED = "The agent failed when it was asked; the log says how."


async def deliver_answer(desk: Desk, agents: AgentAnswers, job: Job) -> None:
    """Ask the agent what the job is about, store what it says, and finish the job.

    Raises:
        StoreUnavailable: nothing was stored; the job is due again when its lease ends.
    """
    request_id, _, number = job.subject.rpartition(".")
    request = await desk.store.request(RequestId(request_id))
    asked = _open_question(request, int(number))
    if request is None or asked is None:
        await desk.store.write(lambda tx: tx.finish_job(job))
        return
    try:
        said: Said | CannotAnswer = await _asked(agents, request, asked)
    except NotNow as delay:
        now = desk.clock.now()
        if now < asked.at + ANSWERED_WITHIN:
            wait = timedelta(seconds=delay.retry_after_s or TRY_AGAIN_AFTER.total_seconds())
            await desk.store.write(lambda tx: tx.postpone_job(job, now + wait, is_failure=False))
            return
        said = CannotAnswer(NOBODY_THERE)
    at = desk.clock.now()
    await desk.store.write(lambda tx: _store(tx, job, said, at=at))


async def _asked(
    agents: AgentAnswers, request: ApprovalRequest, asked: AskedBack
) -> Said | CannotAnswer:
    try:
        async with asyncio.timeout(AGENT_ANSWERS_WITHIN_S):
            said = await agents.answer(request, asked)
    except NotNow:
        raise
    except CannotAnswer as refusal:
        return refusal
    except TimeoutError:
        return CannotAnswer(TOO_SLOW)
    except Exception as error:
        # The edge of a loop: whatever an agent's own code raises, the person is told.
        told = "".join(traceback.format_exception(error))[-LOGGED_MAX_CHARS:]
        _log.error("asked about %s\n%s", request.id, mask_text(told, request.salt))
        return CannotAnswer(FAILED)
    return said if said.text.strip() else CannotAnswer("The agent said nothing.", cost=said)


def _store(tx: Transaction, job: Job, said: Said | CannotAnswer, *, at: datetime) -> None:
    request_id, _, number = job.subject.rpartition(".")
    found = tx.request(RequestId(request_id), locked=False)
    tx.finish_job(job)
    if found is None:
        return
    _count(tx, found, said, at=at)  # the run before its requests, as everywhere
    request = locked_request(tx, found.id)
    if _open_question(request, int(number)) is not None:
        save_step(tx, _step(request, int(number), said, at=at))


def _step(
    request: ApprovalRequest, number: int, said: Said | CannotAnswer, *, at: datetime
) -> Step:
    if isinstance(said, Said):
        return answered(request, number, said.text, now=at)
    return unanswered(request, number, said.why, now=at)


def _count(
    tx: Transaction, request: ApprovalRequest, said: Said | CannotAnswer, *, at: datetime
) -> None:
    """Add to the run what its model read and wrote: it counts against the run's limits."""
    cost = said if isinstance(said, Said) else said.cost
    if request.run_id is None or cost is None or not cost.tokens_in + cost.tokens_out:
        return
    run = tx.run(request.run_id)
    if run is None or run.has_ended:
        return
    counted = replace(
        run,
        aside_in=run.aside_in + cost.tokens_in,
        aside_out=run.aside_out + cost.tokens_out,
        tokens=run.tokens + cost.tokens_in + cost.tokens_out,
        version=run.version + 1,
    )
    tx.save_run(counted)
    tx.enqueue(run_job(counted, at))


def _open_question(request: ApprovalRequest | None, number: int) -> AskedBack | None:
    """Return the question while its answer is still wanted."""
    if request is None or not request.is_pending or number >= len(request.asking_back.asked):
        return None
    asked = request.asking_back.asked[number]
    return asked if asked.is_open else None
