"""The capability in a real pydantic-ai agent: what runs, what the model is told, who answered."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pydantic_ai import DeferredToolResults, ToolApproved

from approvals.domain.decision import Verdict
from approvals.domain.permit import PermitState
from approvals.gate import Gate
from approvals.gate.pydantic_ai import Approvals
from approvals.gate.testing import approved, edited, rejected, scripted
from tests.engine.gateway_in_test import GatewayInTest
from tests.fakes.people import BOB
from tests.frameworks.pydantic_ai.agents import an_agent, call, ran, returned

RESTART = call("restart_service", "call_1", name="checkout")


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    ran.clear()


async def test_an_approved_call_runs_with_what_was_asked_and_its_end_is_kept(
    gateway: GatewayInTest, gate: Gate
) -> None:
    running = asyncio.create_task(an_agent(RESTART, capabilities=[Approvals(gate=gate)]).run("go"))
    asked = await gateway.pending()
    assert (ran, asked.call.arguments) == ([], {"name": "checkout"})

    await gateway.clicks(asked.id)

    assert returned(await running).content == "checkout restarted"
    assert ran == [{"name": "checkout", "drain_s": 30}]
    permit = await gateway.store.write(lambda tx: tx.permit(asked.id))
    assert permit is not None
    assert (permit.state, permit.result) == (PermitState.SUCCEEDED, "checkout restarted")


async def test_a_rejection_is_a_denial_with_the_reason_as_a_quotation(
    gateway: GatewayInTest, gate: Gate
) -> None:
    running = asyncio.create_task(an_agent(RESTART, capabilities=[Approvals(gate=gate)]).run("go"))
    asked = await gateway.pending()

    await gateway.clicks(asked.id, verdict=Verdict.REJECT, reason="not on a Friday")

    told = returned(await running)
    assert told.outcome == "denied"
    assert told.content.startswith("A person rejected this call.")
    assert '"not on a Friday"' in told.content
    assert ran == []


async def test_a_timeout_is_not_told_as_a_persons_no(gateway: GatewayInTest, gate: Gate) -> None:
    running = asyncio.create_task(an_agent(RESTART, capabilities=[Approvals(gate=gate)]).run("go"))
    await gateway.pending()

    await gateway.time_passes(timedelta(minutes=6))

    assert "nobody rejected it" in returned(await running).content
    assert ran == []


async def test_rules_of_the_policy_answer_without_a_person(
    gateway: GatewayInTest, gate: Gate
) -> None:
    calls = call("read_status", "call_1", name="web"), call("drop_table", "call_2", name="users")

    result = await an_agent(*calls, capabilities=[Approvals(gate=gate)]).run("go")

    assert returned(result).content == {"web": "up"}
    assert "The policy denies this call." in returned(result, "call_2").content
    assert ran == [{"name": "web"}]


async def test_what_people_changed_is_what_runs_and_the_model_is_told() -> None:
    gate = Gate(agent="deploy-bot")
    agent = an_agent(RESTART, capabilities=[Approvals(gate=gate)])
    async with scripted(gate, edited(drain_s=90)):
        result = await agent.run("go")

    assert ran == [{"name": "checkout", "drain_s": 90}]
    assert returned(result).content == (
        "Changed by U0TEST before restart_service ran: drain_s from nothing to 90.\n"
        "checkout restarted"
    )


async def test_words_of_an_approver_stand_beside_a_result_that_is_no_text() -> None:
    gate = Gate(agent="deploy-bot")
    agent = an_agent(call("read_status", name="web"), capabilities=[Approvals(gate=gate)])
    async with scripted(gate, approved("once")):
        told = returned(await agent.run("go")).content

    assert told["result"] == {"web": "up"}
    assert told["approval"].endswith('"once"')


async def test_arguments_that_the_tool_does_not_take_do_not_reach_it() -> None:
    gate = Gate(agent="deploy-bot")
    agent = an_agent(RESTART, capabilities=[Approvals(gate=gate)])
    async with scripted(gate, edited(drain_s="soon")) as script:
        await agent.run("go")

    assert ran == []
    assert script.asked[0].succeeded is False


async def test_a_card_offers_the_form_for_other_arguments(
    gateway: GatewayInTest, gate: Gate
) -> None:
    running = asyncio.create_task(an_agent(RESTART, capabilities=[Approvals(gate=gate)]).run("go"))

    asked = await gateway.pending()

    assert asked.schema_digest is not None
    await gateway.clicks(asked.id)
    await running


async def test_who_answered_stands_in_the_results() -> None:
    gate = Gate(agent="deploy-bot")
    seen: list[Any] = []

    class Listens(Approvals):
        async def handle_deferred_tool_calls(self, ctx: Any, *, requests: Any) -> Any:
            results = await super().handle_deferred_tool_calls(ctx, requests=requests)
            seen.append(results)
            return results

    async with scripted(gate, approved()):
        await an_agent(RESTART, capabilities=[Listens(gate=gate)]).run("go")

    assert seen[0].answered_by == {"call_1": "U0TEST"}
    assert seen[0].approvals["call_1"].override_args == {"name": "checkout"}


async def test_calls_of_one_turn_are_asked_side_by_side() -> None:
    gate, seen = Gate(agent="deploy-bot"), asyncio.Barrier(2)

    async def answer(asked: Any) -> Any:
        await seen.wait()
        return approved() if asked.arguments["name"] == "web" else rejected()

    calls = [call("restart_service", f"call_{name}", name=name) for name in ("web", "mail")]
    async with scripted(gate, answer):
        await an_agent(*calls, capabilities=[Approvals(gate=gate)]).run("go")

    assert ran == [{"name": "web", "drain_s": 30}]


@pytest.mark.parametrize("given", [True, ToolApproved(override_args={"name": "everything"})])
async def test_an_approval_from_elsewhere_counts_for_nothing(given: Any) -> None:
    gate = Gate(agent="deploy-bot")
    paused = await an_agent(RESTART, capabilities=[]).run("go")  # no capability: nobody answers
    agent = an_agent(RESTART, capabilities=[Approvals(gate=gate)])
    async with scripted(gate, rejected()) as script:
        result = await agent.run(
            message_history=paused.all_messages(),
            deferred_tool_results=DeferredToolResults(approvals={"call_1": given}),
        )

    assert len(script.asked) == 1
    assert returned(result).outcome == "denied"
    assert ran == []


async def test_a_call_that_the_tool_wants_to_have_again_is_recorded_as_failed() -> None:
    gate = Gate(agent="deploy-bot")
    agent = an_agent(call("restart_badly", name="web"), capabilities=[Approvals(gate=gate)])
    async with scripted(gate, approved()) as script:
        await agent.run("go")

    assert script.asked[0].succeeded is False
    assert "no such host" in (script.asked[0].result or "")


async def test_a_cancelled_run_ends_its_permit() -> None:
    gate = Gate(agent="deploy-bot")
    agent = an_agent(call("restart_slowly", name="web"), capabilities=[Approvals(gate=gate)])
    async with scripted(gate, approved()) as script:
        running = asyncio.create_task(agent.run("go"))
        while not ran:
            await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.wait([running])

    assert script.asked[0].succeeded is False


async def test_a_call_that_waits_is_withdrawn_with_its_run(
    gateway: GatewayInTest, gate: Gate
) -> None:
    running = asyncio.create_task(an_agent(RESTART, capabilities=[Approvals(gate=gate)]).run("go"))
    asked = await gateway.pending()

    running.cancel()
    await asyncio.wait([running])

    stored = await gateway.store.write(lambda tx: tx.request(asked.id))
    assert stored is not None
    assert not stored.is_pending


async def test_what_needs_no_approval_is_left_alone() -> None:
    gate = Gate(agent="deploy-bot")
    async with scripted(gate, rejected()) as script:
        result = await an_agent(call("say", text="hello"), capabilities=[Approvals(gate=gate)]).run(
            "go"
        )

    assert (returned(result).content, script.asked) == ("hello", [])


async def test_people_may_not_approve_for_themselves(gateway: GatewayInTest, gate: Gate) -> None:
    agent = an_agent(RESTART, capabilities=[Approvals(gate=gate)])
    with gate.calling(person=BOB):
        running = asyncio.create_task(agent.run("go"))
    asked = await gateway.pending()

    await gateway.clicks(asked.id, BOB)

    assert asked.requester.person == BOB
    assert not running.done()
    running.cancel()
    await asyncio.wait([running])
