"""From a click to its acknowledgement at 20 clicks a second, with 1,000 pending and a slow store.

Real Socket Mode, every use of the store 50 ms later, and the outbox drawing the decided cards
meanwhile. The clicks come when they come, whether or not those before are answered; each counts
from the moment it was due, so that a process that falls behind is found out.
"""

import asyncio
import time

from approvals.operations.ports import Store
from benchmarks.figures import Figure, Target, bounded, milliseconds, p99
from benchmarks.gateway import APPROVER, PROD, BenchGateway, a_gateway, proposal
from benchmarks.slow_store import SlowStore
from bot.slack import buttons

TOOL = "restart_service"
PENDING = 1_000
CLICKS = 200
EACH_S = 1 / 20
STORE_DELAY_S = 0.05
ROUNDS = 3
WITHIN_S = 300


def run() -> list[Figure]:
    """Measure."""
    rounds = bounded(_rounds(ROUNDS), within_s=WITHIN_S)
    ends = [p99(each) * 1e3 for each in rounds]
    usual = sorted(second for each in rounds for second in each)[len(rounds) * CLICKS // 2]
    return [
        Figure(
            name="busy_clicks, p99",
            rounds=ends,
            target=Target(limit=500),
            unit=" ms",
            detail=f"median {milliseconds(usual)}",
            ours=lambda: bounded(_rounds(1), within_s=WITHIN_S),
        )
    ]


async def _rounds(count: int) -> list[list[float]]:
    stores: list[SlowStore] = []

    def slowed(store: Store) -> Store:
        stores.append(SlowStore(store))
        return stores[-1]

    async with a_gateway(loops=True, wrap=slowed) as gateway:
        calls = [
            asyncio.create_task(gateway.gateway.ask(proposal(TOOL, number)))
            for number in range(PENDING)
        ]
        places = await _posted(gateway, PENDING)
        stores[0].delay_s = STORE_DELAY_S
        rounds = [
            await _round(gateway, places[number * CLICKS : (number + 1) * CLICKS])
            for number in range(count)
        ]
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        return rounds


async def _posted(gateway: BenchGateway, count: int) -> list[str]:
    """Return where cards with buttons stand, once that many do."""
    while True:
        messages = gateway.slack.workspace.messages(PROD, limit=count)
        open_ones = [each.ts for each in messages if buttons.APPROVE in str(each.blocks)]
        if len(open_ones) == count:
            return open_ones
        await asyncio.sleep(1)


async def _round(gateway: BenchGateway, places: list[str]) -> list[float]:
    """Click on every card in *places*; return the seconds to each acknowledgement."""
    begins = time.perf_counter()

    async def click(number: int, ts: str) -> float:
        due = begins + number * EACH_S
        await asyncio.sleep(due - time.perf_counter())
        result = await gateway.slack.interactions.click(
            APPROVER, channel=PROD, ts=ts, action_id=buttons.APPROVE
        )
        assert result.acked, result.error
        return time.perf_counter() - due

    return await asyncio.gather(*(click(number, ts) for number, ts in enumerate(places)))
