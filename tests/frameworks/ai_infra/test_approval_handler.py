"""The approval handler in a real ai-infra `Agent`: what runs, what the model is told."""

import asyncio
import inspect
from datetime import timedelta
from typing import Any

import pytest
from ai_infra.llm.session import memory

from approvals.domain.decision import Verdict
from approvals.domain.errors import UnsupportedTool
from approvals.domain.permit import PermitState
from approvals.gate import Gate
from approvals.gate.ai_infra import approval_handler
from approvals.gate.declared import Declared
from approvals.gate.testing import approved, edited, rejected, scripted
from tests.engine.gateway_in_test import GatewayInTest
from tests.fakes.people import ALICE, BOB
from tests.frameworks.ai_infra.agents import TOOLS, an_agent, content, failures, ran
from tests.gate.scripted_agent import call

RESTART = call("restart_service", "call_1", name="checkout")


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    ran.clear()
    failures.clear()


def test_the_handler_is_what_the_agent_awaits() -> None:
    handler = approval_handler(Gate(agent="deploy-bot"), TOOLS)

    assert inspect.iscoroutinefunction(handler)


async def test_an_approved_call_runs_with_what_was_asked_and_its_end_is_kept(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent(RESTART, approval_handler=approval_handler(gate, TOOLS))
    running = asyncio.create_task(agent.arun("go"))
    asked = await gateway.pending()
    assert ran == []

    await gateway.clicks(asked.id)

    assert content(await running) == "checkout restarted"
    assert ran == [{"name": "checkout", "drain_s": 30}]
    permit = await gateway.store.write(lambda tx: tx.permit(asked.id))
    assert permit is not None
    assert permit.state is PermitState.SUCCEEDED
    assert permit.result == "checkout restarted"


async def test_a_rejection_is_told_and_nothing_runs(gateway: GatewayInTest, gate: Gate) -> None:
    agent = an_agent(RESTART, approval_handler=approval_handler(gate, TOOLS))
    running = asyncio.create_task(agent.arun("go"))
    asked = await gateway.pending()

    await gateway.clicks(asked.id, verdict=Verdict.REJECT, reason="not on a Friday")

    said = content(await running)
    assert said.startswith("[Tool call rejected: A person rejected this call.")
    assert '"not on a Friday"' in said
    assert ran == []


async def test_a_timeout_is_not_told_as_a_persons_no(gateway: GatewayInTest, gate: Gate) -> None:
    agent = an_agent(RESTART, approval_handler=approval_handler(gate, TOOLS))
    running = asyncio.create_task(agent.arun("go"))
    await gateway.pending()

    await gateway.time_passes(timedelta(minutes=6))

    assert "Nobody answered in time. The call did not run; nobody rejected it." in content(
        await running
    )
    assert ran == []


async def test_rules_of_the_policy_answer_without_a_person(
    gateway: GatewayInTest, gate: Gate
) -> None:
    handler = approval_handler(gate, TOOLS)
    reads, drops = call("read_status", name="web"), call("drop_table", name="users")

    allowed = content(await an_agent(reads, approval_handler=handler).arun("go"))
    denied = content(await an_agent(drops, approval_handler=handler).arun("go"))

    assert allowed == "web is up"
    assert "The policy denies this call." in denied
    assert ran == [{"name": "web"}]


async def test_what_people_changed_is_what_runs() -> None:
    gate = Gate(agent="deploy-bot")
    agent = an_agent(RESTART, approval_handler=approval_handler(gate, TOOLS))
    async with scripted(gate, edited(drain_s=90)):
        await agent.arun("go")

    assert ran == [{"name": "checkout", "drain_s": 90}]


async def test_a_card_offers_the_form_for_other_arguments(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent(RESTART, approval_handler=approval_handler(gate, TOOLS))
    running = asyncio.create_task(agent.arun("go"))

    asked = await gateway.pending()

    assert asked.schema_digest is not None
    await gateway.clicks(asked.id)
    await running


async def test_a_tool_it_was_not_made_for_does_not_run() -> None:
    handler = approval_handler(Gate(agent="deploy-bot"), TOOLS[1:])

    said = content(await an_agent(RESTART, approval_handler=handler).arun("go"))

    assert "restart_service is not one of the tools" in said
    assert ran == []


async def test_a_gate_that_is_not_connected_lets_nothing_run() -> None:
    handler = approval_handler(Gate(agent="deploy-bot"), TOOLS)

    said = content(await an_agent(RESTART, approval_handler=handler).arun("go"))

    assert "not connected to a gateway" in said
    assert ran == []


async def test_calls_of_one_turn_are_asked_side_by_side() -> None:
    gate, seen = Gate(agent="deploy-bot"), asyncio.Barrier(2)

    async def answer(asked: Any) -> Any:
        await seen.wait()
        return approved() if asked.arguments["name"] == "web" else rejected()

    calls = [call("restart_service", f"call_{name}", name=name) for name in ("web", "mail")]
    agent = an_agent(*calls, approval_handler=approval_handler(gate, TOOLS))
    async with scripted(gate, answer):
        await agent.arun("go")

    assert ran == [{"name": "web", "drain_s": 30}]


def test_a_tool_that_is_guarded_already_is_refused() -> None:
    gate = Gate(agent="deploy-bot")
    guarded = gate.guard_tools(TOOLS)

    with pytest.raises(UnsupportedTool, match="would ask twice"):
        approval_handler(gate, guarded)


async def test_guarded_tools_need_no_handler() -> None:
    gate = Gate(agent="deploy-bot")
    async with scripted(gate, approved("go ahead")) as script:
        said = content(await an_agent(RESTART, tools=gate.guard_tools(TOOLS)).arun("go"))

    assert (script.ran, ran) == (["restart_service"], [{"name": "checkout", "drain_s": 30}])
    assert said.endswith("checkout restarted")


class TestHowTheBodyEnds:
    """ai-infra runs it, and may swallow its error, give it up or try it again."""

    async def test_a_failure_that_the_agent_swallows_is_recorded_as_one(self) -> None:
        failures.append("no such host")

        (asked,) = await self.ran_with()

        assert (asked.succeeded, asked.result) == (False, "RuntimeError: no such host")

    async def test_one_approval_is_not_used_for_a_second_try(self) -> None:
        failures.extend(["and again", "no such host"])

        (asked,) = await self.ran_with(on_tool_error="retry", max_tool_retries=2)

        assert len(ran) == 1
        assert (asked.succeeded, asked.result) == (False, "RuntimeError: no such host")

    async def test_a_tool_declared_idempotent_may_be_tried_again(self) -> None:
        failures.append("no such host")
        declared = Declared.of(idempotent=["restart_*"])

        (asked,) = await self.ran_with(declared=declared, on_tool_error="retry", max_tool_retries=2)

        assert len(ran) == 2
        assert (asked.succeeded, asked.result) == (True, "checkout restarted")

    async def test_a_body_that_is_given_up_is_not_recorded_as_a_success(self) -> None:
        (asked,) = await self.ran_with(call("restart_slowly", name="web"), tool_timeout=0.05)

        assert asked.succeeded is False
        assert "may go on" in (asked.result or "")

    async def test_a_cancelled_run_ends_its_permit(self) -> None:
        gate = Gate(agent="deploy-bot")
        agent = an_agent(
            call("restart_slowly", name="web"), approval_handler=approval_handler(gate, TOOLS)
        )
        async with scripted(gate, approved()) as script:
            running = asyncio.create_task(agent.arun("go"))
            while not ran:
                await asyncio.sleep(0.001)
            running.cancel()
            await asyncio.wait([running])
            while not script.ran:
                await asyncio.sleep(0.001)

        assert script.asked[0].succeeded is False

    async def ran_with(self, *calls: Any, declared: Any = None, **also: Any) -> list[Any]:
        gate = Gate(agent="deploy-bot")
        more = {} if declared is None else {"declared": declared}
        handler = approval_handler(gate, TOOLS, **more)
        async with scripted(gate, approved()) as script:
            await an_agent(*(calls or (RESTART,)), approval_handler=handler, **also).arun("go")
        return script.asked


class TestSessions:
    """The request that ai-infra passes names no session; the run that awaits the handler does."""

    async def test_two_sessions_of_one_handler_ask_for_their_own_people(
        self, gateway: GatewayInTest, gate: Gate
    ) -> None:
        people = {"alice-1": ALICE, "bob-1": BOB}
        handler = approval_handler(
            gate, TOOLS, sessions=lambda session: gate.calling(person=people[session])
        )
        agent = an_agent(RESTART, approval_handler=handler, session=memory())
        running = {
            session: asyncio.create_task(agent.arun("go", session_id=session)) for session in people
        }
        while len(gateway.messenger.posts) < 2:
            await asyncio.sleep(0.01)
            await gateway.delivered()

        asked = {post.request.requester.person: post.request for post in gateway.messenger.posts}

        assert set(asked) == {ALICE, BOB}
        await gateway.clicks(asked[ALICE].id, BOB)
        assert content(await running["alice-1"]) == "checkout restarted"
        refused = await gateway.clicks(asked[BOB].id, BOB)  # nobody approves what is asked for them
        assert not running["bob-1"].done(), refused
        running["bob-1"].cancel()
        await asyncio.wait([running["bob-1"]])

    async def test_a_run_of_another_session_is_refused(self) -> None:
        gate = Gate(agent="deploy-bot")
        handler = approval_handler(gate, TOOLS, session="alice-1")
        agent = an_agent(RESTART, approval_handler=handler, session=memory())
        async with scripted(gate, approved()):
            wrong = content(await agent.arun("go", session_id="bob-1"))
            right = content(await agent.arun("go", session_id="alice-1"))

        assert "A handler made for one session was called in a run of another." in wrong
        assert right == "checkout restarted"
        assert len(ran) == 1

    @pytest.mark.parametrize("has_session", [True, False])
    async def test_a_session_nobody_knows_is_refused(self, has_session: bool) -> None:
        gate = Gate(agent="deploy-bot")
        people = {"alice-1": ALICE}
        handler = approval_handler(
            gate, TOOLS, sessions=lambda session: gate.calling(person=people[session])
        )
        also = {"session": memory()} if has_session else {}
        agent = an_agent(RESTART, approval_handler=handler, **also)
        async with scripted(gate, approved()):
            said = content(await agent.arun("go", session_id="mallory-1"))

        assert "Nobody knows which session this call belongs to" in said
        assert ran == []

    async def test_a_handler_of_one_session_serves_an_agent_that_keeps_none(self) -> None:
        gate = Gate(agent="deploy-bot")
        handler = approval_handler(
            gate,
            TOOLS,
            session="alice-1",
            sessions=lambda session: gate.calling(person=ALICE, reason=session),
        )
        async with scripted(gate, approved()) as script:
            await an_agent(RESTART, approval_handler=handler).arun("go")

        assert (script.asked[0].people, script.asked[0].reason) == (frozenset([ALICE]), "alice-1")
