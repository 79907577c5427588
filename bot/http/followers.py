"""Everyone who follows requests: reads what changed once for all of them and hands it on.

What is told is read from the chain, so that it is in order and complete whoever wrote it. A commit
that goes on where the reading stopped, and knows all that it changed, spares the reading
(ADR-0042). Nothing is polled, and nothing is read while nobody follows.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator

from approvals.domain.audit import ChainHead
from approvals.domain.change import EventId
from approvals.domain.errors import StoreUnavailable
from approvals.domain.ids import KeyId, UserId
from approvals.operations.desk import Desk
from approvals.operations.follow_by_key import News, end_of_chain, news_after, news_in
from approvals.operations.ports import Committed
from bot.http.follower import Change, Follower

RETRY_S = 0.2
SURPRISED_S = 5.0
_log = logging.getLogger("sayso.http")
_Asker = tuple[UserId | None, str]


class Followers:
    """The followers of one gateway."""

    def __init__(self, desk: Desk, *, key_ended: Callable[[KeyId], None]) -> None:
        """*key_ended* is called for each key taken back, before anything that came after it."""
        self._desk = desk
        self._key_ended = key_ended
        self._of_agents: dict[_Asker, set[Follower]] = {}
        self._of_people: set[Follower] = set()
        self._place: ChainHead | None = None
        """Up to where it was handed on; None while nobody follows."""
        self._woken = asyncio.Event()

    def __len__(self) -> int:
        return len(self._of_people) + sum(map(len, self._of_agents.values()))

    @property
    def place(self) -> EventId | None:
        """Up to where everything was handed on."""
        return None if self._place is None else EventId.of(self._place)

    def hear(self, news: Committed) -> None:
        """Listen to the store; what a commit tells by itself needs no reading."""
        place = self._place
        told = None if place is None else news_in(news, place.seq)
        if told is not None:
            self._hand_on(told)
        elif news.recorded:
            self.wake()

    def wake(self) -> None:
        """Read on: something may have changed, here or at another gateway."""
        self._woken.set()

    async def join(self, follower: Follower) -> None:
        """Hand changes to *follower* from now on.

        Raises:
            StoreUnavailable: it cannot be read from where.
        """
        self._among(follower).add(follower)
        if self._place is None:
            self._begin(await end_of_chain(self._desk))

    def _begin(self, place: ChainHead) -> None:
        if self._place is None and len(self):
            self._place = place
        self.wake()

    def leave(self, follower: Follower) -> None:
        """Hand *follower* nothing more."""
        self._among(follower).discard(follower)
        if not self._of_agents.get(_asker(follower)):
            self._of_agents.pop(_asker(follower), None)
        if not len(self):
            self._place = None

    async def run(self) -> None:
        """Read on whenever something changed, for ever."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                while self._place is not None and not await self._read_on(self._place):
                    pass
            except StoreUnavailable:
                await asyncio.sleep(RETRY_S)
                self.wake()
            except Exception:  # whoever follows would never hear anything again
                _log.exception("What changed could not be handed on; it is tried again")
                await asyncio.sleep(SURPRISED_S)
                self.wake()

    async def _read_on(self, place: ChainHead) -> bool:
        """Hand on the next stretch; return whether that was all."""
        news = await news_after(self._desk, place.seq)
        if news.head.seq == place.seq:
            return True
        if self._place is not None and self._place.seq != place.seq:
            return False  # a commit's own news were faster, so this was told in part
        self._hand_on(news)
        return news.is_all

    def _hand_on(self, news: News) -> None:
        for key_id in news.ended_keys:
            self._key_ended(key_id)
        for at, story in news.changed:
            change = Change(at, story)
            for follower in self._for(change):
                follower.offer(change)
        if self._place is not None:
            self._place = news.head

    def _for(self, change: Change) -> Iterator[Follower]:
        requester = change.story.request.requester
        yield from tuple(self._of_agents.get((requester.person, requester.agent), ()))
        yield from tuple(self._of_people)

    def _among(self, follower: Follower) -> set[Follower]:
        if follower.key.agent is None:
            return self._of_people
        return self._of_agents.setdefault(_asker(follower), set())


def _asker(follower: Follower) -> _Asker:
    return (follower.key.owner, follower.key.agent or "")
