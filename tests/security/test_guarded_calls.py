"""C1, C9: guarded functions on a whole gateway, with the real store, up to their bodies."""

import asyncio
import random
import threading
from typing import Any

import pytest

from approvals.domain.decision import Verdict
from approvals.domain.errors import ArgsMismatch
from approvals.domain.ids import RequestId
from approvals.domain.permit import RESULT_MAX_CHARS
from approvals.gate import CallRejected, Gate
from approvals.gate.gateway import Clearance
from approvals.operations.deliver_outbox import take_jobs
from approvals.operations.ports import CardContent
from approvals.operations.read_card import read_cards
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway

gate = Gate(agent="deploy-bot")
ran: list[Any] = []
ASKING_EACH_TIME = POLICY.replace("timeout: 15m}", "timeout: 15m, cooldown: off}")
"""The same call comes round after round, rejected or not."""


@gate.guard(channel="#ops")
async def restart_service(number: int, labels: dict[str, list[str]]) -> tuple[int, Any]:
    ran.append((number, labels))
    await asyncio.sleep(0)
    return number, labels


SECRET = "ghp_" + "a1B2" * 9


@gate.guard(channel="#ops")
async def restart_and_read(length: int) -> str:
    return "x" * length + " " + SECRET + " and so on"


@pytest.fixture(autouse=True)
def _clean() -> None:
    ran.clear()


async def test_c1_arguments_changed_by_a_thread_while_people_think_change_nothing() -> None:
    async with a_gateway() as gateway:
        gate.use(gateway.gateway)
        labels = {"prod": ["checkout"]}
        calling = asyncio.create_task(restart_service(1, labels))
        request = await gateway.pending()
        meddler = threading.Thread(target=labels["prod"].append, args=["payments"])
        meddler.start()
        meddler.join()

        await gateway.clicks(request.id)
        await calling

        assert ran == [(1, {"prod": ["checkout"]})]
        assert labels == {"prod": ["checkout", "payments"]}


async def test_c1_what_was_cleared_for_other_arguments_never_reaches_a_body() -> None:
    async with a_gateway() as gateway:

        class Swapping:
            """Clears every call with the request of another, as a gateway at fault might."""

            async def ask(self, _: Any) -> Clearance:
                asked = gateway.asks("restart_service", {"number": 2, "labels": {}})
                request = await gateway.pending()
                await gateway.clicks(request.id)
                clearance: Clearance = await asked
                return clearance

            def __getattr__(self, name: str) -> Any:
                return getattr(gateway.gateway, name)

        gate.use(Swapping())
        with pytest.raises(ArgsMismatch):
            await restart_service(1, {})

        assert ran == []


async def asked(gateway: GatewayInTest, count: int) -> list[CardContent]:
    """Wait until *count* more questions are stored, and return their cards."""
    found: list[RequestId] = []
    while len(found) < count:
        await gateway.settled()
        found += [RequestId(job.subject) for job in await take_jobs(gateway.desk)]
    assert len(set(found)) == count
    cards = await asyncio.gather(*(read_cards(gateway.desk, each) for each in found))
    return [contents[0] for contents in cards]


async def assert_nothing_is_swapped(gateway: GatewayInTest, chance: random.Random) -> None:
    """Fifty calls side by side; which are rejected is told by the numbers on their cards."""
    ran.clear()
    rejected = set(chance.sample(range(50), 10))
    calls = [
        asyncio.create_task(restart_service(number, {"n": [str(number)]})) for number in range(50)
    ]
    cards = await asked(gateway, 50)
    chance.shuffle(cards)
    clicks = []
    for card in cards:
        number = card.request.call.arguments["number"]
        verdict = Verdict.REJECT if number in rejected else Verdict.APPROVE
        clicks.append(asyncio.create_task(gateway.clicks(card.request.id, verdict=verdict)))
        for _ in range(chance.randrange(3)):
            await asyncio.sleep(0)
    results = await asyncio.gather(*calls, return_exceptions=True)
    await asyncio.gather(*clicks)
    await take_jobs(gateway.desk)

    for number, result in enumerate(results):
        if number in rejected:
            assert isinstance(result, CallRejected)
            assert result.outcome.kind == "rejected"
        else:
            assert result == (number, {"n": [str(number)]})
    assert sorted(number for number, _ in ran) == sorted(set(range(50)) - rejected)
    assert all(labels == {"n": [str(number)]} for number, labels in ran)


async def test_c9_fifty_guarded_calls_decided_in_random_order_swap_nothing() -> None:
    chance = random.Random(9)
    async with a_gateway(policy=ASKING_EACH_TIME) as gateway:
        gate.use(gateway.gateway)
        for _ in range(25):
            await assert_nothing_is_swapped(gateway, chance)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
async def test_c9_a_thousand_rounds_of_fifty_calls_swap_nothing() -> None:
    chance = random.Random(1_000)
    async with a_gateway(policy=ASKING_EACH_TIME) as gateway:
        gate.use(gateway.gateway)
        for _ in range(1_000):
            await assert_nothing_is_swapped(gateway, chance)


@pytest.mark.parametrize("length", range(RESULT_MAX_CHARS - 40, RESULT_MAX_CHARS, 8))
async def test_l4_what_is_kept_of_a_result_never_holds_part_of_a_secret(length: int) -> None:
    async with a_gateway() as gateway:
        gate.use(gateway.gateway)
        calling = asyncio.create_task(restart_and_read(length))
        request = await gateway.pending()
        await gateway.clicks(request.id)

        assert SECRET in await calling
        permit = await gateway.store.write(lambda tx: tx.permit(request.id))

        assert permit is not None
        assert permit.result is not None
        assert permit.result.startswith("x" * (RESULT_MAX_CHARS - 50))
        assert SECRET[:8] not in permit.result
