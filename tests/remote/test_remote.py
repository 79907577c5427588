"""A gateway elsewhere: the same calls, the same exceptions, over the real HTTP door."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from approvals.domain.decision import Verdict
from approvals.domain.errors import ArgsMismatch
from approvals.domain.permit import PermitState
from approvals.gate import (
    CallAlreadyRan,
    CallCancelled,
    CallDenied,
    CallFrozen,
    CallRefused,
    CallRejected,
    CallTimedOut,
    CallUnavailable,
    Gate,
)
from approvals.operations.edit_request import edit_request
from tests.engine.freezing import frozen
from tests.engine.gateway_in_test import POLICY
from tests.fakes.bad_road import changing
from tests.fakes.people import ALICE, BOB, CAROL
from tests.remote.elsewhere import Elsewhere, elsewhere

EDITABLE = POLICY.replace("timeout: 15m}", "timeout: 15m, edit: true}")


@pytest_asyncio.fixture(params=["by long poll", "by stream"])
async def there(request: pytest.FixtureRequest) -> AsyncIterator[Elsewhere]:
    async with elsewhere(streams=request.param == "by stream") as opened:
        yield opened


@pytest_asyncio.fixture
async def over_a_road() -> AsyncIterator[Elsewhere]:
    async with elsewhere() as opened:
        yield opened


class Tool:
    """A guarded function that keeps what it was called with."""

    def __init__(self, gate: Gate, name: str = "restart_service") -> None:
        self.ran: list[Any] = []

        async def body(service: str, replicas: int = 1) -> str:
            self.ran.append((service, replicas))
            if service == "boom":
                raise ValueError("it broke")
            return f"{service} is up"

        self.call = gate.guard(name=name)(body)

    def begins(self, service: str = "web", **also: Any) -> asyncio.Task[str]:
        return asyncio.ensure_future(self.call(service, **also))


async def test_an_approved_call_runs_once_and_its_result_is_told(there: Elsewhere) -> None:
    tool = Tool(there.gate)
    with there.gate.calling(person=CAROL, reason="load") as said:
        calling = tool.begins("web", replicas=2)
        await there.approves()

        assert await calling == "web is up"

    permit = await there.permit()
    assert permit is not None
    assert (permit.state, permit.result) == (PermitState.SUCCEEDED, "web is up")
    assert tool.ran == [("web", 2)]
    assert said.outcome is not None
    assert said.outcome.by == BOB
    (request,) = await there.requests()
    assert (request.requester.agent, request.reason) == ("deploy-bot", "load")
    assert set(request.requester.people) == {ALICE, CAROL}


async def test_what_a_body_raises_reaches_its_caller_and_the_gateway(there: Elsewhere) -> None:
    tool = Tool(there.gate)
    calling = tool.begins("boom")
    await there.approves()

    with pytest.raises(ValueError, match="it broke"):
        await calling
    permit = await there.permit()
    assert permit is not None
    assert (permit.state, permit.result) == (PermitState.FAILED, "ValueError: it broke")


async def test_an_allowed_call_runs_without_a_person_and_a_denied_one_does_not(
    there: Elsewhere,
) -> None:
    allowed, denied = Tool(there.gate, "read_status"), Tool(there.gate, "drop_table")

    assert await allowed.begins() == "web is up"
    with pytest.raises(CallDenied, match="Dropping is done by hand"):
        await denied.begins()
    assert denied.ran == []


async def test_no_by_a_person_says_who_and_why(there: Elsewhere) -> None:
    tool = Tool(there.gate)
    calling = tool.begins()
    await there.approves(verdict=Verdict.REJECT, reason="not today")

    with pytest.raises(CallRejected, match="not today") as no:
        await calling
    assert no.value.outcome.by == BOB
    assert tool.ran == []


async def test_silence_and_withdrawal_are_told_as_what_they_are(there: Elsewhere) -> None:
    tool = Tool(there.gate)
    calling = tool.begins("a")
    await there.behind.pending()
    await there.behind.time_passes(timedelta(minutes=6))
    with pytest.raises(CallTimedOut):
        await calling

    with there.gate.calling(key="k1"):
        calling = tool.begins("b")
        while there.behind.messenger.posts[-1].request.call.arguments["service"] != "b":
            await there.behind.delivered()
            await asyncio.sleep(0.001)
    assert await there.gate.cancel("k1")
    with pytest.raises(CallCancelled):
        await calling
    assert not await there.gate.cancel("k1")
    assert not await there.gate.cancel("k2")
    assert tool.ran == []


async def test_D9_a_cancelled_wait_withdraws_its_question(there: Elsewhere) -> None:
    calling = Tool(there.gate).begins()
    request = await there.behind.pending()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling

    while (await there.behind.store.request(request.id)).is_pending:
        await asyncio.sleep(0.001)


async def test_D9_a_cancelled_wait_with_a_key_only_detaches(there: Elsewhere) -> None:
    tool = Tool(there.gate)
    with there.gate.calling(key="deploy 7 – with spaces"):
        first = tool.begins()
        request = await there.behind.pending()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        again = tool.begins()
        await there.behind.clicks(request.id)

        assert await again == "web is up"
        with pytest.raises(CallAlreadyRan, match="and succeeded"):
            await tool.begins()
        with pytest.raises(CallRefused) as refused:
            await tool.begins("other")
    assert refused.value.outcome.code == "idempotency_mismatch"
    assert tool.ran == [("web", 1)]
    assert len(await there.requests()) == 1


async def test_closing_sends_the_waiting_away_and_withdraws_what_nobody_can_find() -> None:
    async with elsewhere() as there:
        tool = Tool(there.gate)
        calling = tool.begins()
        request = await there.behind.pending()
        await there.gate.__aexit__(None, None, None)

        with pytest.raises(CallUnavailable, match="closed"):
            await calling
        assert not (await there.behind.store.request(request.id)).is_pending
        assert tool.ran == []


async def test_a_frozen_gateway_starts_nothing(there: Elsewhere) -> None:
    await frozen(there.behind)
    for name in ("restart_service", "read_status"):
        tool = Tool(there.gate, name)
        with pytest.raises(CallFrozen):
            await tool.begins()
        assert tool.ran == []


async def test_people_change_a_call_and_it_runs_so() -> None:
    async with elsewhere(policy=EDITABLE) as there:
        tool = Tool(there.gate)
        with there.gate.calling() as said:
            calling = tool.begins("web", replicas=9)
            request = await there.behind.pending()
            click = await there.behind.click_of(request.id, CAROL, digest=request.call.digest)
            assert (await edit_request(there.behind.desk, click, {0: "2"})).refusal is None
            (changed,) = await there.requests()
            await there.approves(digest=changed.call.digest)
            await calling

        assert tool.ran == [("web", 2)]
        assert said.outcome is not None
        assert said.outcome.edited is not None
        (change,) = said.outcome.edited.changes
        assert (change.path, change.before, change.after) == ("replicas", "9", "2")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{\\"replicas\\":1,\\"service\\":\\"web\\"}', '{\\"replicas\\":1,\\"service\\":\\"db\\"}'),
        ('{\\"replicas\\":1,', '{\\"replicas\\":1,\\"also\\":2,'),
    ],
)
async def test_c1_arguments_changed_on_the_way_back_never_reach_the_body(
    over_a_road: Elsewhere, old: str, new: str
) -> None:
    there = over_a_road
    there.road.goes_wrong("/claim", changing(old, new))
    tool = Tool(there.gate)
    calling = tool.begins()
    await there.approves()

    with pytest.raises(ArgsMismatch):
        await calling
    assert tool.ran == []
    permit = await there.permit()
    assert permit is not None
    assert permit.state is PermitState.FAILED
