"""What time and a new policy do to a call that pauses."""

from datetime import timedelta

import pytest

from approvals.domain.permit import PermitState
from approvals.gate import Gate
from approvals.gate.langchain import resume_paused
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_policy
from tests.gate.pausing import CONFIG, an_agent, ran, started, told
from tests.gate.scripted_agent import call

ASKS = "effect: ask, risk: high"


async def test_a_paused_call_that_nobody_answers_is_told_as_timed_out(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent(gate, call("restart_service", service="web"))
    await started(agent)
    await gateway.delivered()

    await gateway.time_passes(timedelta(minutes=6))
    (said,) = told(await resume_paused(agent, CONFIG, gate=gate))

    assert ran == []
    assert said.startswith("Nobody answered in time.")
    assert "said no" not in said


async def test_an_approval_that_is_too_old_is_asked_for_once_more(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent(gate, call("restart_service", service="web"))
    await started(agent)
    first = await gateway.pending()
    await gateway.clicks(first.id)
    gateway.clock.advance(timedelta(hours=25))

    await agent.ainvoke(None, CONFIG, durability="sync")
    second = await gateway.pending()
    await agent.ainvoke(None, CONFIG, durability="sync")
    before = list(ran)
    await gateway.clicks(second.id)
    await resume_paused(agent, CONFIG, gate=gate)

    assert before == []
    assert (second.earlier, second.ask_number) == (first.id, first.ask_number + 1)
    assert len(gateway.messenger.posts) == 2
    assert ran == ["web"]


async def test_what_is_denied_while_it_is_paused_does_not_run_though_it_was_approved(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent(gate, call("restart_service", service="web"))
    await started(agent)
    request = await gateway.pending()
    await gateway.clicks(request.id)
    gateway.policies.append(a_policy(POLICY.replace(ASKS, "effect: deny")))

    (said,) = told(await resume_paused(agent, CONFIG, gate=gate))

    permit = await gateway.store.write(lambda tx: tx.permit(request.id))
    assert ran == []
    assert said.startswith("The policy denies this call")
    assert permit is not None
    assert permit.state is PermitState.UNCLAIMED


async def test_what_ran_stays_told_as_ran_though_it_is_denied_by_now(
    gateway: GatewayInTest, gate: Gate
) -> None:
    with gate.calling(key="K1"):
        first = an_agent(gate, call("restart_service", service="web"))
        await started(first)
        await gateway.clicks((await gateway.pending()).id)
        await resume_paused(first, CONFIG, gate=gate)
    gateway.policies.append(a_policy(POLICY.replace(ASKS, "effect: deny")))

    with gate.calling(key="K1"):
        again = await started(an_agent(gate, call("restart_service", service="web")))

    (said,) = told(again.value)
    assert ran == ["web"]
    assert "web restarted" in said
    assert "denies" not in said


@pytest.mark.parametrize("now", ["effect: allow", "effect: ask, risk: low"])
async def test_an_approval_stands_when_the_policy_asks_less(
    gateway: GatewayInTest, gate: Gate, now: str
) -> None:
    agent = an_agent(gate, call("restart_service", service="web"))
    await started(agent)
    await gateway.clicks((await gateway.pending()).id)
    gateway.policies.append(a_policy(POLICY.replace(ASKS, now)))

    values = await resume_paused(agent, CONFIG, gate=gate)

    assert told(values) == ["web restarted"]
    assert len(gateway.messenger.posts) == 1


async def test_a_pending_question_stands_though_a_rule_allows_the_call_by_now(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent(gate, call("restart_service", service="web"))
    await started(agent)
    request = await gateway.pending()
    gateway.policies.append(a_policy(POLICY.replace(ASKS, "effect: allow")))

    await agent.ainvoke(None, CONFIG, durability="sync")
    before = list(ran)
    await gateway.clicks(request.id)
    await resume_paused(agent, CONFIG, gate=gate)

    assert (before, ran) == ([], ["web"])
