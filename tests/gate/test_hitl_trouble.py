"""HumanInTheLoopMiddleware answered when a process dies, a tool raises, or cannot be asked."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langgraph.types import Command

from approvals.domain import run_errors
from approvals.domain.errors import UnsupportedTool
from approvals.domain.permit import PermitState
from approvals.gate import Gate
from approvals.gate.langchain import answer_interrupts
from approvals.operations.recover import recover
from tests.agents.images import without_newest_checkpoint
from tests.engine.gateway_in_test import GatewayInTest
from tests.gate.hitl import TWO, an_agent, answering, ended, permits
from tests.gate.pausing import CONFIG, TOOLS, Dying, Killed, a_life, dying, ran, started


@pytest.fixture(autouse=True)
def _clean() -> None:
    ran.clear()


BOTH = pytest.mark.parametrize("mode", ["batched", "per_call"])


@BOTH
async def test_f2_answering_goes_on_in_a_new_process_with_the_same_questions(
    tmp_path: Path, mode: str
) -> None:
    async with a_life(tmp_path) as (gateway, gate, saver):
        agent = an_agent(mode, *TWO, saver=saver)
        await started(agent)
        task = await answering(agent, gate, gateway)
        asked = [each.request.id for each in gateway.messenger.posts]
        cards = gateway.messenger
        task.cancel()
        await asyncio.wait({task})

    async with a_life(tmp_path, 2, messenger=cards) as (gateway, gate, saver):
        await recover(gateway.desk)
        task = await answering(an_agent(mode, *TWO, saver=saver), gate, gateway)
        for request_id in asked:
            await gateway.clicks(request_id)
        await ended(gateway, task)

    assert sorted(ran) == ["api", "web"]
    assert [each.request.id for each in cards.posts] == asked


@BOTH
async def test_f2_a_result_that_is_kept_before_its_step_is_built_upon(
    tmp_path: Path, mode: str
) -> None:
    async with a_life(tmp_path) as (gateway, gate, saver):
        agent = an_agent(mode, TWO[0], saver=saver)
        await started(agent)
        task = await answering(agent, gate, gateway)
        await gateway.clicks(gateway.messenger.posts[0].request.id)
        before = await ended(gateway, task)
        cards = gateway.messenger
    for _ in ("the last step", "the answer", "the call"):
        without_newest_checkpoint(tmp_path)

    async with a_life(tmp_path, 2, messenger=cards) as (gateway, gate, saver):
        after = await answer_interrupts(an_agent(mode, TWO[0], saver=saver), CONFIG, gate=gate)

    assert [each.text for each in after["messages"]] == [each.text for each in before["messages"]]
    assert ran == ["web"]


async def test_f2_a_batch_killed_amid_its_tools_is_not_entered_again(tmp_path: Path) -> None:
    async with a_life(tmp_path) as (_gateway, gate, saver):
        agent = an_agent("batched", TWO[0], saver=saver)
        await started(agent)
        (interrupt,) = (await agent.aget_state(CONFIG)).interrupts
        resume = _command(interrupt.id)
        await agent.ainvoke(resume, CONFIG, durability="sync", interrupt_after="*")

    async with a_life(tmp_path, 2) as (_, gate, saver):
        agent = an_agent("batched", TWO[0], saver=saver)
        with pytest.raises(run_errors.CallsUnfinished, match="restart_service may have run"):
            await answer_interrupts(agent, CONFIG, gate=gate)

    assert ran == []


async def test_f2_a_call_killed_in_its_body_is_asked_again_and_not_repeated_by_itself(
    tmp_path: Path,
) -> None:
    async with a_life(tmp_path) as (gateway, gate, saver):
        tools = [dying("after its effect")]
        agent = an_agent("per_call", TWO[0], saver=saver, tools=tools)
        await started(agent)
        task = await answering(agent, gate, gateway)
        dying_gateway: Any = Dying(gateway.gateway)
        gate.use(dying_gateway)
        first = gateway.messenger.posts[0].request
        await gateway.clicks(first.id)
        with pytest.raises(Killed):
            await ended(gateway, task)
        cards = gateway.messenger

    async with a_life(tmp_path, 2, messenger=cards) as (gateway, gate, saver):
        await recover(gateway.desk)
        agent = an_agent("per_call", TWO[0], saver=saver, tools=[dying("nowhere")])
        task = await answering(agent, gate, gateway)
        between = list(ran)
        again = cards.posts[-1].request
        await gateway.clicks(again.id)
        await ended(gateway, task)

    assert between == ["web"]
    assert again.earlier == first.id
    assert ran == ["web", "web"]


async def test_a_tool_that_raises_is_recorded_as_failed(gateway: GatewayInTest, gate: Gate) -> None:
    async def restart_service(service: str) -> str:
        """Restart a service."""
        raise RuntimeError(f"no route to {service}")

    agent = an_agent("batched", TWO[0], tools=[restart_service])
    await started(agent)

    task = await answering(agent, gate, gateway)
    await gateway.clicks((await gateway.pending()).id)
    with pytest.raises(RuntimeError, match="no route to web"):
        await ended(gateway, task)

    assert await permits(gateway) == [PermitState.FAILED]


async def test_an_answer_that_people_could_not_give_is_refused_before_they_are_asked(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent(
        "batched", TWO[0], asked={"restart_service": {"allowed_decisions": ["approve"]}}
    )
    await started(agent)

    with pytest.raises(run_errors.InterruptNotAnswerable, match="allows only approve"):
        await answer_interrupts(agent, CONFIG, gate=gate)

    await gateway.delivered()
    assert gateway.messenger.posts == []


async def test_a_tool_that_asks_by_itself_is_not_asked_about_twice(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent("batched", TWO[0], tools=gate.guard_tools(TOOLS))
    await started(agent)

    with pytest.raises(UnsupportedTool, match="would ask twice"):
        await answer_interrupts(agent, CONFIG, gate=gate)


@BOTH
async def test_two_who_answer_one_thread_at_once_run_nothing_twice(
    gateway: GatewayInTest, gate: Gate, mode: str
) -> None:
    agent = an_agent(mode, TWO[0])
    await started(agent)
    task = await answering(agent, gate, gateway)

    with pytest.raises(run_errors.RunNotReady):
        await answer_interrupts(agent, CONFIG, gate=gate)
    await gateway.clicks((await gateway.pending()).id)
    await ended(gateway, task)

    assert ran == ["web"]


def _command(interrupt_id: str) -> Any:
    return Command(resume={interrupt_id: {"decisions": [{"type": "approve"}]}})
