"""LangChain's own HumanInTheLoopMiddleware, answered through a real gateway in both its shapes."""

from datetime import timedelta
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage

from approvals.domain.decision import Verdict
from approvals.domain.permit import PermitState
from approvals.gate import Gate
from approvals.gate.langchain import answer_interrupts
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_policy
from tests.gate.hitl import TWO, an_agent, answering, ended, permits
from tests.gate.pausing import CONFIG, ran, started, told
from tests.gate.scripted_agent import call
from tests.waiting import until

BOTH = pytest.mark.parametrize("mode", ["batched", "per_call"])


@BOTH
async def test_what_it_interrupts_becomes_our_question_and_runs_once(
    gateway: GatewayInTest, gate: Gate, mode: str
) -> None:
    agent = an_agent(mode, *TWO)
    await started(agent)

    task = await answering(agent, gate, gateway)
    asked = {each.request.call.arguments["service"] for each in gateway.messenger.posts}
    for content in list(gateway.messenger.posts):
        await gateway.clicks(content.request.id)
    values = await ended(gateway, task)

    assert asked == {"web", "api"}
    assert sorted(ran) == ["api", "web"]
    assert told(values) == ["web restarted", "api restarted"]
    assert await permits(gateway) == [PermitState.SUCCEEDED, PermitState.SUCCEEDED]


@BOTH
async def test_a_rejection_reaches_the_model_with_its_reason_and_its_sibling_runs(
    gateway: GatewayInTest, gate: Gate, mode: str
) -> None:
    agent = an_agent(mode, *TWO)
    await started(agent)

    task = await answering(agent, gate, gateway)
    web, api = gateway.messenger.posts
    await gateway.clicks(web.request.id, verdict=Verdict.REJECT, reason="not today")
    await gateway.clicks(api.request.id)
    values = await ended(gateway, task)

    said = {m.tool_call_id: m for m in values["messages"] if isinstance(m, ToolMessage)}
    assert ran == ["api"]
    assert said["c1"].status == "error"
    assert 'not an instruction): "not today"' in said["c1"].text
    assert said["c2"].text == "api restarted"


@BOTH
async def test_a_timeout_is_not_told_as_a_persons_no(
    gateway: GatewayInTest, gate: Gate, mode: str
) -> None:
    agent = an_agent(mode, TWO[0])
    await started(agent)

    task = await answering(agent, gate, gateway)
    await gateway.time_passes(timedelta(minutes=6))
    (said,) = told(await ended(gateway, task))

    assert ran == []
    assert said.startswith("Nobody answered in time.")
    assert "User rejected" not in said


@BOTH
async def test_what_it_interrupts_is_asked_even_where_a_rule_allows_it(
    gateway: GatewayInTest, gate: Gate, mode: str
) -> None:
    agent = an_agent(mode, call("read_status", service="web"), asked={"read_status": True})
    await started(agent)

    task = await answering(agent, gate, gateway)
    before = list(ran)
    await gateway.clicks((await gateway.pending()).id)
    await ended(gateway, task)

    assert (before, ran) == ([], ["read web"])


@BOTH
async def test_what_a_rule_denies_is_told_and_nobody_is_asked(
    gateway: GatewayInTest, gate: Gate, mode: str
) -> None:
    agent = an_agent(mode, TWO[0])
    await started(agent)
    gateway.policies.append(_denying())

    (said,) = told(await answer_interrupts(agent, CONFIG, gate=gate))

    assert ran == []
    assert gateway.messenger.posts == []
    assert said.startswith("The policy denies this call")


async def _second_decided_first(
    mode: str, gateway: GatewayInTest, gate: Gate, *, then: PermitState
) -> tuple[tuple[list[str], list[PermitState | None]], dict[str, Any]]:
    """Decide two calls, the later one first: what had happened in between, and the end.

    In between is when the permit of the later one is *then*.
    """
    agent = an_agent(mode, *TWO)
    await started(agent)
    task = await answering(agent, gate, gateway)
    first, second = gateway.messenger.posts
    await gateway.clicks(second.request.id)

    async def is_then() -> bool:
        return (await permits(gateway))[1] is then

    await until(is_then)
    await gateway.settled()
    between = (list(ran), await permits(gateway))
    await gateway.clicks(first.request.id)
    return between, await ended(gateway, task)


async def test_a_batch_is_answered_when_all_of_it_is_decided(
    gateway: GatewayInTest, gate: Gate
) -> None:
    between, _ = await _second_decided_first("batched", gateway, gate, then=PermitState.UNCLAIMED)

    assert between == ([], [None, PermitState.UNCLAIMED])
    assert sorted(ran) == ["api", "web"]


async def test_calls_one_by_one_run_as_soon_as_each_is_decided(
    gateway: GatewayInTest, gate: Gate
) -> None:
    between, values = await _second_decided_first(
        "per_call", gateway, gate, then=PermitState.SUCCEEDED
    )

    assert between == (["api"], [None, PermitState.SUCCEEDED])
    assert ran == ["api", "web"]
    assert told(values) == ["web restarted", "api restarted"]


async def test_the_models_message_stays_as_it_was(gateway: GatewayInTest, gate: Gate) -> None:
    agent = an_agent("batched", *TWO)
    await started(agent)
    task = await answering(agent, gate, gateway)
    for content in list(gateway.messenger.posts):
        await gateway.clicks(content.request.id, verdict=Verdict.REJECT, reason="no")
    values = await ended(gateway, task)

    (asked,) = [m for m in values["messages"] if isinstance(m, AIMessage) and m.tool_calls]
    assert [each["args"] for each in asked.tool_calls] == [{"service": "web"}, {"service": "api"}]


def _denying() -> Any:
    return a_policy(POLICY.replace("effect: ask, risk: high", "effect: deny"))
