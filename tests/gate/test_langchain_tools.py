"""What a LangChain tool keeps behind the gate: schema, injected parameters, classes, artifacts."""

import asyncio
from typing import Annotated, Any

import pytest
from langchain.tools import ToolRuntime
from langchain_core.messages import ToolCall
from langchain_core.tools import BaseTool, InjectedToolArg, StructuredTool, Tool, tool
from langgraph.prebuilt import InjectedState
from pydantic import BaseModel, Field

from approvals.domain import errors
from approvals.domain.outcome import OutcomeKind
from approvals.gate import CallRejected, Gate
from approvals.gate.gateway import Proposal
from tests.fakes.scripted_gateway import ScriptedGateway, allow, approve
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


async def test_plain_functions_become_guarded_tools(gate: Gate) -> None:
    def scale(name: str, replicas: int = 2) -> str:
        """Scale a service."""
        ran.append((name, replicas))
        return "scaled"

    gate.use(ScriptedGateway(answer=approve))
    (guarded,) = gate.guard_tools([scale])

    (message,) = await run_agent([guarded], call("scale", name="checkout", replicas=4))

    assert guarded.name == "scale"
    assert message.content == "scaled"
    assert ran == [("checkout", 4)]


async def test_injected_parameters_reach_the_body_and_are_listed_not_digested(gate: Gate) -> None:
    @tool
    async def whoami(
        name: str,
        state: Annotated[dict[str, Any], InjectedState],
        runtime: ToolRuntime,
    ) -> str:
        """Say who asks."""
        return f"{name} {len(state['messages'])} {runtime.tool_call_id}"

    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)

    (message,) = await run_agent(gate.guard_tools([whoami]), call("whoami", name="sam"))

    assert message.content == "sam 2 call_1"
    (proposal,) = gateway.proposals
    assert proposal.injected == ("runtime", "state")
    assert proposal.call.arguments == {"name": "sam"}


async def test_a_model_cannot_choose_an_injected_argument(gate: Gate) -> None:
    @tool
    async def pay(amount: int, account: Annotated[str, InjectedToolArg] = "own") -> str:
        """Pay."""
        return f"{amount} from {account}"

    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)

    (message,) = await run_agent(
        gate.guard_tools([pay]), call("pay", amount=3, account="somebody else's")
    )

    assert message.content == "3 from own"
    assert gateway.proposals[0].call.arguments == {"amount": 3}


class PayArguments(BaseModel):
    amount: int
    account: Annotated[str, InjectedToolArg] = "own"


class Pay(BaseTool):
    name: str = "pay"
    description: str = "Pay."
    args_schema: Any = PayArguments

    def _run(self, amount: int, account: str) -> str:
        return f"{amount} from {account}"


async def test_an_injected_field_of_a_schema_is_listed_not_digested(gate: Gate) -> None:
    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)

    (message,) = await run_agent(gate.guard_tools([Pay()]), call("pay", amount=3, account="x"))

    assert message.content == "3 from own"
    assert gateway.proposals[0].injected == ("account",)
    assert gateway.proposals[0].call.arguments == {"amount": 3}


async def test_name_description_and_schema_stay_as_they_were(gate: Gate) -> None:
    (guarded,) = gate.guard_tools([restart])

    assert (guarded.name, guarded.description) == (restart.name, restart.description)
    assert guarded.args == restart.args
    assert guarded.args_schema is restart.args_schema


async def test_artifacts_pass_through(gate: Gate) -> None:
    @tool(response_format="content_and_artifact")
    async def logs(name: str) -> tuple[str, list[str]]:
        """Read logs."""
        return "2 lines", ["a", name]

    gate.use(ScriptedGateway(answer=approve))

    (message,) = await run_agent(gate.guard_tools([logs]), call("logs", name="b"))

    assert (message.content, message.artifact) == ("2 lines", ["a", "b"])


class Target(BaseModel):
    cluster: str
    weight: float = 1.0


class Deploy(BaseTool):
    """A tool written as a class, with a nested model."""

    name: str = "deploy"
    description: str = "Deploy."

    def _run(self, target: Target) -> str:
        ran.append(target)
        return target.cluster


async def test_a_tool_class_gets_fresh_models_parsed_from_the_approved_json(gate: Gate) -> None:
    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)

    (message,) = await run_agent(
        gate.guard_tools([Deploy()]), call("deploy", target={"cluster": "eu"})
    )

    assert message.content == "eu"
    assert ran == [Target(cluster="eu")]
    assert gateway.proposals[0].call.arguments_json == '{"target":{"cluster":"eu","weight":1}}'


async def test_a_tool_with_a_json_schema_keeps_what_the_model_left_out_left_out(gate: Gate) -> None:
    async def remote(**arguments: Any) -> str:
        ran.append(arguments)
        return "ok"

    schema = {
        "type": "object",
        "properties": {"dry-run": {"type": "boolean"}, "name": {"type": "string"}},
        "required": ["name"],
    }
    mcp = StructuredTool.from_function(
        coroutine=remote, name="remote", description="Remote.", args_schema=schema
    )
    gate.use(ScriptedGateway(answer=approve))
    tools = gate.guard_tools([mcp])

    await run_agent(tools, call("remote", name="a"))
    await run_agent(tools, ToolCall(name="remote", args={"name": "b", "dry-run": True}, id="2"))
    (message,) = await run_agent(tools, call("remote", name="c", nmae="d"))

    assert ran == [{"name": "a"}, {"name": "b", "dry-run": True}]
    assert "unknown: nmae" in str(message.content)


async def test_a_program_that_calls_the_tool_itself_gets_the_exception(gate: Gate) -> None:
    gate.use(ScriptedGateway(answer=lambda question: question.end(OutcomeKind.REJECTED)))
    (guarded,) = gate.guard_tools([restart])

    with pytest.raises(CallRejected):
        await guarded.ainvoke({"name": "checkout"})


async def test_a_sync_invoke_from_a_thread_waits_for_the_answer(gate: Gate) -> None:
    @tool
    def stop(name: str) -> str:
        """Stop."""
        return f"stopped {name}"

    gate.use(ScriptedGateway(answer=approve))
    (guarded,) = gate.guard_tools([stop])

    assert await asyncio.to_thread(guarded.invoke, {"name": "a"}) == "stopped a"


async def test_rules_in_code_ask_where_the_policy_allows(gate: Gate) -> None:
    def end(question: Any) -> None:
        question.end(OutcomeKind.REJECTED)

    gate.use(ScriptedGateway(rule=allow, answer=end))
    tools = gate.guard_tools([restart], require_approval=["restart"], channel="#ops")

    (message,) = await run_agent(tools, call("restart", name="checkout"))

    assert message.status == "error"
    assert ran == []


def test_x13_tools_that_cannot_be_bound_are_refused_when_they_are_guarded(gate: Gate) -> None:
    class Aliased(BaseModel):
        name: str = Field(alias="service")

    @tool(args_schema=Aliased)
    def aliased(name: str) -> str:
        """Restart."""
        return name

    @gate.guard
    def already(name: str) -> str:
        """Restart."""
        return name

    def stream(name: str) -> Any:
        """Stream."""
        yield name

    unnamed = Tool("restart", lambda text: text, "Restart.")

    each: list[tuple[Any, str]] = [
        (aliased, "drop the alias"),
        (already, "guarded already"),
        *((guarded, "guarded already") for guarded in gate.guard_tools([restart])),
        (stream, "generator"),
        (unnamed, "names no argument"),
    ]
    for refused, said in each:
        with pytest.raises(errors.UnsupportedTool, match=said):
            gate.guard_tools([refused])


async def test_x13_a_sync_tool_that_returns_what_has_yet_to_run_has_not_run(gate: Gate) -> None:
    async def later() -> None:
        ran.append("later")

    @tool
    def hides(name: str) -> Any:
        """Hide a coroutine."""
        return later()

    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)
    (guarded,) = gate.guard_tools([hides])

    with pytest.raises(errors.UnsupportedTool, match="yet to run"):
        await guarded.ainvoke({"name": "a"})

    assert ran == []
    assert [succeeded for _, succeeded, _ in gateway.reports] == [False]


async def test_a_guards_channel_is_what_the_gateway_hears(gate: Gate) -> None:
    seen: list[str | None] = []

    def rule(proposal: Proposal) -> Any:
        seen.append(proposal.channel)
        return allow(proposal)

    gate.use(ScriptedGateway(rule=rule))

    await run_agent(gate.guard_tools([restart], channel="#ops"), call("restart", name="a"))

    assert seen == ["#ops"]
