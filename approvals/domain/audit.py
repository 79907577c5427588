"""Audit events, their closed list of names, and the hash chain that seals them.

Every operation appends its events in the transaction of the change they tell of. Events carry a
salted digest of the arguments only, so purging arguments keeps the chain valid. Source: ADR-0007;
RFC 8785; CloudEvents 1.0 attribute names.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from approvals.domain import strict_json
from approvals.domain.strict_json import JsonValue

CHAIN_DOMAIN = b"sayso-audit-v1"
GENESIS_HASH = "0" * 64


class AuditName(StrEnum):
    """Every fact the log can hold, as subject.past-tense."""

    GATEWAY_STARTED = "gateway.started"
    """A gateway opened its store; `data` names its process and the policy in force."""
    GATEWAY_STOPPED = "gateway.stopped"
    """A gateway closed in order. A start without it before means that the last one died."""
    GATEWAY_AWAY = "gateway.away"
    """No click could arrive for a while: the gateway was down, or its connection to Slack was."""
    POLICY_LOADED = "policy.loaded"
    """A changed policy file is in force."""
    POLICY_REFUSED = "policy.refused"
    """A changed policy file has mistakes, so the policy before it stays in force."""
    REQUEST_SUBMITTED = "request.submitted"
    """An agent asked; the request is pending and its card is on its way."""
    REQUEST_NOT_REPEATED = "request.not_repeated"
    """The same call came again soon after this one was rejected, and was answered with it."""
    REQUEST_JOINED = "request.joined"
    """It is shown on the card of another one, `card_of`: identical, of its turn or its burst."""
    REQUEST_EDITED = "request.edited"
    """An approver changed the arguments; what was approved before is void, and rules count anew."""
    REQUEST_REMINDED = "request.reminded"
    """Nobody had ended it in time for a reminder; `number` counts them."""
    REQUEST_ESCALATED = "request.escalated"
    """Nobody had ended it in time for a rung; the people of `to` may answer from now on."""
    REQUEST_EXTENDED = "request.extended"
    """An approver gave it more time; it ends at `until` now, `instead_of` what was before."""
    REQUEST_ASKED_BACK = "request.asked_back"
    """An approver asked the agent, or the person it acts for, something; `number` counts them."""
    REQUEST_ANSWERED_BACK = "request.answered_back"
    """The agent answered question `number`. Its words are its own, and decide nothing."""
    REQUEST_NOT_ANSWERED = "request.not_answered"
    """Question `number` got no answer; `trouble` says why."""
    WEBHOOK_DELIVERED = "webhook.delivered"
    """A webhook was taken by the other side: a rung's, or one that a `callback` named."""
    WEBHOOK_GIVEN_UP = "webhook.given_up"
    """A webhook was not taken in time; `code` says what was in the way."""
    ESCALATION_UNDELIVERABLE = "escalation.undeliverable"
    """Slack will not show a rung's card; `code` says why. Its people may answer all the same."""
    REQUEST_APPROVED = "request.approved"
    """Enough people approved; the call may run once."""
    REQUEST_REJECTED = "request.rejected"
    """A person rejected the call, or the policy came to deny it."""
    REQUEST_TIMED_OUT = "request.timed_out"
    """Nobody answered in time."""
    REQUEST_CANCELLED = "request.cancelled"
    """The question was withdrawn; `cause` says why."""
    CALL_ALLOWED = "call.allowed"
    """A rule allowed a call at once; nobody was asked."""
    CALL_DENIED = "call.denied"
    """A rule denied a call at once; nobody was asked."""
    AUTHORITY_ENDED = "authority.ended"
    """A task went on in the name of somebody who may not act any more; its call was refused."""
    TASK_REFUSED = "task.refused"
    """A person may not start or steer a task there; `rule` and `code` say why. Nothing was done."""
    REQUEST_HELD = "request.held"
    """Enough people approved; the call may run at `until`, unless somebody stops it."""
    REQUEST_HOLD_VOIDED = "request.hold_voided"
    """What was held did not become approved; `why` says it. People have to approve again."""
    CALL_FROZEN = "call.frozen"
    """A rule allows a call, and it was refused because of a freeze."""
    FREEZE_STARTED = "freeze.started"
    """A person froze a channel, or everything; `data` has who, why and until when."""
    FREEZE_ENDED = "freeze.ended"
    """A freeze was lifted, or its time was over; `by` is null then."""
    FREEZE_REFUSED = "freeze.refused"
    """A person may not freeze or lift there; `code` says why. Nothing changed."""
    KEY_CREATED = "key.created"
    """A key was made; `data` has its scopes and its owner, never its secret."""
    KEY_REVOKED = "key.revoked"
    """A key was taken back; it opens nothing any more."""
    KEY_REFUSED = "key.refused"
    """A key's right secret came when it was revoked or expired, or its owner gone: `code` says."""
    DECISION_RECORDED = "decision.recorded"
    """An approver's verdict was stored."""
    DECISION_REFUSED = "decision.refused"
    """A click was not accepted; `code` says why. Nothing was decided."""
    DECISION_DUPLICATE = "decision.duplicate"
    """A click came for what had been decided, or counted, before. Nothing changed."""
    FULL_VIEW_OPENED = "full_view.opened"
    """A person opened all pages of a call that its card cannot show whole."""
    CARD_ADOPTED = "card.adopted"
    """A second post of a card was found by its nonce and taken over, so that it is closed too."""
    CARD_LOST = "card.lost"
    """A posted card was deleted in Slack while people could decide on it; it is posted anew."""
    PERMIT_CLAIMED = "permit.claimed"
    """The call is about to run, with exactly the approved arguments."""
    PERMIT_SUCCEEDED = "permit.succeeded"
    """The tool returned."""
    PERMIT_FAILED = "permit.failed"
    """The tool raised, or was cancelled before it ran."""
    PERMIT_UNKNOWN = "permit.unknown"
    """The gateway died while the call ran; nobody knows whether it happened."""
    PERMIT_LAPSED = "permit.lapsed"
    """The approval was not used in time and is void."""
    PERMIT_RELEASED = "permit.released"
    """The caller went before the body began; nothing ran, and the permit may be claimed again."""
    PERMIT_SETTLED = "permit.settled"
    """A person said what became of an interrupted call; `settlement` has it."""
    RUN_STARTED = "run.started"
    """A person started an agent task."""
    RUN_RESUMED = "run.resumed"
    """A gateway took the run's lease and goes on with it."""
    RUN_PAUSED = "run.paused"
    """The run waits for people, with nothing in memory."""
    RUN_LOST = "run.lost"
    """The gateway that ran it stopped; another goes on from its last checkpoint."""
    RUN_SUCCEEDED = "run.succeeded"
    """The agent gave its final answer."""
    RUN_FAILED = "run.failed"
    """The run ended without an answer; `cause` says why."""
    RUN_CANCELLED = "run.cancelled"
    """A person cancelled the run; its pending requests ended with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """A past fact, not yet sealed. `data` is plain JSON without secrets or raw arguments."""

    name: AuditName
    subject: str
    """The request id, or the gateway's id."""
    at: datetime
    data: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """The last sealed event's place; the next one builds on it."""

    seq: int = 0
    hash: str = GENESIS_HASH


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedEvent:
    """An event with its place in the chain; `body` is its canonical JSON without seq and hashes."""

    seq: int
    body: str
    prev_hash: str
    hash: str
    name: AuditName
    subject: str


def seal(event: AuditEvent, head: ChainHead, *, event_id: str, source: str) -> SealedEvent:
    """Return *event* as the successor of *head*."""
    body = strict_json.write(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": source,
            "type": f"dev.sayso.{event.name}.v1",
            "time": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "subject": event.subject,
            "datacontenttype": "application/json",
            "data": dict(event.data),
        }
    )
    seq = head.seq + 1
    return SealedEvent(
        seq=seq,
        body=body,
        prev_hash=head.hash,
        hash=chain_hash(body, seq=seq, prev_hash=head.hash),
        name=event.name,
        subject=event.subject,
    )


def chain_hash(body: str, *, seq: int, prev_hash: str) -> str:
    """Return hash_n = SHA-256(domain, 0x00, hash_n-1, uint64be(seq), SHA-256(body)) as hex."""
    link = hashlib.sha256(CHAIN_DOMAIN + b"\x00" + bytes.fromhex(prev_hash))
    link.update(seq.to_bytes(8, "big"))
    link.update(hashlib.sha256(body.encode()).digest())
    return link.hexdigest()
