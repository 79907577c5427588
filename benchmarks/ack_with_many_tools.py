"""The ack of a click in a gateway with 200 guarded tools, against one with a single tool.

Each tool has a rule of its own in the policy, so that both the guards and the rules grow. The click
is on the last tool's card. Taken in turns, one click at a time; medians of the wall time from the
payload's receipt to its ack.
"""

import statistics
import time
from collections.abc import Awaitable, Callable

from approvals.gate import Gate
from benchmarks.figures import Figure, Target, bounded, milliseconds
from benchmarks.gateway import POLICY, PROD, BenchGateway, a_gateway
from benchmarks.waiting import Waiting

ROUNDS = 7
CLICKS = 100
MANY = 200
HEAD = POLICY.partition("      - {")[0]
"""All but the rules."""


def run() -> list[Figure]:
    """Measure."""
    rounds = bounded(_rounds(ROUNDS))
    many, one = (statistics.median(side) for side in zip(*rounds, strict=True))
    return [
        Figure(
            name="ack_with_many_tools",
            rounds=[with_many / with_one for with_many, with_one in rounds],
            target=Target(limit=1.1),
            detail=f"{milliseconds(many)} with {MANY}, {milliseconds(one)} with 1",
            ours=lambda: bounded(_ours_alone()),
        )
    ]


async def _rounds(count: int) -> list[tuple[float, float]]:
    """Return the medians of each round in seconds: with many tools, with one."""
    async with a_gateway(_policy(MANY)) as many, a_gateway(_policy(1)) as one:
        guards = [_guarded(many, MANY), _guarded(one, 1)]
        return [await _round(many, one) for _ in range(count) if guards]


async def _round(many: BenchGateway, one: BenchGateway) -> tuple[float, float]:
    with_many, with_one = [], []
    for first, second in zip(
        await many.asks(CLICKS, tool=_name(MANY)),
        await one.asks(CLICKS, tool=_name(1)),
        strict=True,
    ):
        with_many.append(await _acked_after_s(many, first))
        with_one.append(await _acked_after_s(one, second))
    return statistics.median(with_many), statistics.median(with_one)


async def _acked_after_s(gateway: BenchGateway, waiting: Waiting) -> float:
    payload = gateway.payload(waiting)
    started = time.perf_counter()
    ack = await gateway.door.ingress.receive(payload)
    seconds = time.perf_counter() - started
    assert ack.is_sent
    await gateway.rest(waiting)
    return seconds


def _policy(tools: int) -> str:
    # The card that warms the gateway up is of another tool, which no rule matches: ask.
    rules = [f'      - {{tool: "{_name(number + 1)}", effect: ask}}' for number in range(tools)]
    return HEAD + "\n".join(rules) + "\n"


def _name(number: int) -> str:
    return f"restart_{number}"


def _guarded(gateway: BenchGateway, count: int) -> list[Callable[..., Awaitable[str]]]:
    gate = Gate(agent="deploy-bot", channel=PROD)
    gate.use(gateway.gateway)
    return [_tool(gate, _name(number + 1)) for number in range(count)]


def _tool(gate: Gate, name: str) -> Callable[..., Awaitable[str]]:
    async def tool(service: str, zone: str, number: int) -> str:
        return f"{service} {zone} {number}"

    return gate.guard(name=name)(tool)


async def _ours_alone() -> None:
    async with a_gateway(_policy(MANY)) as many:
        guards = _guarded(many, MANY)
        for waiting in await many.asks(3 * CLICKS, tool=_name(len(guards))):
            await _acked_after_s(many, waiting)
