"""Verbs that take turns: each stops before whatever it asks of the store or of Slack.

A schedule says whose turn it is. Every way in which two verbs can meet is one schedule.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
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


@dataclass(eq=False)
class _Player:
    """One verb under way; it stands still until it is told to go on."""

    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    stands: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[Any] | None = None

    async def turn(self) -> None:
        self.go_on.clear()
        self.stands.set()
        await self.go_on.wait()

    async def step(self) -> None:
        """Let it go on until it asks for something again, or has ended."""
        assert self.task is not None
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
    order: list[int]
    """Whose turn it was, from the first to the last."""
    had_choice: list[bool]
    """Whether both could have gone on, by turn."""


async def played(desk: Desk, verbs: Sequence[Verb], schedule: Iterable[int]) -> Played:
    """Run *verbs* in the turns *schedule* says, and the rest of them one after another."""
    players = [_Player() for _ in verbs]
    for player, verb in zip(players, verbs, strict=True):
        player.task = asyncio.create_task(_begun(player, verb, desk))
        await player.stands.wait()
    order: list[int] = []
    had_choice: list[bool] = []
    for number in (*schedule, *(n for n in range(len(players)) for _ in range(99))):
        open_ones = [one for one in players if one.task is not None and not one.task.done()]
        if players[number] in open_ones:
            order.append(number)
            had_choice.append(len(open_ones) > 1)
            await players[number].step()
    ended = [player.task for player in players if player.task is not None]
    results = await asyncio.gather(*ended, return_exceptions=True)
    return Played(results=results, order=order, had_choice=had_choice)


async def _begun(player: _Player, verb: Verb, desk: Desk) -> Any:
    await player.turn()
    store = cast("Store", _Stopping(desk.store, player.turn))
    directory = cast("Directory", _Stopping(desk.directory, player.turn))
    return await verb(replace(desk, store=store, directory=directory))


async def every_order(
    play: Callable[[Sequence[int]], Awaitable[Played]], *, changes_max: int | None = None
) -> AsyncIterator[Played]:
    """Let *play* play two verbs in every order their turns can come, each once.

    How many turns a verb takes depends on the order, so each order is found by playing another:
    wherever both could go on, the other one goes on next time. With *changes_max* only those in
    which the turn has changed no more often, before the verbs end one after the other.
    """
    begins: list[tuple[int, ...]] = [()]
    while begins:
        begin = begins.pop()
        went = await play(begin)
        yield went
        others = [
            (*went.order[:at], 1 - went.order[at])
            for at in range(len(begin), len(went.order))
            if went.had_choice[at]
        ]
        begins += [one for one in others if changes_max is None or _changes(one) <= changes_max]


def _changes(order: Sequence[int]) -> int:
    return sum(one != other for one, other in pairwise(order))
