"""How a body ended reaches the store, also where that was away just then."""

import asyncio

import pytest

from approvals.domain.errors import StoreUnavailable
from approvals.domain.permit import PermitState
from tests.engine.gateway_in_test import a_gateway
from tests.fakes.virtual_time import LoopClock, in_virtual_time
from tests.slack_door.troubled_stores import TroubledStore


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        ({"succeeded": True, "result": "done"}, PermitState.SUCCEEDED),
        ({"succeeded": False, "result": "late", "is_unknown": True}, PermitState.UNKNOWN),
    ],
)
def test_an_end_that_the_store_missed_is_told_once_it_is_back(
    said: dict[str, object], ends: PermitState
) -> None:
    async def scenario() -> list[PermitState]:
        async with a_gateway(clock=LoopClock()) as gateway:
            call = gateway.asks()
            request = await gateway.pending()
            await gateway.clicks(request.id)
            clearance = await call
            store = TroubledStore(gateway.store)
            object.__setattr__(gateway.desk, "store", store)
            store.failure = StoreUnavailable("The store is away.")

            await gateway.gateway.report(clearance, **said)  # type: ignore[arg-type]
            await asyncio.sleep(30)
            store.failure = None
            states = []
            for _ in range(2):
                permit = await store.write(lambda tx: tx.permit(request.id))
                assert permit is not None
                states.append(permit.state)
                await asyncio.sleep(2)
            return states

    assert in_virtual_time(scenario) == [PermitState.CLAIMED, ends]


def test_a_gateway_that_closes_does_not_wait_for_a_store_that_is_away() -> None:
    async def scenario() -> float:
        async with a_gateway(clock=LoopClock()) as gateway:
            call = gateway.asks()
            await gateway.clicks((await gateway.pending()).id)
            clearance = await call
            store = TroubledStore(gateway.store)
            object.__setattr__(gateway.desk, "store", store)
            store.failure = StoreUnavailable("The store is away.")
            await gateway.gateway.report(clearance, succeeded=True, result="done")
            began = asyncio.get_running_loop().time()
            await gateway.gateway.close()
            return asyncio.get_running_loop().time() - began

    assert in_virtual_time(scenario) <= 1.1
