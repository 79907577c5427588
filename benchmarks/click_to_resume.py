"""From a click to the tool's body running, durable, over real Socket Mode, against a poller.

The gateway with its loops and the local Slack beside it, in one process. Ours: an approver presses
the card's button in the local Slack, Bolt gets it by Socket Mode, the decision is stored, the
waiting call resumes, claims its permit and runs. The poller waits for decisions made in the same
way by asking the store every three seconds, from a moment of its own; it claims nothing. Medians
of wall time.
"""

import asyncio
import random
import statistics
import time

from approvals.domain.approval_request import ApprovalRequest, Requester
from approvals.gate import Gate
from approvals.operations.ask import Ask, new_request
from approvals.operations.submit_request import submit_request
from benchmarks.figures import Figure, Target, bounded, milliseconds
from benchmarks.gateway import APPROVER, PROD, BenchGateway, a_call, a_gateway
from bot.slack import buttons

ROUNDS = 5
CLICKS = 30
POLL_EVERY_S = 3.0
_random = random.Random(7)


def run() -> list[Figure]:
    """Measure."""
    rounds = bounded(_rounds())
    ours, poller = (statistics.median(side) for side in zip(*rounds, strict=True))
    return [
        Figure(
            name="click_to_resume",
            rounds=[theirs / mine for mine, theirs in rounds],
            target=Target(limit=200, at_least=True),
            unit="× faster",
            detail=f"p50 {milliseconds(ours)} against {milliseconds(poller)}",
            ours=lambda: bounded(_ours_alone()),
        )
    ]


async def _rounds() -> list[tuple[float, float]]:
    """Return the medians of each round in seconds: ours, the poller's."""
    async with a_gateway(loops=True) as gateway:
        return [(await _resumed(gateway), await _polled(gateway)) for _ in range(ROUNDS)]


async def _ours_alone() -> None:
    async with a_gateway(loops=True) as gateway:
        for _ in range(ROUNDS):
            await _resumed(gateway)


async def _resumed(gateway: BenchGateway) -> float:
    """Return the median seconds from the click until the guarded body runs."""
    ran_at: dict[int, float] = {}
    gate = Gate(agent="deploy-bot", channel=PROD)
    gate.use(gateway.gateway)

    @gate.guard
    async def restart_service(service: str, zone: str, number: int) -> None:
        ran_at[number] = time.perf_counter()

    gateway.display.asked.clear()
    calls = [
        asyncio.create_task(restart_service("checkout", "eu-1", number)) for number in range(CLICKS)
    ]
    while len(gateway.display.asked) < CLICKS:
        await asyncio.sleep(0)
    seconds = []
    for request in list(gateway.display.asked):
        clicked_at = await _click(gateway, request)
        number = request.call.arguments["number"]
        assert isinstance(number, int)
        await calls[number]
        await gateway.door.errands.settled()
        seconds.append(ran_at[number] - clicked_at)
    return statistics.median(seconds)


async def _polled(gateway: BenchGateway) -> float:
    """Return the median seconds from the click until a poller sees the decision."""
    requests = []
    for number in range(CLICKS):
        ask = Ask(
            call=a_call("restart_service", number),
            requirement=gateway.desk.policy().requirement(a_call("restart_service", number)),
            requester=Requester(agent="deploy-bot"),
        )
        requests.append(await submit_request(gateway.desk, new_request(gateway.desk, ask)))
    for request in requests:
        await _posted(gateway, request)
    pollers = [asyncio.create_task(_poll(gateway, request)) for request in requests]
    clicked_at = [await _click(gateway, request) for request in requests]
    seen_at = await asyncio.gather(*pollers)
    return statistics.median(
        seen - clicked for seen, clicked in zip(seen_at, clicked_at, strict=True)
    )


async def _poll(gateway: BenchGateway, request: ApprovalRequest) -> float:
    await asyncio.sleep(_random.uniform(0, POLL_EVERY_S))
    while True:
        found = await gateway.desk.store.request(request.id)
        if found is not None and not found.is_pending:
            return time.perf_counter()
        await asyncio.sleep(POLL_EVERY_S)


async def _click(gateway: BenchGateway, request: ApprovalRequest) -> float:
    """Press Approve on the request's card and return when it was pressed."""
    ts = await _posted(gateway, request)
    pressed_at = time.perf_counter()
    result = await gateway.slack.interactions.click(
        APPROVER, channel=PROD, ts=ts, action_id=buttons.APPROVE
    )
    assert result.acked, result
    return pressed_at


async def _posted(gateway: BenchGateway, request: ApprovalRequest) -> str:
    while True:
        (card,) = await gateway.desk.store.write(lambda tx: tx.cards(request.id))
        if card.ts is not None:
            return card.ts
        await asyncio.sleep(0.01)
