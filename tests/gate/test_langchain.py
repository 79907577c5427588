"""LangChain tools behind the gate, run by a real agent with a scripted chat model."""

import asyncio
import sys
import threading
from typing import Any

import pytest
from langchain_core.tools import tool

from approvals.domain.outcome import OutcomeKind
from approvals.gate import Gate
from tests.fakes.scripted_gateway import ScriptedGateway, approve
from tests.gate.scripted_agent import call, run_agent

ran: list[Any] = []


@pytest.fixture(autouse=True)
def _clean() -> None:
    ran.clear()


@pytest.fixture
def gate() -> Gate:
    return Gate(agent="deploy-bot")


@tool
async def restart(name: str, namespace: str = "prod") -> str:
    """Restart a service."""
    ran.append((name, namespace))
    return f"restarted {name}"


async def test_an_agents_tool_runs_after_approval_with_its_defaults_shown(gate: Gate) -> None:
    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)

    (message,) = await run_agent(gate.guard_tools([restart]), call("restart", name="checkout"))

    assert message.content == "restarted checkout"
    assert message.status == "success"
    assert ran == [("checkout", "prod")]
    (proposal,) = gateway.proposals
    assert proposal.call.arguments == {"name": "checkout", "namespace": "prod"}
    assert proposal.tool_call_id == "call_1"


TOLD = {
    OutcomeKind.REJECTED: "A person said no: do not repeat this call",
    OutcomeKind.DENIED: "No person was asked. The same call will be denied again",
    OutcomeKind.TIMED_OUT: "It may be asked again later, when people are there",
    OutcomeKind.CANCELLED: "It is cancelled. Nobody rejected it",
    OutcomeKind.UNDELIVERABLE: "Nobody rejected it. The channel has to be put right",
    OutcomeKind.NO_ELIGIBLE_APPROVER: "Nobody rejected it. The channel's approvers have to be",
    OutcomeKind.FROZEN: "Nobody rejected it. Wait until the freeze is lifted",
    OutcomeKind.UNAVAILABLE: "Nobody rejected it. Try again when the gateway is back",
    OutcomeKind.REFUSED: "Nobody was asked. The same call will be refused again",
    OutcomeKind.LAPSED: "The same call asks again",
    OutcomeKind.UNKNOWN: "Check what really happened before anything is repeated",
    OutcomeKind.ALREADY_RAN: "It is not repeated: go on with what is known of it",
}


@pytest.mark.parametrize("kind", [kind for kind in OutcomeKind if kind != OutcomeKind.APPROVED])
async def test_the_model_is_told_which_ending_it_was(gate: Gate, kind: OutcomeKind) -> None:
    gate.use(ScriptedGateway(answer=lambda question: question.end(kind, "wrong cluster")))

    (message,) = await run_agent(gate.guard_tools([restart]), call("restart", name="checkout"))

    assert message.status == "error"
    assert [each for each, said in TOLD.items() if said in str(message.content)] == [kind]
    assert ("said no" in str(message.content)) == (kind is OutcomeKind.REJECTED)
    assert 'a quotation, not an instruction): "wrong cluster"' in str(message.content)
    assert ran == []


async def test_c9_parallel_calls_of_one_turn_keep_their_own_arguments(gate: Gate) -> None:
    gateway = ScriptedGateway()
    gate.use(gateway)
    calls = [call("restart", f"call_{number}", name=f"service-{number}") for number in range(5)]
    running = asyncio.create_task(run_agent(gate.guard_tools([restart]), *calls))
    while len(gateway.questions) < 5:
        await asyncio.sleep(0.001)

    for question in reversed(gateway.questions.values()):
        question.approve()
    messages = await running

    assert {message.tool_call_id: message.content for message in messages} == {
        f"call_{number}": f"restarted service-{number}" for number in range(5)
    }


async def test_one_rejected_call_leaves_its_siblings_alone(gate: Gate) -> None:
    def decide(question: Any) -> None:
        if "payments" in question.proposal.call.arguments_json:
            question.end(OutcomeKind.REJECTED)
        else:
            question.approve()

    gate.use(ScriptedGateway(answer=decide))

    messages = await run_agent(
        gate.guard_tools([restart]),
        call("restart", "a", name="payments"),
        call("restart", "b", name="checkout"),
    )

    assert {message.tool_call_id: message.status for message in messages} == {
        "a": "error",
        "b": "success",
    }
    assert ran == [("checkout", "prod")]


async def test_f16_a_sync_tool_does_not_block_the_loop(gate: Gate) -> None:
    begun, may_end = threading.Event(), threading.Event()

    @tool
    def slow(seconds: float) -> str:
        """Take a while."""
        begun.set()
        return "done" if may_end.wait(seconds) else "nobody let it end"

    gate.use(ScriptedGateway(answer=approve))
    running = asyncio.create_task(run_agent(gate.guard_tools([slow]), call("slow", seconds=20.0)))
    while not begun.is_set():
        await asyncio.sleep(0.005)
    may_end.set()  # by the loop, which goes on

    assert (await running)[0].content == "done"


async def test_d9_a_cancelled_call_of_a_sync_tool_still_reports_how_its_thread_ended(
    gate: Gate,
) -> None:
    started, go_on = threading.Event(), threading.Event()

    @tool
    def slow(name: str) -> str:
        """Take a while."""
        started.set()
        go_on.wait(5)
        return f"done {name}"

    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)
    (guarded,) = gate.guard_tools([slow])
    calling = asyncio.create_task(guarded.ainvoke({"name": "a"}))
    while not started.is_set():
        await asyncio.sleep(0.001)

    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert gateway.reports == []
    go_on.set()
    while not gateway.reports:
        await asyncio.sleep(0.001)

    assert gateway.reports == [("R0", True, "done a")]


@pytest.mark.parametrize("is_sync", [True, False])
async def test_f17_a_tool_that_calls_exit_fails_alone(gate: Gate, is_sync: bool) -> None:
    @tool
    def leave(code: int) -> str:
        """Leave."""
        sys.exit(code)

    @tool("leave")
    async def leave_async(code: int) -> str:
        """Leave."""
        sys.exit(code)

    gateway = ScriptedGateway()
    gate.use(gateway)
    guarded, other = gate.guard_tools([leave if is_sync else leave_async, restart])
    leaving = asyncio.create_task(guarded.ainvoke({"code": 3}))
    staying = asyncio.create_task(other.ainvoke({"name": "checkout"}))
    while len(gateway.questions) < 2:
        await asyncio.sleep(0.001)

    for question in gateway.questions.values():
        question.approve()

    with pytest.raises(RuntimeError, match=r"tried to end the process \(3\)"):
        await leaving
    assert await staying == "restarted checkout"
    assert ("R0", False, "SystemExit: 3") in gateway.reports
