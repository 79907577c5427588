"""What is known to be pending is looked up in memory, and never outlives its end."""

from approvals.domain.ids import RequestId
from approvals.gate.pending_keys import PendingKeys
from approvals.operations.ports import Committed
from tests.engine.gateway_in_test import a_gateway


async def test_a_pending_question_is_read_once_and_forgotten_when_it_ends() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks(key="k1")
        request = await gateway.pending()

        before = [await gateway.gateway.pending("k1") for _ in range(3)]
        await gateway.clicks(request.id)
        after = await gateway.gateway.pending("k1")

        assert before == [request.id] * 3
        assert after is None
        await call


async def test_an_end_heard_while_the_row_was_read_leaves_nothing_behind() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks(key="k1")
        request = await gateway.pending()
        known = PendingKeys()
        reads = 0

        async def read() -> RequestId | None:
            nonlocal reads
            reads += 1
            known.forget(Committed(ended=(request,)))
            return request.id

        await known.find("k1", read)
        await known.find("k1", read)

        assert reads == 2
        call.cancel()
