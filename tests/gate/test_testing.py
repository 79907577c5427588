"""`approvals.gate.testing`: what users' own tests put in the place of a gateway."""

import asyncio
from datetime import date
from typing import Any

import pytest

from approvals.domain.errors import GatewayRunning, IdempotencyMismatch
from approvals.gate import (
    CallAlreadyRan,
    CallDenied,
    CallNotApproved,
    CallRefused,
    CallRejected,
    CallTimedOut,
    Gate,
)
from approvals.gate.exceptions import GateNotConnected
from approvals.gate.testing import (
    Answer,
    Asked,
    NotScripted,
    ScriptedGateRefused,
    answered,
    approved,
    edited,
    ended,
    rejected,
    scripted,
)
from tests.gate.pausing import an_agent, started, told
from tests.gate.scripted_agent import call

gate = Gate(agent="deploy-bot", channel="#ops")
ran: list[int] = []


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    ran.clear()
    monkeypatch.delenv("SAYSO_URL", raising=False)


@gate.guard
async def scale(name: str, replicas: int = 1) -> str:
    ran.append(replicas)
    if replicas < 0:
        raise ValueError("not below nothing")
    return f"{name} has {replicas}"


@gate.guard
def stop(name: str) -> str:
    return f"{name} stopped"


async def test_an_approved_call_runs_and_is_there_to_look_at() -> None:
    async with scripted(gate, approved()) as script:
        with gate.calling(person="U1", reason="more load", key="k1"):
            assert await scale("web", 3) == "web has 3"

    (asked,) = script.asked
    assert (asked.tool, asked.arguments) == ("scale", {"name": "web", "replicas": 3})
    assert (asked.agent, asked.channel, set(asked.people)) == ("deploy-bot", "#ops", {"U1"})
    assert (asked.reason, asked.key) == ("more load", "k1")
    assert (asked.succeeded, asked.result) == (True, "web has 3")
    assert script.ran == ["scale"]


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (rejected("not today"), CallRejected),
        (ended("timed_out"), CallTimedOut),
        (ended("denied", "never"), CallDenied),
    ],
)
async def test_a_call_that_may_not_run_raises_what_a_gateway_would(
    answer: Answer, raised: type[CallNotApproved]
) -> None:
    async with scripted(gate, answer) as script:
        with pytest.raises(raised) as refused:
            await scale("web")

    assert refused.value.outcome.reason == answer.reason
    assert (ran, script.ran, len(script.asked)) == ([], [], 1)


async def test_people_can_have_changed_the_call() -> None:
    async with scripted(gate, edited(replicas=2)):
        with gate.calling() as context:
            assert await scale("web", 9) == "web has 2"

    assert context.outcome is not None
    assert context.outcome.edited is not None
    assert [each.path for each in context.outcome.edited.changes] == ["replicas"]
    assert ran == [2]


async def test_each_tool_can_have_an_answer_and_a_call_without_one_does_not_run() -> None:
    async with scripted(gate, {"stop": approved()}):
        assert await asyncio.to_thread(stop, "web") == "web stopped"
        with pytest.raises(NotScripted, match="scale was called"):
            await scale("web")
    assert ran == []


async def test_a_function_answers_by_what_is_asked_and_a_coroutine_when_it_likes() -> None:
    gone_on = asyncio.Event()

    async def few(asked: Asked) -> Answer:
        await gone_on.wait()
        return approved() if asked.arguments["replicas"] == 1 else rejected("too many")

    async with scripted(gate, few):
        calls = [asyncio.create_task(scale("web", count)) for count in (1, 50)]
        await asyncio.sleep(0)
        assert ran == []
        gone_on.set()
        ended_calls = await asyncio.gather(*calls, return_exceptions=True)

    assert ran == [1]
    assert isinstance(ended_calls[1], CallRejected)


async def test_what_is_no_answer_runs_nothing() -> None:
    nothing: Any = lambda _: True  # noqa: E731
    async with scripted(gate, nothing):
        with pytest.raises(NotScripted, match="return an Answer"):
            await scale("web")
    assert ran == []


async def test_a_body_that_fails_is_told_as_failed() -> None:
    async with scripted(gate, approved()) as script:
        with pytest.raises(ValueError, match="not below nothing"):
            await scale("web", -1)

    assert script.asked[0].succeeded is False
    assert "not below nothing" in str(script.asked[0].result)


async def test_a_key_runs_once_and_binds_its_arguments() -> None:
    async with scripted(gate, approved()) as script:
        with gate.calling(key="k1"):
            await scale("web")
            with pytest.raises(CallAlreadyRan):
                await scale("web")
            with pytest.raises(CallRefused) as refused:
                await scale("api")

    assert refused.value.outcome.code == IdempotencyMismatch.code
    assert len(script.asked) == len(ran) == 1


def test_code_without_asyncio_is_tested_without_it() -> None:
    with scripted(gate, approved()) as script:
        assert stop("web") == "web stopped"

    assert script.ran == ["stop"]


async def test_an_agent_that_pauses_is_answered_at_once() -> None:
    of_agent = Gate(agent="deploy-bot")
    async with scripted(of_agent, approved()) as script:
        agent = an_agent(of_agent, call("restart_service", service="web"))
        answer = await started(agent)

    assert told(answer.value) == ["web restarted"]
    assert script.ran == ["restart_service"]


async def test_after_the_block_the_gate_is_as_it_was() -> None:
    with pytest.raises(KeyError):
        async with scripted(gate, approved()):
            raise KeyError
    with pytest.raises(GateNotConnected):
        await scale("web")
    with scripted(gate, approved()):
        assert stop("web") == "web stopped"


async def test_where_a_gateway_is_named_it_refuses_to_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SAYSO_URL", "")
    with pytest.raises(ScriptedGateRefused, match="SAYSO_URL"):
        async with scripted(gate, approved()):
            await scale("web")
    with pytest.raises(ScriptedGateRefused), scripted(gate, approved()):
        stop("web")
    assert ran == []


async def test_a_gate_that_is_connected_is_not_taken_over() -> None:
    async with scripted(gate, rejected()):
        with pytest.raises(GatewayRunning):
            async with scripted(gate, approved()):
                await scale("web")
        with pytest.raises(CallRejected):
            await scale("web")
    assert ran == []


async def test_a_test_answers_what_the_program_asks_people() -> None:
    def by_question(asked: Asked) -> Answer:
        return answered("us") if "region" in str(asked.arguments["question"]) else rejected("busy")

    async with scripted(gate, by_question) as script:
        with gate.calling(key="k1"):
            assert await gate.ask("Which region?", options=["eu", "us"]) == "us"
            assert await gate.ask("Which region?", options=["eu", "us"]) == "us"
        with pytest.raises(CallRejected, match="busy"):
            await gate.ask("Which team?")
    assert [each.tool for each in script.asked] == ["sayso.inquiry", "sayso.inquiry"]
    assert script.ran == []


def test_a_script_without_a_loop_is_answered_too() -> None:
    with scripted(gate, {"sayso.inquiry": answered(date(2026, 3, 2))}):
        assert gate.ask_blocking("When?", schema=date) == date(2026, 3, 2)


@pytest.mark.parametrize("answer", [answered("mars"), approved(), edited(answer="eu")])
async def test_what_no_person_could_answer_fails_the_test(answer: Answer) -> None:
    async with scripted(gate, answer):
        with pytest.raises(NotScripted):
            await gate.ask("Which region?", options=["eu", "us"])


async def test_an_answer_lets_no_tool_run() -> None:
    async with scripted(gate, answered("eu")):
        with pytest.raises(NotScripted, match="approved"):
            await scale("web")
    assert ran == []
