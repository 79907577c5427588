"""What is done in a storm: agents ask, people press, Slack refuses, forgets and hangs up."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from approvals.domain.outcome import OutcomeKind
from approvals.gate import Gate
from approvals.gate.exceptions import CallNotApproved
from bot.sandbox.calls import Call
from bot.sandbox.faults import Fault, FaultKind
from bot.slack.slack_methods import Lane, lane_of
from tests.storm.crowd import Crowd
from tests.storm.gateway import CHANNELS, StormGateway

FAULTS = (
    Fault(kind=FaultKind.RATE_LIMITED, chance=0.1, seconds=2, times=None),
    Fault(kind=FaultKind.RATE_LIMITED, chance=0.111, seconds=7, times=None),
    Fault(kind=FaultKind.LOST_REPLY, chance=0.025, times=None),
    Fault(kind=FaultKind.SERVER_ERROR, chance=0.026, times=None),
)
"""Of a hundred calls 20 are answered 429, 2 get no reply and 2 a 5xx: each strikes some of those
that the faults before it left alone."""
KINDS = ("plain", "plain", "plain", "asked", "both", "short")
UNDER_WAY_S = 0.01
"""A call that Slack got so soon after it had said Retry-After had left already."""

Tools = Mapping[str, Callable[[int], Awaitable[None]]]


@dataclass(kw_only=True)
class Storm:
    """One storm, and what came of it."""

    requests: int
    drops: int
    lasts: timedelta
    dice: random.Random
    ran: Counter[int] = field(default_factory=Counter)
    """How often the body of each agent's call ran."""
    told: dict[int, OutcomeKind] = field(default_factory=dict)
    """What each agent was told."""
    calls: list[Call] = field(default_factory=list)
    """What Slack heard."""

    async def rage(self, gateway: StormGateway) -> Crowd:
        """Let everything happen; returns when every agent has its answer and nothing is due."""
        crowd = Crowd(gateway.slack, self.dice)
        for fault in FAULTS:
            await gateway.slack.faults.switch_on(fault)
        beside = [
            asyncio.create_task(crowd.press_for_ever(self._each_s / 1.5)),
            asyncio.create_task(self._drop_sockets(gateway)),
            asyncio.create_task(self._listen(gateway)),
        ]
        tools = [self._tools(gateway, channel) for channel in CHANNELS]
        agents = [asyncio.create_task(self._agent(n, tools)) for n in range(self.requests)]
        await asyncio.gather(*agents)
        await gateway.until_nothing_is_due(timedelta(hours=2))
        for task in beside:
            task.cancel()
        await asyncio.wait(beside)
        await self._close_second_posts(gateway, crowd)
        self._take_calls(gateway)
        return crowd

    @property
    def _each_s(self) -> float:
        return self.lasts.total_seconds() / self.requests

    def _tools(self, gateway: StormGateway, channel: str) -> Tools:
        gate = Gate(agent="storm-bot", channel=channel)
        gate.use(gateway.gateway)
        return {kind: self._tool(gate, kind) for kind in KINDS}

    def _tool(self, gate: Gate, kind: str) -> Callable[[int], Awaitable[None]]:
        async def tool(number: int) -> None:
            self.ran[number] += 1

        return gate.guard(name=f"{kind}_call")(tool)

    async def _agent(self, number: int, tools: Sequence[Tools]) -> None:
        begins_s = self.dice.random() * self.lasts.total_seconds()
        tool = self.dice.choice(tools)[self.dice.choice(KINDS)]
        await asyncio.sleep(begins_s)
        try:
            await tool(number)
            self.told[number] = OutcomeKind.APPROVED
        except CallNotApproved as told:
            self.told[number] = told.outcome.kind

    async def _drop_sockets(self, gateway: StormGateway) -> None:
        for _ in range(self.drops):
            await asyncio.sleep(self.lasts.total_seconds() / (self.drops + 1))
            await gateway.slack.faults.switch_on(Fault(kind=FaultKind.SOCKET_DROP))

    async def _listen(self, gateway: StormGateway) -> None:
        while True:
            await asyncio.sleep(60)
            self._take_calls(gateway)

    def _take_calls(self, gateway: StormGateway) -> None:
        """Take over what Slack heard, because it forgets what is older than its last thousands."""
        self.calls += gateway.slack.calls
        gateway.slack.calls.clear()

    async def _close_second_posts(self, gateway: StormGateway, crowd: Crowd) -> None:
        """Where nobody heard that a card was posted it stands twice: whoever presses, closes it."""
        for _ in range(20):
            if not crowd.pressable:
                return
            await crowd.press_all()
            await gateway.door.errands.settled()
            await gateway.until_nothing_is_due(timedelta(hours=1))


def too_early(calls: Sequence[Call]) -> list[tuple[Lane, float]]:
    """Calls that went out although Slack had said Retry-After: their lanes, and how early."""
    closed: dict[Lane, tuple[float, float]] = {}
    found = []
    for call in calls:
        lane = lane_of(call.method, call.arguments.get("channel"))
        said_at_s, until_s = closed.get(lane, (0.0, 0.0))
        if said_at_s + UNDER_WAY_S < call.at_s < until_s:
            found.append((lane, until_s - call.at_s))
        if call.retry_after_s is not None:
            closed[lane] = (call.at_s, max(until_s, call.at_s + call.retry_after_s))
    return found
