"""Where something stands in the order of all changes: the audit chain's own, told as an event id.

Every change of a request records an event in its transaction, so the chain is the one durable order
there is. An event id names a place in it and a part of the hash there: in another log, or one that
was restored from a backup, the same number is another place and is not taken for this one.
"""

import json
import re
from dataclasses import dataclass
from typing import cast

from approvals.domain.audit import AuditName, ChainHead, SealedEvent
from approvals.domain.ids import KeyId, RequestId

_HASH_CHARS = 12
_EVENT_ID = re.compile(rf"([1-9][0-9]{{0,17}})-([0-9a-f]{{{_HASH_CHARS}}})", re.ASCII)
_OF_CALLS = frozenset({AuditName.CALL_ALLOWED, AuditName.CALL_DENIED})
"""Their subject is the tool; the request, where there is a row of one, stands inside."""
_OF_REQUESTS = frozenset(each for each in AuditName if each.startswith(("request.", "permit."))) | {
    AuditName.DECISION_RECORDED
}


@dataclass(frozen=True, slots=True)
class EventId:
    """A place in the order of changes, as whoever follows them names it."""

    seq: int
    hash: str
    """The first characters of the hash at that place."""

    @classmethod
    def of(cls, head: ChainHead) -> "EventId":
        """Return the id of the place *head*."""
        return cls(head.seq, head.hash[:_HASH_CHARS])

    @classmethod
    def read(cls, text: str) -> "EventId | None":
        """Return what *text* names; None when it is no event id."""
        found = _EVENT_ID.fullmatch(text)
        return None if found is None else cls(int(found[1]), found[2])

    def __str__(self) -> str:
        return f"{self.seq}-{self.hash}"


def head_at(event: SealedEvent) -> ChainHead:
    """Return the place of *event*."""
    return ChainHead(seq=event.seq, hash=event.hash)


def request_of(event: SealedEvent) -> RequestId | None:
    """Return the request that changed with *event*; None where none that has a row did."""
    if event.name in _OF_REQUESTS:
        return RequestId(event.subject)
    if event.name in _OF_CALLS:
        return cast("RequestId | None", json.loads(event.body)["data"].get("request"))
    return None


def key_ended_by(event: SealedEvent) -> KeyId | None:
    """Return the key that was taken back with *event*."""
    return KeyId(event.subject) if event.name is AuditName.KEY_REVOKED else None
