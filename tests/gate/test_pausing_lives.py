"""Pauses that outlive their process: files reopened, a new gate, a new agent, nothing in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import tool

from approvals.domain.decision import Verdict
from approvals.domain.permit import PermitState
from approvals.gate import EndUnknown, Gate
from approvals.gate.declared import Declared
from approvals.gate.langchain import paused_requests, resume_paused
from approvals.operations.recover import recover
from tests.agents.images import without_newest_checkpoint
from tests.engine.gateway_in_test import GatewayInTest
from tests.fakes.people import FakeMessenger
from tests.gate.pausing import CONFIG, Dying, Killed, a_life, an_agent, dying, ran, started, told
from tests.gate.scripted_agent import call

WEB = call("restart_service", service="web")
Life = tuple[GatewayInTest, Gate, Any]


@pytest.fixture(autouse=True)
def _clean() -> None:
    ran.clear()


@asynccontextmanager
async def next_life(directory: Path, number: int, cards: FakeMessenger) -> AsyncIterator[Life]:
    async with a_life(directory, number, messenger=cards) as life:
        await recover(life[0].desk)
        yield life


async def test_a_pause_outlives_its_process_before_and_after_the_decision(tmp_path: Path) -> None:
    async with a_life(tmp_path) as (gateway, gate, saver):
        await started(an_agent(gate, WEB, saver=saver))
        request = await gateway.pending()
        cards = gateway.messenger
    async with next_life(tmp_path, 2, cards) as (gateway, gate, saver):
        state = await an_agent(gate, WEB, saver=saver).aget_state(CONFIG)
        waiting = paused_requests(state.interrupts)
        await gateway.clicks(request.id)

    async with next_life(tmp_path, 3, cards) as (gateway, gate, saver):
        values = await resume_paused(an_agent(gate, WEB, saver=saver), CONFIG, gate=gate)

    assert waiting == (request.id,)
    assert ran == ["web"]
    assert told(values) == ["web restarted"]
    assert len(cards.posts) == 1


async def test_a_result_that_is_kept_before_its_step_is_built_upon_in_the_next_life(
    tmp_path: Path,
) -> None:
    async with a_life(tmp_path) as (gateway, gate, saver):
        agent = an_agent(gate, WEB, saver=saver)
        await started(agent)
        await gateway.clicks((await gateway.pending()).id)
        before = await resume_paused(agent, CONFIG, gate=gate)
        cards = gateway.messenger
    without_newest_checkpoint(tmp_path)

    async with next_life(tmp_path, 2, cards) as (_, gate, saver):
        values = await resume_paused(an_agent(gate, WEB, saver=saver), CONFIG, gate=gate)

    assert [each.text for each in values["messages"]] == [each.text for each in before["messages"]]
    assert ran == ["web"]


async def test_a_rejection_outlives_its_process(tmp_path: Path) -> None:
    async with a_life(tmp_path) as (gateway, gate, saver):
        await started(an_agent(gate, WEB, saver=saver))
        await gateway.clicks((await gateway.pending()).id, verdict=Verdict.REJECT, reason="no")
        cards = gateway.messenger

    async with next_life(tmp_path, 2, cards) as (_, gate, saver):
        values = await resume_paused(an_agent(gate, WEB, saver=saver), CONFIG, gate=gate)

    assert ran == []
    assert "A person rejected this call" in told(values)[0]


async def test_of_two_siblings_the_finished_one_is_not_repeated_in_the_next_life(
    tmp_path: Path,
) -> None:
    api = call("restart_service", "c2", service="api")
    async with a_life(tmp_path) as (gateway, gate, saver):
        agent = an_agent(gate, WEB, api, saver=saver)
        await started(agent)
        await gateway.delivered()
        first, second = gateway.messenger.asked
        await gateway.clicks(first.id)
        await agent.ainvoke(None, CONFIG, durability="sync")
        cards = gateway.messenger

    async with next_life(tmp_path, 2, cards) as (gateway, gate, saver):
        await gateway.clicks(second.id)
        values = await resume_paused(an_agent(gate, WEB, api, saver=saver), CONFIG, gate=gate)

    assert ran == [first.call.arguments["service"], second.call.arguments["service"]]
    assert told(values) == ["web restarted", "api restarted"]


async def killed(directory: Path, where: str, **options: Any) -> FakeMessenger:
    """Live until the approved body runs, and die in it or before its end is recorded."""

    async with a_life(directory) as (gateway, gate, saver):
        agent = an_agent(gate, WEB, saver=saver, tools=[dying(where)], **options)
        await started(agent)
        await gateway.clicks((await gateway.pending()).id)
        dying_gateway: Any = Dying(gateway.gateway)
        gate.use(dying_gateway)
        with pytest.raises(Killed):
            await agent.ainvoke(None, CONFIG, durability="sync")
        return gateway.messenger


F2_F3 = pytest.mark.parametrize("where", ["before its effect", "after its effect"])


@F2_F3
async def test_f2_f3_a_call_that_was_interrupted_is_asked_again_and_not_repeated_by_itself(
    tmp_path: Path, where: str
) -> None:
    cards = await killed(tmp_path, where)
    before = list(ran)

    async with next_life(tmp_path, 2, cards) as (gateway, gate, saver):
        agent = an_agent(gate, WEB, saver=saver, tools=[dying("nowhere")])
        await agent.ainvoke(None, CONFIG, durability="sync")
        between = list(ran)
        again = await gateway.pending()
        lost = await gateway.store.write(lambda tx: tx.permit(cards.posts[0].request.id))
        await gateway.clicks(again.id)
        values = await resume_paused(agent, CONFIG, gate=gate)

    assert between == before
    assert lost is not None
    assert lost.state is PermitState.UNKNOWN
    assert again.earlier == cards.posts[0].request.id
    assert told(values) == ["web restarted"]


@F2_F3
async def test_f2_f3_an_interrupted_call_of_an_idempotent_tool_goes_on_as_its_second_attempt(
    tmp_path: Path, where: str
) -> None:
    declared = Declared.of(idempotent=["restart_*"])
    cards = await killed(tmp_path, where, declared=declared)

    async with next_life(tmp_path, 2, cards) as (gateway, gate, saver):
        agent = an_agent(gate, WEB, saver=saver, tools=[dying("nowhere")], declared=declared)
        values = await resume_paused(agent, CONFIG, gate=gate)
        request_id = cards.posts[0].request.id
        permit = await gateway.store.write(lambda tx: tx.permit(request_id))

    assert told(values) == ["web restarted"]
    assert permit is not None
    assert (permit.attempt, permit.state) == (2, PermitState.SUCCEEDED)
    assert {content.request.id for content in cards.posts} == {request_id}


async def test_f3_a_result_that_was_recorded_and_not_checkpointed_is_told_and_not_repeated(
    tmp_path: Path,
) -> None:
    async with a_life(tmp_path) as (gateway, gate, saver):
        agent = an_agent(gate, WEB, saver=saver)
        await started(agent)
        await gateway.clicks((await gateway.pending()).id)
        state = await agent.aget_state(CONFIG)
        await agent.ainvoke(None, CONFIG, durability="sync")
        cards = gateway.messenger

    async with next_life(tmp_path, 2, cards) as (_, gate, saver):
        agent = an_agent(gate, WEB, saver=saver)
        values = await agent.ainvoke(None, state.config, durability="sync")

    assert ran == ["web"]
    assert "web restarted" in told(values)[0]


@pytest.mark.parametrize("is_sync", [False, True])
async def test_f3_a_body_that_does_not_know_its_end_is_asked_about_and_not_repeated_by_itself(
    tmp_path: Path, is_sync: bool
) -> None:
    attempts: list[str] = []

    def begin(service: str) -> str:
        attempts.append(service)
        if len(attempts) == 1:
            raise EndUnknown("the line was cut")
        return f"{service} restarted"

    if is_sync:

        @tool
        def restart_service(service: str) -> str:
            """Restart a service."""
            return begin(service)

    else:

        @tool
        async def restart_service(service: str) -> str:
            """Restart a service."""
            return begin(service)

    async with a_life(tmp_path) as (gateway, gate, saver):
        agent = an_agent(gate, WEB, tools=[restart_service], saver=saver)
        await started(agent)
        first = await gateway.pending()
        await gateway.clicks(first.id)
        resuming = asyncio.create_task(resume_paused(agent, CONFIG, gate=gate))
        while (again := await gateway.pending()).id == first.id:
            await asyncio.sleep(0.01)
        permit = await gateway.store.write(lambda tx: tx.permit(first.id))
        before = list(attempts)
        await gateway.clicks(again.id)
        values = await resuming

    assert permit is not None
    assert permit.state is PermitState.UNKNOWN
    assert before == ["web"]
    assert again.earlier == first.id
    assert told(values) == ["web restarted"]
