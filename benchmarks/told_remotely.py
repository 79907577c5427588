"""From a click to an agent elsewhere being told over WebSocket, against two packages that poll.

Ours: `sayso serve` in a process of its own, durable; an approver presses the card's button in the
local Slack, Bolt gets it by Socket Mode, the decision is stored, and the agent's gate, in a third
process, hears it on its stream. Theirs: the packages themselves, each with its own waiting loop, in
environments of their own; their calls are answered at any moment of a pause between two polls.
Wall time, in turns.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

from benchmarks.elsewhere import Elsewhere
from benchmarks.figures import Figure, Target, bounded, milliseconds, p99
from benchmarks.peer import NoBaseline, Peer
from benchmarks.served import APPROVER, Served, served
from bot.slack import buttons

ROUNDS = 3
CALLS = 30
"""Of a round: one in each channel, because Slack takes one new card a second in a channel."""
PEERS = {"humanlayer": 200.0, "awaithumans": 100.0}
"""By how much a median, and a 99th percentile, should be faster than theirs."""
APART_S = 0.05
"""Between two clicks: the cards decided before are drawn anew meanwhile, as people would see."""
WITHIN_S = 150
Seconds = list[float]


def run() -> list[Figure]:
    """Measure."""
    ours, theirs = bounded(_rounds(tuple(PEERS)), within_s=WITHIN_S)
    figures = []
    for name, limit in PEERS.items():
        if name not in theirs:
            continue  # it was told why
        target = Target(limit=limit, at_least=True)
        figures.append(_figure(f"{name}, p50", ours, theirs[name], target))
        figures.append(_figure(f"{name}, p99", ours, theirs[name], target, is_p99=True))
    return figures


def _figure(
    against: str,
    ours: Sequence[Seconds],
    theirs: Sequence[Seconds],
    target: Target,
    *,
    is_p99: bool = False,
) -> Figure:
    """Return a median of each round, or one 99th percentile of all rounds: each has too few."""
    if is_p99:
        sides = [(p99(_all(ours)), p99(_all(theirs)))]
    else:
        sides = [
            (statistics.median(mine), statistics.median(other))
            for mine, other in zip(ours, theirs, strict=True)
        ]
    mine, other = (statistics.median(side) for side in zip(*sides, strict=True))
    return Figure(
        name=f"told_remotely, {against}",
        rounds=[polled / told for told, polled in sides],
        target=target,
        unit="× faster",
        detail=f"{milliseconds(mine)} against {milliseconds(other)}",
        ours=lambda: bounded(_rounds(()), within_s=WITHIN_S),
    )


def _all(rounds: Sequence[Seconds]) -> Seconds:
    return [second for each in rounds for second in each]


async def _rounds(peers: Sequence[str]) -> tuple[list[Seconds], dict[str, list[Seconds]]]:
    """Return the seconds of each round: ours, and by peer theirs."""
    ours: list[Seconds] = []
    theirs: dict[str, list[Seconds]] = {}
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(served(channels=CALLS))
        agents = await stack.enter_async_context(Elsewhere.running())
        keys = [
            await gateway.agent_key(f"bot-{number}", channel)
            for number, channel in enumerate(gateway.channels)
        ]
        await agents.open([(gateway.url, key) for key in keys])
        running: dict[str, Peer] = {}
        for name in peers:
            try:
                opened = Peer.running(name, calls=CALLS)
                running[name] = await asyncio.to_thread(stack.enter_context, opened)
            except NoBaseline as why:
                print(f"told_remotely: no figure against {name} ({why})")
        await _told(gateway, agents, first=0)  # warms up; the peers do so while they start
        for number in range(ROUNDS):
            ours.append(await _told(gateway, agents, first=(number + 1) * CALLS))
            for name, peer in running.items():
                theirs.setdefault(name, []).append(await asyncio.to_thread(peer.round))
    return ours, theirs


async def _told(gateway: Served, agents: Elsewhere, *, first: int) -> Seconds:
    """Let each agent ask in its channel, and return the seconds from its click to its outcome."""
    told = await agents.ask([(number, first + number) for number in range(CALLS)])
    places = [await gateway.card(channel) for channel in gateway.channels]
    await asyncio.sleep(1)
    seconds = []
    for channel, ts, heard in zip(gateway.channels, places, told, strict=True):
        clicked_at = time.perf_counter()
        result = await gateway.slack.interactions.click(
            APPROVER, channel=channel, ts=ts, action_id=buttons.APPROVE
        )
        assert result.acked, result.error
        seconds.append(await heard - clicked_at)
        await asyncio.sleep(APART_S)
    return seconds
