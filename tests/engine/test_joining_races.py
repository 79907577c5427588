"""What races over a shared card ends once for each of its calls, on both databases."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.decision import Verdict
from approvals.domain.edit_errors import MoreJoined
from approvals.operations.cancel_request import cancel_request
from approvals.storage.postgres.audit_chain import verify_database
from approvals.storage.postgres.server import Server
from tests.engine.gateway_in_test import GatewayInTest, a_gateway
from tests.fakes.people import BOB, CAROL


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | Server:
    if request.param == "sqlite":
        return tmp_path / "sayso.db"
    server: Server = request.getfixturevalue("postgres")
    return server


async def stored(gateway: GatewayInTest) -> Sequence[ApprovalRequest]:
    """Every request there is, whichever card shows it."""
    found: dict[str, ApprovalRequest] = {}
    for content in gateway.messenger.posts:
        first = content.request.shown_by
        shown = await gateway.store.write(lambda tx, first=first: tx.shown_with(first))  # type: ignore[misc]
        found.update((each.id, each) for each in shown)
    return list(found.values())


async def ended(calls: Sequence[asyncio.Task[Any]]) -> Counter[str]:
    results = await asyncio.gather(*calls, return_exceptions=True)
    return Counter(type(each).__name__ for each in results)


async def test_identical_calls_at_the_same_instant_are_each_asked_once(
    place: Path | Server,
) -> None:
    async with a_gateway(place) as gateway:
        calls = [gateway.asks() for _ in range(12)]
        await gateway.delivered()

        requests = await stored(gateway)
        assert len(requests) == 12
        assert all(each.id > each.shown_by for each in requests if each.joined)
        for content in list(gateway.messenger.shown.values()):
            assert (await gateway.clicks(content.request.id)).refusal is None
        assert await ended(calls) == {"Clearance": 12}


async def test_d1_calls_that_join_while_people_click_are_decided_only_if_they_were_named(
    place: Path | Server,
) -> None:
    async with a_gateway(place) as gateway:
        calls = [gateway.asks() for _ in range(3)]
        await gateway.delivered()
        shown = list(gateway.messenger.shown.values())[-1]
        named = {each.id for each in shown.shown}

        late = [gateway.asks() for _ in range(3)]
        answers = await asyncio.gather(
            *(
                gateway.clicks(shown.request.id, who, others=len(shown.alike))
                for who in (BOB, CAROL)
            )
        )
        await gateway.delivered()

        approved = {each.id for each in await stored(gateway) if each.status is Status.APPROVED}
        assert approved <= named
        refused = [answer.refusal for answer in answers if answer.refusal]
        # Where one went through, the other comes too late or finds who joined meanwhile.
        assert bool(approved) is (len(refused) < len(answers))
        assert approved or all(isinstance(each, MoreJoined) for each in refused)
        for call in [*calls, *late]:
            call.cancel()
        await asyncio.gather(*calls, *late, return_exceptions=True)


async def test_d4_clicks_cancels_and_the_end_of_time_end_each_of_them_once(
    place: Path | Server,
) -> None:
    async with a_gateway(place) as gateway:
        calls = [gateway.asks() for _ in range(8)]
        await gateway.delivered()
        requests = await stored(gateway)
        shown = list(gateway.messenger.shown.values())[-1]

        await asyncio.gather(
            gateway.clicks(shown.request.id, BOB),
            gateway.clicks(shown.request.id, CAROL, verdict=Verdict.REJECT),
            *(
                cancel_request(gateway.desk, each.id, Cause.REQUESTER)
                for each in reversed(requests[:4])
            ),
            gateway.time_passes(timedelta(minutes=5)),
            return_exceptions=True,
        )
        await gateway.time_passes(timedelta(minutes=5))

        assert all(not each.is_pending for each in await stored(gateway))
        results = await asyncio.gather(*calls, return_exceptions=True)
        approved = [each for each in await stored(gateway) if each.status is Status.APPROVED]
        assert len(approved) == sum(not isinstance(each, Exception) for each in results)
    if isinstance(place, Server):
        assert (await verify_database(place)).is_intact
