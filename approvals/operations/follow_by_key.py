"""What changed since: the chain read on from a place, and the requests its events tell of.

Called by the door at which programs follow requests. What is told is read in one look with the
place it was read at, so that nothing falls between two; news of commits only say when to look.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from approvals.domain.approval_request import Status
from approvals.domain.audit import ChainHead, SealedEvent
from approvals.domain.change import EventId, head_at, key_ended_by, request_of
from approvals.domain.ids import KeyId, RequestId
from approvals.domain.key import Key
from approvals.operations.ask_by_key import requester_of
from approvals.operations.desk import Desk
from approvals.operations.ports import Committed
from approvals.operations.snapshot import Snapshot
from approvals.operations.story import Story

EVENTS_AT_ONCE = 200
REPLAYED_MAX = 2_000
"""So many events back somebody may be who comes again; further back they begin anew."""
PENDING_MAX = 5_000
"""So many requests that wait somebody is told at most who begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a stretch of the chain tells."""

    head: ChainHead
    """The place up to which it goes."""
    changed: Sequence[tuple[ChainHead, Story]] = ()
    """Each changed request once, with the place of its last change, in the order of those."""
    ended_keys: Collection[KeyId] = ()
    is_all: bool = True
    """Whether the chain ends there; if not, there is more to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtUp:
    """What somebody is told first who begins to follow, or comes again."""

    head: ChainHead
    """Everything up to this place is told with it."""
    changed: Sequence[tuple[ChainHead | None, RequestId]]
    """The requests, with the places of their last changes where somebody comes again."""
    began_anew: bool = False
    """Whether what they had been told is of no use: it is too old, or of another log."""


async def news_after(desk: Desk, seq: int) -> News:
    """Return what the chain tells after the event at *seq*.

    Raises:
        StoreUnavailable: it cannot be read.
    """
    return await desk.store.look(lambda snapshot: _news(snapshot, seq))


def news_in(committed: Committed, seq: int) -> News | None:
    """Return what the chain tells after the event at *seq*, if a commit's own news tell it all.

    They do where the commit went on at that place and knows the requests it changed; where it does
    not, the chain has to be read.
    """
    events = committed.events
    if not 0 < len(events) < EVENTS_AT_ONCE or events[-1].seq != seq + len(events):
        return None
    changed = _changed(events)
    if any(each not in committed.stories for _, each in changed):
        return None
    return _told(events, [(place, committed.stories[each]) for place, each in changed])


async def stories_of(desk: Desk, ids: Sequence[RequestId]) -> list[Story]:
    """Return the stories of *ids*, as they are now; those there are none of are left out.

    Raises:
        StoreUnavailable: they cannot be read.
    """
    return await desk.store.look(
        lambda snapshot: [
            story for each in ids if (story := Story.read(snapshot, each)) is not None
        ]
    )


async def catch_up(desk: Desk, key: Key, *, after: EventId | None) -> CaughtUp:
    """Return what changed *after* a place, or (None) what is pending, for the holder of *key*.

    What is not for their eyes may stand in it: that is judged request by request when it is told.

    Raises:
        StoreUnavailable: it cannot be read.
    """
    return await desk.store.look(lambda snapshot: _caught_up(snapshot, key, after))


async def end_of_chain(desk: Desk) -> ChainHead:
    """Return where the chain ends.

    Raises:
        StoreUnavailable: it cannot be read.
    """
    return await desk.store.look(lambda snapshot: snapshot.head())


def _news(snapshot: Snapshot, seq: int) -> News:
    events = snapshot.events_after(seq, limit=EVENTS_AT_ONCE)
    if not events:
        return News(head=ChainHead(seq=seq))
    told = [
        (place, story)
        for place, each in _changed(events)
        if (story := Story.read(snapshot, each)) is not None
    ]
    return _told(events, told)


def _told(events: Sequence[SealedEvent], told: Sequence[tuple[ChainHead, Story]]) -> News:
    ended = {key for each in events if (key := key_ended_by(each)) is not None}
    return News(
        head=head_at(events[-1]),
        changed=told,
        ended_keys=ended,
        is_all=len(events) < EVENTS_AT_ONCE,
    )


def _caught_up(snapshot: Snapshot, key: Key, after: EventId | None) -> CaughtUp:
    head = snapshot.head()
    if after is None:
        return CaughtUp(head=head, changed=_pending(snapshot, key))
    # The place itself is read too: it has to be the one that is meant.
    events = snapshot.events_after(after.seq - 1, limit=REPLAYED_MAX + 2)
    is_known = bool(events) and EventId.of(head_at(events[0])) == after
    if not is_known or len(events) > REPLAYED_MAX + 1:
        return CaughtUp(head=head, changed=_pending(snapshot, key), began_anew=True)
    return CaughtUp(head=head, changed=_changed(events[1:]))


def _changed(events: Sequence[SealedEvent]) -> list[tuple[ChainHead, RequestId]]:
    """Return each request once, at its last change, in the order of those."""
    last: dict[RequestId, ChainHead] = {}
    for event in events:
        request_id = request_of(event)
        if request_id is not None:
            last.pop(request_id, None)
            last[request_id] = head_at(event)
    return [(place, request_id) for request_id, place in last.items()]


def _pending(snapshot: Snapshot, key: Key) -> list[tuple[None, RequestId]]:
    found = snapshot.newest(
        limit=PENDING_MAX,
        status=Status.PENDING,
        requester=requester_of(key) if key.agent is not None else None,
    )
    return [(None, each.id) for each in reversed(found)]
