"""What the tests of pausing agents share: tools that note what ran, agents, and their threads."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from approvals.gate import Gate
from approvals.gate.langchain import ApprovalMiddleware
from approvals.gate.local_gateway import LocalGateway
from tests.engine.gateway_in_test import GatewayInTest, a_gateway
from tests.gate.scripted_agent import ScriptedModel

CONFIG: Any = {"configurable": {"thread_id": "T1"}}
ran: list[str] = []


@tool
async def restart_service(service: str) -> str:
    """Restart a service."""
    ran.append(service)
    return f"{service} restarted"


@tool
async def read_status(service: str) -> str:
    """Read the status."""
    ran.append(f"read {service}")
    return f"{service} is up"


TOOLS: tuple[BaseTool, ...] = (restart_service, read_status)


def a_gate(gateway: GatewayInTest) -> Gate:
    gate = Gate(agent="deploy-bot")
    gate.use(gateway.gateway)
    return gate


def an_agent(
    gate: Gate,
    *calls: Any,
    tools: Sequence[Any] = TOOLS,
    saver: Any = None,
    **options: Any,
) -> Any:
    return create_agent(
        ScriptedModel(calls=list(calls)),
        list(tools),
        middleware=[ApprovalMiddleware(gate, **options)],
        checkpointer=saver or InMemorySaver(),
    )


async def started(agent: Any, said: str = "go") -> Any:
    asked = {"messages": [HumanMessage(said)]}
    return await agent.ainvoke(asked, CONFIG, version="v2", durability="sync")


def told(values: Any) -> list[str]:
    return [message.text for message in values["messages"] if isinstance(message, ToolMessage)]


@asynccontextmanager
async def a_life(
    directory: Path, number: int = 1, **also: Any
) -> AsyncIterator[tuple[GatewayInTest, Gate, AsyncSqliteSaver]]:
    """Open everything a process holds anew, on the files the last one left."""
    async with (
        a_gateway(directory / "sayso.db", owner=f"gateway-{number}", **also) as gateway,
        AsyncSqliteSaver.from_conn_string(str(directory / "checkpoints.db")) as saver,
    ):
        yield gateway, a_gate(gateway), saver


class Killed(BaseException):
    """The process dies here: nothing of it is written any more."""


class Dying:
    """A gateway whose process dies in the body: how it ended is never recorded."""

    def __init__(self, gateway: LocalGateway) -> None:
        self._gateway = gateway

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    async def report(self, *_: Any, **__: Any) -> None:
        """Reach the store no more."""


def dying(where: str) -> Any:
    @tool
    async def restart_service(service: str) -> str:
        """Restart a service."""
        if where == "before its effect":
            raise Killed
        ran.append(service)
        if where == "after its effect":
            raise Killed
        return f"{service} restarted"

    return restart_service
