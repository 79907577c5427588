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
    GATEWAY_STOPPED = "gateway.stopped"
    POLICY_LOADED = "policy.loaded"
    POLICY_REFUSED = "policy.refused"
    REQUEST_SUBMITTED = "request.submitted"
    REQUEST_APPROVED = "request.approved"
    REQUEST_REJECTED = "request.rejected"
    REQUEST_TIMED_OUT = "request.timed_out"
    REQUEST_CANCELLED = "request.cancelled"
    CALL_ALLOWED = "call.allowed"
    CALL_DENIED = "call.denied"
    CALL_REFUSED = "call.refused"
    DECISION_RECORDED = "decision.recorded"
    DECISION_REFUSED = "decision.refused"
    DECISION_DUPLICATE = "decision.duplicate"
    FULL_VIEW_OPENED = "full_view.opened"
    CARD_ADOPTED = "card.adopted"
    PERMIT_CLAIMED = "permit.claimed"
    PERMIT_SUCCEEDED = "permit.succeeded"
    PERMIT_FAILED = "permit.failed"
    PERMIT_UNKNOWN = "permit.unknown"
    PERMIT_LAPSED = "permit.lapsed"


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
