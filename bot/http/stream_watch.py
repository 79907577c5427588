"""Looks after all open streams at once: are their keys still in force, and is it time to be heard?

One loop for all of them, run by the HTTP door. A key that is not in force any more, or whose owner
may not act any more, ends its connections within five seconds (case G15). While that cannot be
known nothing is told; after a while they are sent away.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence

from approvals.domain import errors, run_errors
from approvals.domain.ids import KeyId
from approvals.domain.key import Key
from approvals.gate import stream_wire
from approvals.operations.authenticate import ended_keys, refuse_ended_owner
from bot.http.line import CloseCode
from bot.http.stream import HEARTBEAT_S, Open, Streams

LOOK_EVERY_S = 3.0
"""With what a look may take, and another that may have just begun, less than five seconds."""
OWNER_WITHIN_S = 0.9
UNSURE_MAX_S = 30.0
_log = logging.getLogger("sayso.http")


class StreamWatch:
    """Watches the open connections."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._unsure_since: dict[Open, float] = {}

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.look()
            except Exception:  # the next look may go better, and nobody else ends connections
                _log.exception("The open streams could not be looked after")

    async def look(self) -> None:
        """Look once."""
        by_key: dict[KeyId, list[Open]] = defaultdict(list)
        for each in self._streams.open:
            by_key[each.key.id].append(each)
        if by_key:
            if await self._looked_at_keys(by_key):
                await asyncio.gather(*(self._look_at_owner(each) for each in by_key.values()))
            self._be_heard()
        for gone in self._unsure_since.keys() - self._streams.open:
            del self._unsure_since[gone]

    async def _looked_at_keys(self, by_key: Mapping[KeyId, Sequence[Open]]) -> bool:
        desk = self._streams.ports.desk
        try:
            ended = await ended_keys(desk, [each[0].key for each in by_key.values()])
        except errors.StoreUnavailable:
            for each in by_key.values():
                self._unsure(each)
            return False
        for key_id in ended:
            self._streams.end_of_key(key_id, "This key is not in force any more.")
        return True

    async def _look_at_owner(self, connections: Sequence[Open]) -> None:
        key: Key = connections[0].key
        try:
            async with asyncio.timeout(OWNER_WITHIN_S):
                await refuse_ended_owner(self._streams.ports.desk, key)
        except run_errors.AuthorityEnded as ended:
            self._streams.end_of_key(key.id, ended.message)
        except (TimeoutError, errors.Refusal):
            self._unsure(connections)
        else:
            for each in connections:
                if self._unsure_since.pop(each, None) is not None:
                    each.follower.go_on()

    def _unsure(self, connections: Sequence[Open]) -> None:
        now = asyncio.get_running_loop().time()
        for each in connections:
            if each not in self._unsure_since:
                self._unsure_since[each] = now
                each.follower.hold()
            elif now - self._unsure_since[each] > UNSURE_MAX_S:
                why = "It cannot be known whether your key is in force. Come again."
                each.line.end(CloseCode.TRY_AGAIN, why)

    def _be_heard(self) -> None:
        desk, place = self._streams.ports.desk, self._streams.followers.place
        now = asyncio.get_running_loop().time()
        for each in self._streams.open:
            if now - each.line.sent_at_s < HEARTBEAT_S - LOOK_EVERY_S - OWNER_WITHIN_S:
                continue
            is_told = place is not None and each.follower.is_even
            each.line.beat(
                stream_wire.Heartbeat(event_id=str(place) if is_told else None, at=desk.clock.now())
            )
