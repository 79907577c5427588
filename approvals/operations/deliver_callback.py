"""Tell the webhook an agent from outside named that its request has ended, until it is taken.

Called by the outbox for a `callback` job. At least once: the message's id is the same at every try.
What it holds is little, and no argument: who is told reads the rest with a key of its own.
"""

from datetime import timedelta

from approvals.domain import strict_json
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.ids import RequestId
from approvals.domain.jobs import Job
from approvals.domain.outcome import outcome_of
from approvals.domain.strict_json import JsonValue
from approvals.domain.webhook import WebhookMessage
from approvals.operations.desk import Desk
from approvals.operations.ports import NotNow, Transaction
from approvals.operations.retry import spread, wait_after
from approvals.operations.webhook_sender import WebhookSender

TRIED_FOR = timedelta(days=1)
"""So long after the end it is tried; then giving up is written into the audit log."""
GONE = "webhook_unknown"


async def deliver_callback(desk: Desk, sender: WebhookSender, job: Job) -> None:
    """Send what the job is about, and finish or postpone the job.

    Raises:
        StoreUnavailable: nothing was stored; the job is due again when its lease ends.
    """
    request = await desk.store.write(lambda tx: tx.request(RequestId(job.subject), locked=False))
    if request is None or request.callback is None or request.is_pending:
        await desk.store.write(lambda tx: tx.finish_job(job))
        return
    webhook = desk.policy().webhook(request.callback)
    try:
        if webhook is None or not webhook.takes_callbacks:
            raise NotNow(GONE)
        await sender.send(webhook, _message(request), now=desk.clock.now())
    except NotNow as delay:
        not_taken = delay
        await desk.store.write(lambda tx: _try_again(tx, desk, job, request, not_taken))
        return
    await desk.store.write(lambda tx: _delivered(tx, desk, job, request))


def _message(request: ApprovalRequest) -> WebhookMessage:
    outcome = outcome_of(request)
    assert request.ended_at is not None
    data: dict[str, JsonValue] = {
        "request": request.id,
        "status": request.status.value,
        "cause": request.cause and request.cause.value,
        "outcome": outcome.kind.value,
        "message": outcome.message,
        "by": request.ended_by,
        "tool": request.call.tool,
        "agent": request.requester.agent,
        "tool_call_id": request.tool_call_id,
    }
    body: dict[str, JsonValue] = {
        "type": "request.ended",
        "timestamp": request.ended_at.isoformat(),
        "data": data,
    }
    return WebhookMessage(id=f"msg_{request.id}_ended", body=strict_json.write(body))


def _try_again(
    tx: Transaction, desk: Desk, job: Job, request: ApprovalRequest, reason: NotNow
) -> None:
    now = desk.clock.now()
    wait = wait_after(reason, attempt=job.attempt)
    if reason.retry_after_s is None:
        wait = spread(wait, of=job.subject, attempt=job.attempt)
    again_at = now + wait
    assert request.ended_at is not None
    if again_at <= request.ended_at + TRIED_FOR:
        tx.postpone_job(job, again_at)
        return
    tx.finish_job(job)
    tx.record(_event(AuditName.WEBHOOK_GIVEN_UP, desk, request, code=reason.code))


def _delivered(tx: Transaction, desk: Desk, job: Job, request: ApprovalRequest) -> None:
    tx.finish_job(job)
    tx.record(_event(AuditName.WEBHOOK_DELIVERED, desk, request))


def _event(name: AuditName, desk: Desk, request: ApprovalRequest, **data: JsonValue) -> AuditEvent:
    return AuditEvent(
        name=name,
        subject=request.id,
        at=desk.clock.now(),
        data={"webhook": request.callback, "callback": True, **data},
    )
