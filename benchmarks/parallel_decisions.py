"""Fifty decisions at once, p99, against one SQLModel AsyncSession (aiosqlite) for each.

At the operation: `decide()` against a session that reads, sets, audits and commits. Through Bolt:
the click's payload through our ingress until the ack, against the same ingress and Bolt with a
listener that opens such a session. Wall time of each decision from the common start.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from approvals.domain.ids import RequestId
from approvals.operations.decide import decide
from benchmarks import sqlmodel_store
from benchmarks.figures import Figure, Target, bounded, milliseconds, p99
from benchmarks.gateway import BenchGateway, a_gateway
from benchmarks.requests import stored_requests
from benchmarks.waiting import Waiting
from bot.slack import buttons
from bot.slack.app import Ingress, build_app
from bot.slack.payloads import button_press
from bot.slack.routing import Ack, Delivery, Dispatcher
from bot.slack.web_api import make_client

AT_ONCE = 50
BATCHES = 6
"""Batches of each side in a round: 300 decisions under one p99."""
ROUNDS = 3

Pair = tuple[float, float]


def run() -> list[Figure]:
    """Measure."""
    rounds = bounded(_rounds())
    operation = [each[0] for each in rounds]
    bolt = [each[1] for each in rounds]
    return [
        _figure("at the operation", operation, limit=0.1),
        _figure("through Bolt", bolt, limit=0.3),
    ]


def _figure(what: str, rounds: Sequence[Pair], *, limit: float) -> Figure:
    ours, theirs = (statistics.median(side) for side in zip(*rounds, strict=True))
    return Figure(
        name=f"parallel_decisions, {what}",
        rounds=[mine / other for mine, other in rounds],
        target=Target(limit=limit),
        detail=f"p99 {milliseconds(ours)} against {milliseconds(theirs)}",
        ours=lambda: bounded(_ours_alone()),
    )


async def _rounds() -> list[tuple[Pair, Pair]]:
    """Return p99 in seconds for each round: (ours, theirs) at the operation, then through Bolt."""
    needed = 2 * ROUNDS * (BATCHES + 1) * AT_ONCE
    with tempfile.TemporaryDirectory(prefix="sayso-bench-") as directory:
        path = Path(directory) / "sqlmodel.db"
        ids = await stored_requests(path, needed)
        async with sqlmodel_store.an_engine(path) as engine, a_gateway() as gateway:
            return [
                (
                    await _round(gateway, _decided(gateway), _session(engine), ids),
                    await _round(gateway, _clicked(gateway), _session_click(gateway, engine), ids),
                )
                for _ in range(ROUNDS)
            ]


Ours = Callable[[Waiting], Awaitable[object]]
Theirs = Callable[[Waiting, RequestId], Awaitable[object]]


async def _round(gateway: BenchGateway, ours: Ours, theirs: Theirs, ids: list[RequestId]) -> Pair:
    mine: list[float] = []
    other: list[float] = []
    for number in range(BATCHES + 1):
        waiting = await gateway.asks(AT_ONCE)
        seconds = await _batch([partial(ours, each) for each in waiting])
        await gateway.rest(*waiting)
        sessions = await _batch([partial(theirs, each, ids.pop()) for each in waiting])
        if number:  # the first batch fills caches and pools on both sides
            mine += seconds
            other += sessions
    return p99(mine), p99(other)


async def _batch(decisions: Sequence[Callable[[], Awaitable[object]]]) -> list[float]:
    started = time.perf_counter()

    async def timed(decision: Callable[[], Awaitable[object]]) -> float:
        await decision()
        return time.perf_counter() - started

    return await asyncio.gather(*map(timed, decisions))


def _decided(gateway: BenchGateway) -> Ours:
    async def decided(waiting: Waiting) -> None:
        answer = await decide(gateway.desk, gateway.click(waiting))
        assert answer.decision is not None

    return decided


def _session(engine: AsyncEngine) -> Theirs:
    return lambda _, request_id: sqlmodel_store.decide(engine, request_id)


def _clicked(gateway: BenchGateway) -> Ours:
    async def clicked(waiting: Waiting) -> None:
        assert (await gateway.door.ingress.receive(gateway.payload(waiting))).is_sent

    return clicked


def _session_click(gateway: BenchGateway, engine: AsyncEngine) -> Theirs:
    """Return a click through the same ingress and Bolt, stored by a session."""
    door = gateway.door
    under_way: dict[str, RequestId] = {}

    async def listener(delivery: Delivery) -> Ack:
        press = button_press(delivery.body)
        await sqlmodel_store.decide(engine, under_way[press.value])
        return Ack()

    dispatcher = Dispatcher(
        {("block_actions", buttons.APPROVE): listener}, answers=door.answers, errands=door.errands
    )
    client: Any = make_client(door.settings, door._session, token=None)
    app = build_app(client, dispatcher)
    ingress = Ingress(app, door.identity, answers=door.answers, errands=door.errands)

    async def clicked(waiting: Waiting, request_id: RequestId) -> None:
        payload = gateway.payload(waiting)
        under_way[payload["actions"][0]["value"]] = request_id
        assert (await ingress.receive(payload)).is_sent

    return clicked


async def _ours_alone() -> None:
    async with a_gateway() as gateway:
        for _ in range(2 * BATCHES):
            waiting = await gateway.asks(AT_ONCE)
            await _batch([partial(_clicked(gateway), each) for each in waiting])
            await gateway.rest(*waiting)
