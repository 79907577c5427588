"""Verbs that take turns: each stops before whatever it asks of the store or of Slack.

A schedule says whose turn it is. Every way in which two verbs can meet is one schedule.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from approvals.operations.desk import Desk
from approvals.operations.ports import Directory, Store

Verb = Callable[[Desk], Awaitable[Any]]


class _Stopping:
    """Stands before a port: each call of it waits for a turn."""

    def __init__(self, inner: object, turn: Callable[[], Awaitable[None]]) -> None:
        self._inner = inner
        self._turn = turn

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not inspect.iscoroutinefunction(found):
            return found

        async def call(*given: Any, **named: Any) -> Any:
            await self._turn()
            return await found(*given, **named)

        return call


@dataclass
class _Player:
    """One verb under way; it stands still until it is told to go on."""

    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    stands: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[Any] | None = None
    turns: int = 0

    async def turn(self) -> None:
        self.go_on.clear()
        self.stands.set()
        await self.go_on.wait()

    async def step(self) -> None:
        """Let it go on until it asks for something again, or has ended."""
        assert self.task is not None
        self.turns += 1
        self.stands.clear()
        self.go_on.set()
        stands = asyncio.ensure_future(self.stands.wait())
        await asyncio.wait([self.task, stands], return_when=asyncio.FIRST_COMPLETED)
        stands.cancel()


@dataclass(frozen=True, kw_only=True)
class Played:
    """How it went, by verb."""

    results: list[Any]
    """What each gave; an exception stands for itself."""
    turns: list[int]
    """How many turns each took."""


async def played(desk: Desk, verbs: Sequence[Verb], schedule: Iterable[int]) -> Played:
    """Run *verbs* in the turns *schedule* says, and the rest of them one after another."""
    players = [_Player() for _ in verbs]
    for player, verb in zip(players, verbs, strict=True):
        player.task = asyncio.create_task(_begun(player, verb, desk))
        await player.stands.wait()
    for number in (*schedule, *(n for n in range(len(players)) for _ in range(99))):
        task = players[number].task
        if task is not None and not task.done():
            await players[number].step()
    ended = [player.task for player in players if player.task is not None]
    results = await asyncio.gather(*ended, return_exceptions=True)
    return Played(results=results, turns=[player.turns for player in players])


async def _begun(player: _Player, verb: Verb, desk: Desk) -> Any:
    await player.turn()
    store = cast("Store", _Stopping(desk.store, player.turn))
    directory = cast("Directory", _Stopping(desk.directory, player.turn))
    return await verb(replace(desk, store=store, directory=directory))


def schedules(first: int, second: int) -> Iterator[tuple[int, ...]]:
    """Every order in which so many turns of one and of the other can come."""
    if not first or not second:
        yield (0,) * first + (1,) * second
        return
    for rest in schedules(first - 1, second):
        yield (0, *rest)
    for rest in schedules(first, second - 1):
        yield (1, *rest)
