"""One connection that follows requests: which, what it still has to be told, and the telling.

Changes wait by request, each with its latest state, so that who is slow is told less and not later;
who is too slow is sent away (case R11). Whether its key may see a request is judged each time when
it is told.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field

from approvals.domain import errors
from approvals.domain.audit import ChainHead
from approvals.domain.change import EventId
from approvals.domain.ids import ChannelId, RequestId
from approvals.domain.key import Key
from approvals.gate import stream_wire, wire
from approvals.operations.desk import Desk
from approvals.operations.read_by_key import Seen, is_own, seen_by
from approvals.operations.story import Story
from bot.http import shown

WAITING_MAX = 256
WAITING_MAX_BYTES = 1024 * 1024
_OVERHEAD_BYTES = 2_000
"""Of a message besides the call's arguments, roughly."""

Send = Callable[[wire.Answers | bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One change of a request, shared by all who are told of it."""

    place: ChainHead | None
    """None for what is told first, which is no change."""
    story: Story
    _messages: dict[tuple[bool, bool], bytes] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """Return about how large its message is."""
        return len(self.story.request.call.arguments_json) + _OVERHEAD_BYTES

    def message(self, seen: Seen) -> bytes:
        """Return what is sent; who may see the same gets the same bytes."""
        kind = (seen.is_own, seen.shows_arguments)
        if kind not in self._messages:
            told = stream_wire.Changed(
                event_id=None if self.place is None else str(EventId.of(self.place)),
                approval=shown.approval(seen),
            )
            self._messages[kind] = told.model_dump_json().encode()
        return self._messages[kind]


@dataclass(slots=True, eq=False)
class Wants:
    """What somebody follows."""

    ids: set[RequestId] = field(default_factory=set)
    everything: bool = False
    channel: ChannelId | None = None
    """With `everything`: of this channel alone."""

    def takes(self, story: Story, key: Key) -> bool:
        """Whether a change of *story* may be for the holder of *key*.

        Whether they may see it is judged when it is told.
        """
        request = story.request
        if request.id in self.ids:
            return True
        if not self.everything or (key.agent is not None and not is_own(key, request)):
            return False
        return self.channel is None or self.channel == request.requirement.channel


class Follower:
    """Follows for one connection. Not shared between loops."""

    def __init__(self, desk: Desk, key: Key, *, send: Send, too_slow: Callable[[], object]) -> None:
        self.key = key
        self.wants = Wants()
        self._desk = desk
        self._send = send
        self._too_slow = too_slow
        self._waiting: dict[RequestId, Change] = {}
        self._waiting_bytes = 0
        self._holds = 0
        self._telling: asyncio.Task[None] | None = None

    @property
    def is_even(self) -> bool:
        """Whether everything that came was told."""
        return not self._waiting and self._telling is None and not self._holds

    def hold(self) -> None:
        """Tell nothing until `go_on` was called as often."""
        self._holds += 1

    def go_on(self, told: Collection[RequestId] = (), *, up_to: int = 0) -> None:
        """Tell what waits, but for those that were *told* meanwhile as they were at a place."""
        for request_id in told:
            change = self._waiting.get(request_id)
            if change is not None and change.place is not None and change.place.seq <= up_to:
                self._take(request_id)
        self._holds -= 1
        self._start()

    def offer(self, change: Change) -> None:
        """Take a change that may be for this connection."""
        request_id = change.story.request.id
        if not self.wants.takes(change.story, self.key):
            return
        self._take(request_id)
        self._waiting[request_id] = change
        self._waiting_bytes += change.size_bytes
        one_alone = len(self._waiting) == 1
        if len(self._waiting) > WAITING_MAX or (
            self._waiting_bytes > WAITING_MAX_BYTES and not one_alone
        ):
            self.close()
            self._too_slow()
            return
        self._start()

    async def tell(self, change: Change) -> bool:
        """Send *change*, if the key may see it, and return whether it may.

        Raises:
            Refusal: it could not be judged.
        """
        seen = await seen_by(self._desk, self.key, change.story)
        if seen is not None:
            await self._send(change.message(seen))
        return seen is not None

    def close(self) -> None:
        """Tell nothing more, ever."""
        self._holds += 1
        self.wants = Wants()
        # What is being sent just now is left to end: who cancels a send cancels the others too.
        self._forget()

    def _start(self) -> None:
        if self._waiting and self._telling is None and not self._holds:
            self._telling = asyncio.create_task(self._tell_all())

    async def _tell_all(self) -> None:
        # A task only while there is something to tell: thousands follow and nothing happens.
        try:
            while self._waiting and not self._holds:
                change = self._take(next(iter(self._waiting)))
                assert change is not None
                if await self._told(change) and not change.story.request.is_pending:
                    self.wants.ids.discard(change.story.request.id)
        except ConnectionError:
            self._forget()
        finally:
            self._telling = None

    async def _told(self, change: Change) -> bool:
        try:
            return await self.tell(change)
        except errors.Refusal as refusal:
            # Nobody can say whether it is for these eyes, so there is a gap.
            self.wants = Wants()
            self._forget()
            lost = stream_wire.Resync(ref=None, code=refusal.code, message=refusal.message)
            await self._send(lost)
            return False

    def _take(self, request_id: RequestId) -> Change | None:
        change = self._waiting.pop(request_id, None)
        if change is not None:
            self._waiting_bytes -= change.size_bytes
        return change

    def _forget(self) -> None:
        self._waiting.clear()
        self._waiting_bytes = 0
