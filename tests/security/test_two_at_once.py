"""D4, D11: two who end a request in different ways at once; whoever comes first has ended it."""

import asyncio
import itertools
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import Cause, Status
from approvals.domain.decision import Verdict
from approvals.operations.cancel_request import cancel_request
from tests.engine.gateway_in_test import POLICY, a_gateway
from tests.fakes.people import BOB, CAROL, DANA
from tests.security.evidence import endings, permit_state
from tests.security.test_races import code_of, ending_of, press
from tests.storage.given import held_back

TWO_NEEDED = POLICY.replace(
    "effect: ask, risk: high", "effect: ask, quorum: [{of: sre, count: 2}]"
).replace("[U0BOB, U0CAROL]", "[U0BOB, U0CAROL, U0DANA]")


async def at_once(store: Any, racers: list[Coroutine[Any, Any, Any]]) -> list[str]:
    """Let all of them wait for the store in this order, and return what each was told."""
    async with held_back(store):
        racing = []
        for racer in racers:
            racing.append(asyncio.create_task(racer))
            await asyncio.sleep(0.005)
    return [code_of(each) for each in await asyncio.gather(*racing, return_exceptions=True)]


@pytest.mark.parametrize("cancels_first", [True, False])
@pytest.mark.parametrize("verdict", Verdict)
async def test_d4_a_cancel_and_a_click_at_once_give_one_ending_and_the_other_is_told(
    tmp_path: Path, verdict: Verdict, cancels_first: bool
) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path) as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        click = press(gateway, verdict=verdict)
        cancel = cancel_request(gateway.desk, request.id, Cause.REQUESTER)

        told = await at_once(gateway.store, [cancel, click] if cancels_first else [click, cancel])

        assert told == ["done", "already_decided"]
        decided = Status.APPROVED if verdict is Verdict.APPROVE else Status.REJECTED
        status = Status.CANCELLED if cancels_first else decided
        assert endings(path, request.id) == [status]
        assert await ending_of(call) == status
        assert (permit_state(path, request.id) is not None) is (status is Status.APPROVED)


@pytest.mark.parametrize("order", [*itertools.permutations(["BOB", "CAROL", "no"])], ids="-".join)
async def test_d11_one_rejection_closes_in_whatever_order_it_meets_the_approvals(
    tmp_path: Path, order: tuple[str, ...]
) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path, policy=TWO_NEEDED) as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        clicks = {
            "BOB": lambda: press(gateway, BOB),
            "CAROL": lambda: press(gateway, CAROL),
            "no": lambda: press(gateway, DANA, verdict=Verdict.REJECT),
        }

        told = await at_once(gateway.store, [clicks[who]() for who in order])

        is_last = order[-1] == "no"
        assert endings(path, request.id) == [Status.APPROVED if is_last else Status.REJECTED]
        assert await ending_of(call) == ("approved" if is_last else "rejected")
        after = order.index("no") if not is_last else 1
        assert told == ["done"] * (after + 1) + ["already_decided"] * (2 - after)
