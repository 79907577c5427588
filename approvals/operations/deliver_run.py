"""Make a run's thread match its row: the root message first, then its changes, then the answer.

Called by the outbox for a `run` job. The run is taken only once its root message stands, so that
nothing runs that nobody can see; what Slack refuses for good ends it `undeliverable`.
"""

from dataclasses import replace

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.ids import RunId
from approvals.domain.jobs import Job
from approvals.domain.permit import is_unsettled
from approvals.domain.run import Run, RunCause, RunStatus, RunThread
from approvals.domain.run_lifecycle import RunEvent, advance_run, resume_job
from approvals.operations.desk import Desk
from approvals.operations.ports import NotNow, Posted, Transaction, Undeliverable
from approvals.operations.retry import wait_after
from approvals.operations.run_messenger import RunContent, RunMessenger
from approvals.operations.save_run import close_requests, save_run_step


async def deliver_run(desk: Desk, messenger: RunMessenger, job: Job) -> None:
    """Make the thread of the job's run show what is true, and finish or postpone the job.

    Raises:
        StoreUnavailable: nothing was stored; the job is due again when its lease ends.
    """
    content = await desk.store.write(lambda tx: read_run_content(tx, RunId(job.subject)))
    if content is None:
        await desk.store.write(lambda tx: tx.finish_job(job))
        return
    try:
        thread = await _tell(desk, messenger, content)
    except NotNow as reason:
        again_at = desk.clock.now() + wait_after(reason, attempt=job.attempt)
        is_failure = reason.retry_after_s is None
        await desk.store.write(lambda tx: tx.postpone_job(job, again_at, is_failure=is_failure))
        return
    except Undeliverable as refused:
        code = refused.code
        await desk.store.write(lambda tx: _give_up(tx, desk, job, content=content, code=code))
        return
    await desk.store.write(lambda tx: _told(tx, desk, job, thread=thread))


def read_run_content(tx: Transaction, run_id: RunId) -> RunContent | None:
    """Return everything the thread of a run tells, None for an unknown run; nothing is locked."""
    run, thread = tx.run(run_id, locked=False), tx.run_thread(run_id)
    if run is None or thread is None:
        return None
    requests = () if run.has_ended else tuple(tx.requests_of_run(run_id, locked=False))
    unread = tx.notes(run_id) if run.status in (RunStatus.FAILED, RunStatus.CANCELLED) else ()
    return RunContent(
        run=run,
        thread=thread,
        requests=requests,
        interrupted=frozenset(each.id for each in requests if _is_interrupted(tx, each)),
        unread=tuple(note for note in unread if note.heard_at is None),
    )


def _is_interrupted(tx: Transaction, request: ApprovalRequest) -> bool:
    permit = tx.permit(request.id)
    return permit is not None and is_unsettled(permit)


async def _tell(desk: Desk, messenger: RunMessenger, content: RunContent) -> RunThread:
    run, thread, now = content.run, content.thread, desk.clock.now()
    shown = replace(thread, version_shown=run.version)
    if thread.root_ts is None:
        posted = await messenger.post_run(content, now=now)
        shown = replace(shown, channel=posted.channel, root_ts=posted.ts)
        await desk.store.write(lambda tx: tx.save_run_thread(shown))
    elif thread.version_shown < run.version:
        await messenger.update_run(content, now=now)
    if content.has_reply and thread.answer_ts is None:
        answer: Posted = await messenger.post_answer(replace(content, thread=shown), now=now)
        shown = replace(shown, answer_ts=answer.ts)
    return shown


def _told(tx: Transaction, desk: Desk, job: Job, *, thread: RunThread) -> None:
    tx.save_run_thread(thread)
    tx.finish_job(job)
    # Not locked: whoever takes the run looks whether it still waits.
    run = tx.run(thread.run_id, locked=False)
    if run is not None and run.status is RunStatus.QUEUED:
        tx.enqueue(resume_job(run, desk.clock.now()))


def _give_up(tx: Transaction, desk: Desk, job: Job, *, content: RunContent, code: str) -> None:
    """Slack will never show it: a run nobody has seen ends; one under way goes on unseen."""
    tx.finish_job(job)
    run: Run | None = tx.run(content.run.id)
    if run is None or run.status is not RunStatus.QUEUED:
        return
    step = advance_run(
        run,
        RunEvent.FAIL,
        now=desk.clock.now(),
        cause=RunCause.UNDELIVERABLE,
        reason=f"Its thread could not be shown: Slack says {code}.",
    )
    # No job for a thread that cannot be shown.
    save_run_step(tx, replace(step, jobs=()))
    close_requests(tx, desk, step.run)
