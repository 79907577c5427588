"""Tell a rung's webhook, until it has been taken or the request has ended.

Called by the outbox for a `webhook` job. At least once: the message's id is the same at every try.
The first failure is told on the card; giving up is in the audit log.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from approvals.domain import strict_json
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.card import Card
from approvals.domain.followed_up import FiredRung
from approvals.domain.ids import RequestId
from approvals.domain.jobs import Job
from approvals.domain.jobs_after import card_job
from approvals.domain.quorum import Rules, progress
from approvals.domain.redaction import mask_arguments, mask_words
from approvals.domain.strict_json import JsonValue
from approvals.domain.webhook import Webhook, WebhookMessage
from approvals.operations.desk import Desk
from approvals.operations.people_now import rules_shown
from approvals.operations.ports import NotNow, Transaction
from approvals.operations.retry import RETRY_FIRST_AFTER, spread, wait_after
from approvals.operations.shared_cards import alike, cards_showing
from approvals.operations.webhook_sender import WebhookSender

ARGUMENTS_MAX_CHARS = 32_768
WEBHOOK_UNKNOWN = "webhook_unknown"
ENDED_FIRST = "ended_first"
TRY_EVERY = timedelta(seconds=30)
"""The longest pause between two tries that nobody asked for: a pager cannot wait for minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What a webhook is told about, read in one transaction."""

    request: ApprovalRequest
    number: int
    fired: FiredRung
    cards: tuple[Card, ...]
    rules: Rules


async def deliver_webhook(desk: Desk, sender: WebhookSender, job: Job) -> None:
    """Send what the job is about, and finish or postpone the job.

    Raises:
        StoreUnavailable: nothing was stored; the job is due again when its lease ends.
    """
    told = await desk.store.write(lambda tx: _read(tx, desk, job))
    if told is None:
        await desk.store.write(lambda tx: tx.finish_job(job))
        return
    held_until = told.request.held_until
    if told.request.is_held and held_until is not None:
        # It is approved and may still be stopped: nobody is called out of bed, unless that is void.
        now = desk.clock.now()
        again_at = min(max(held_until, now) + RETRY_FIRST_AFTER, now + TRY_EVERY)
        await desk.store.write(lambda tx: tx.postpone_job(job, again_at, is_failure=False))
        return
    if not told.request.is_pending or told.request.expires_at <= desk.clock.now():
        await desk.store.write(lambda tx: _give_up(tx, desk, job, told))
        return
    try:
        webhook = desk.policy().webhook(told.fired.rung.webhook or "")
        if webhook is None:
            raise NotNow(WEBHOOK_UNKNOWN)
        await sender.send(webhook, _message(told), now=desk.clock.now())
    except NotNow as reason:
        delay = reason
        await desk.store.write(lambda tx: _postpone(tx, desk, job, told=told, delay=delay))
        return
    await desk.store.write(lambda tx: _delivered(tx, desk, job, told, webhook))


def _read(tx: Transaction, desk: Desk, job: Job) -> _Told | None:
    request_id, _, number = job.subject.rpartition(".")
    request = tx.request(RequestId(request_id), locked=False)
    if request is None:
        return None
    request, place = _about(tx, request, int(number))
    return _Told(
        request=request,
        number=place,
        fired=request.followed_up.rungs[place],
        cards=cards_showing(tx, request),
        rules=rules_shown(desk.policy(), request),
    )


def _about(tx: Transaction, request: ApprovalRequest, number: int) -> tuple[ApprovalRequest, int]:
    """Return whom the page is about: once *request* has ended, one that waits on its card.

    The second is the rung's number there.
    """
    rung = request.followed_up.rungs[number].rung
    for each in () if request.is_pending else alike(tx, request):
        places = [fired.rung.place for fired in each.followed_up.rungs]
        if each.is_pending and rung.place in places:
            return each, places.index(rung.place)
    return request, number


def _message(told: _Told) -> WebhookMessage:
    request, requirement = told.request, told.request.requirement
    arguments = request.call.arguments_json
    masked = None
    if len(arguments) <= ARGUMENTS_MAX_CHARS and not request.is_private:
        masked = mask_arguments(strict_json.read(arguments), request.salt)
    first = next((card for card in told.cards if card.asks), None)
    data: dict[str, JsonValue] = {
        "request": request.id,
        "status": request.status.value,
        "tool": request.call.tool,
        "arguments": masked,
        "arguments_left_out": masked is None,
        "risk": requirement.risk.value,
        "agent": request.requester.agent,
        "person": request.requester.person,
        "agent_says": _claim(request),
        "channel": {"id": request.channel, "name": requirement.channel_name},
        "card_ts": first.ts if first else None,
        "needs": [
            {"of": list(slot.of), "count": slot.count} for slot in progress(told.rules, ()).missing
        ],
        "escalated_to": list(told.fired.rung.to),
        "rung": told.number + 1,
        "asked_at": request.created_at.isoformat(),
        "ends_at": request.expires_at.isoformat(),
    }
    body: dict[str, JsonValue] = {
        "type": "request.escalated",
        "timestamp": told.fired.at.isoformat(),
        "data": data,
    }
    return WebhookMessage(id=f"msg_{request.id}_{told.number + 1}", body=strict_json.write(body))


def _claim(request: ApprovalRequest) -> str | None:
    if request.reason is None or request.is_private:
        return None
    return mask_words(request.reason, request.salt)


def _delivered(tx: Transaction, desk: Desk, job: Job, told: _Told, webhook: Webhook) -> None:
    tx.finish_job(job)
    tx.record(_event(AuditName.WEBHOOK_DELIVERED, desk, told, webhook=webhook.name))
    _note(tx, desk, told, trouble=None)


def _give_up(tx: Transaction, desk: Desk, job: Job, told: _Told) -> None:
    tx.finish_job(job)
    code = told.fired.trouble or ENDED_FIRST
    name = told.fired.rung.webhook
    tx.record(_event(AuditName.WEBHOOK_GIVEN_UP, desk, told, webhook=name, code=code))


def _postpone(tx: Transaction, desk: Desk, job: Job, *, told: _Told, delay: NotNow) -> None:
    now = desk.clock.now()
    wait = wait_after(delay, attempt=job.attempt)
    if delay.retry_after_s is None:
        wait = spread(min(wait, TRY_EVERY), of=job.subject, attempt=job.attempt)
    again_at = now + wait
    # A last look when the request has ended, so that giving up is written down.
    tx.postpone_job(job, min(again_at, max(told.request.expires_at, now)))
    _note(tx, desk, told, trouble=delay.code)


def _note(tx: Transaction, desk: Desk, told: _Told, *, trouble: str | None) -> None:
    """Let the cards tell whether the webhook could be told, when that has changed."""
    request = tx.request(told.request.id)
    if request is None or not request.is_pending:
        return
    facts = request.followed_up
    if (facts.rungs[told.number].trouble is None) is (trouble is None):
        return
    changed = replace(
        request, version=request.version + 1, followed_up=facts.with_trouble(told.number, trouble)
    )
    tx.save_request(changed)
    tx.enqueue(card_job(changed, desk.clock.now()))


def _event(name: AuditName, desk: Desk, told: _Told, **data: JsonValue) -> AuditEvent:
    return AuditEvent(
        name=name,
        subject=told.request.id,
        at=desk.clock.now(),
        data={"rung": told.number + 1, **data},
    )
