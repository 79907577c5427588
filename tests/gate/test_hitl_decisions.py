"""Which decision of HumanInTheLoopMiddleware an ending becomes, by a gateway that can also edit."""

import asyncio
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver

from approvals.domain.outcome import OutcomeKind
from approvals.domain.tool_call import digest_of
from approvals.gate import Gate
from approvals.gate.exceptions import CallUnavailable
from approvals.gate.langchain import answer_interrupts
from tests.fakes.scripted_gateway import Question, ScriptedGateway
from tests.gate.pausing import CONFIG, TOOLS, ran, started, told
from tests.gate.scripted_agent import ScriptedModel, call

BOTH = pytest.mark.parametrize("mode", ["batched", "per_call"])
EDITED = '{"service":"api"}'


@pytest.fixture(autouse=True)
def _clean() -> None:
    ran.clear()


def an_agent(mode: Any, *allowed: Any, **options: Any) -> Any:
    asked: Any = {"restart_service": {"allowed_decisions": list(allowed)}}
    return create_agent(
        ScriptedModel(calls=[call("restart_service", "c1", service="web")]),
        list(TOOLS),
        middleware=[HumanInTheLoopMiddleware(asked, interrupt_mode=mode, **options)],
        checkpointer=InMemorySaver(),
    )


async def answered(agent: Any, gateway: ScriptedGateway, decide: Any) -> Any:
    """Let *decide* settle the question that is asked, and return how the thread ended."""
    gate = Gate(agent="deploy-bot")
    gate.use(gateway)
    await started(agent)
    task = asyncio.create_task(answer_interrupts(agent, CONFIG, gate=gate))
    decide(await gateway.next_question())
    return await task


def edited(question: Question) -> None:
    call = question.proposal.call
    digest = digest_of(call.tool, call.fingerprint, EDITED)
    question.approve(EDITED, digest, edited_by="U0BOB")


def forged(question: Question) -> None:
    question.approve(EDITED)


def rejected(question: Question) -> None:
    question.end(OutcomeKind.REJECTED, "wrong cluster")


@BOTH
async def test_an_edit_runs_what_was_approved_and_says_what_was_changed_by_whom(mode: str) -> None:
    gateway = ScriptedGateway()

    values = await answered(an_agent(mode, "approve", "edit", "reject"), gateway, edited)

    (said,) = told(values)
    (asked,) = [m for m in values["messages"] if isinstance(m, AIMessage) and m.tool_calls]
    assert ran == ["api"]
    assert said.startswith(
        'Changed by U0BOB before restart_service ran: service from "web" to "api".\n'
    )
    assert said.endswith("api restarted")
    assert asked.tool_calls[0]["args"] == {"service": "web"}
    assert [report[:2] for report in gateway.reports] == [("R0", True)]


async def test_an_edit_is_told_even_where_the_notice_is_switched_off() -> None:
    agent = an_agent("batched", "approve", "edit", "reject", edit_notice=None)

    values = await answered(agent, ScriptedGateway(), edited)

    assert told(values) == [
        'Changed by U0BOB before restart_service ran: service from "web" to "api".\napi restarted'
    ]


@BOTH
async def test_the_model_reads_what_was_changed_in_its_next_turn(mode: str) -> None:
    values = await answered(an_agent(mode, "approve", "edit", "reject"), ScriptedGateway(), edited)

    assert values["messages"][-1].text.startswith("Changed by U0BOB before restart_service ran")


@BOTH
async def test_an_edit_is_not_sent_where_it_is_not_allowed(mode: str) -> None:
    gateway = ScriptedGateway()

    (said,) = told(await answered(an_agent(mode, "approve", "reject"), gateway, edited))

    assert ran == []
    assert "this agent does not let them be changed" in said
    assert gateway.reports == [("R0", False, "It did not run.")]


@BOTH
async def test_c1_arguments_that_nobody_approved_do_not_run(mode: str) -> None:
    gateway = ScriptedGateway()

    await answered(an_agent(mode, "approve", "edit", "reject"), gateway, forged)

    assert ran == []
    assert gateway.reports == [("R0", False, "It did not run.")]


@BOTH
async def test_a_rejection_is_sent_as_one_with_the_reason_quoted(mode: str) -> None:
    values = await answered(an_agent(mode, "approve", "reject"), ScriptedGateway(), rejected)

    (said,) = [m for m in values["messages"] if isinstance(m, ToolMessage)]
    assert ran == []
    assert said.status == "error"
    assert 'not an instruction): "wrong cluster"' in said.text


@BOTH
async def test_a_rejection_is_sent_as_a_response_where_only_that_is_allowed(mode: str) -> None:
    values = await answered(an_agent(mode, "approve", "respond"), ScriptedGateway(), rejected)

    (said,) = told(values)
    assert ran == []
    assert "A person said no: do not repeat this call" in said
    assert "wrong cluster" in said


@pytest.mark.parametrize("kind", [OutcomeKind.TIMED_OUT, OutcomeKind.CANCELLED, OutcomeKind.FROZEN])
@BOTH
async def test_only_a_person_says_no(mode: str, kind: OutcomeKind) -> None:
    agent = an_agent(mode, "approve", "reject")

    (said,) = told(await answered(agent, ScriptedGateway(), lambda question: question.end(kind)))

    assert ran == []
    assert said.startswith(f"It is {kind}.")


async def test_a_gateway_that_is_gone_leaves_the_thread_paused() -> None:
    agent = an_agent("batched", "approve", "reject")

    with pytest.raises(CallUnavailable):
        await answered(
            agent, ScriptedGateway(), lambda question: question.end(OutcomeKind.UNAVAILABLE)
        )

    assert (await agent.aget_state(CONFIG)).interrupts
    assert ran == []


async def test_arguments_that_do_not_fit_are_told_and_nobody_is_asked() -> None:
    agent = create_agent(
        ScriptedModel(calls=[call("restart_service", "c1", service=7)]),
        list(TOOLS),
        middleware=[HumanInTheLoopMiddleware({"restart_service": True})],
        checkpointer=InMemorySaver(),
    )
    gateway, gate = ScriptedGateway(), Gate(agent="deploy-bot")
    gate.use(gateway)
    await started(agent)

    (said,) = told(await answer_interrupts(agent, CONFIG, gate=gate))

    assert "Nobody was asked" in said
    assert gateway.questions == {}


async def test_other_interrupts_are_left_to_the_caller() -> None:
    from langchain_core.tools import tool
    from langgraph.types import interrupt

    @tool
    async def ask_a_person(question: str) -> str:
        """Ask a person."""
        return str(interrupt({"question": question}))

    agent = create_agent(
        ScriptedModel(calls=[call("ask_a_person", "c1", question="which?")]),
        [ask_a_person],
        middleware=[HumanInTheLoopMiddleware({"restart_service": True})],
        checkpointer=InMemorySaver(),
    )
    gate = Gate(agent="deploy-bot")
    gate.use(ScriptedGateway())
    await started(agent)

    await answer_interrupts(agent, CONFIG, gate=gate)

    (left,) = (await agent.aget_state(CONFIG)).interrupts
    assert left.value == {"question": "which?"}
