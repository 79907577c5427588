"""The agents of the document the product grew from (HITL Examples), by their names there.

Run as a program: PATTERN LINE LEDGER. Each asks whether LINE may be appended to LEDGER, appends it
once it may, and prints what came of it. Killed and started again with the same words it goes on
with the same question. The two web patterns use HTTP alone and nothing of Sayso, as a program in
any language would.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from approvals.gate import Gate

TOOL = "ledger_append"
AGAIN_S = 0.05
Call = Callable[..., Awaitable[Any]]


def append(line: str, ledger: str) -> str:
    """The tool: it cannot be undone."""
    with open(ledger, "a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    return f"appended {line}"


def a_client() -> aiohttp.ClientSession:
    headers = {"Authorization": f"Bearer {os.environ['SAYSO_KEY']}"}
    return aiohttp.ClientSession(os.environ["SAYSO_URL"], headers=headers)


async def run_approved(call: Call, approval: Any, ledger: str) -> str:
    """Claim, run what the claim says, report; a claim whose answer was lost is the same claim."""
    if approval["status"] != "approved":
        return str(approval["outcome"]["kind"])
    claim = {"digest": approval["digest"], "claim_id": f"claim-{approval['id']}"}
    claimed = await call("claimApproval", approval["id"], claim)
    said = append(json.loads(claimed["arguments_json"])["line"], ledger)
    report = {"status": "succeeded", "result": said, "attempt": claimed["attempt"]}
    await call("reportApproval", approval["id"], report)
    return said


class PendingApprovals:
    """WebSocket pattern: one connection, and a future for each approval that is pending."""

    def __init__(self) -> None:
        self.pending: dict[str, asyncio.Future[Any]] = {}
        self.replies: dict[str, asyncio.Future[Any]] = {}
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self.up = asyncio.Event()

    async def listen(self, client: aiohttp.ClientSession) -> None:
        """Read what the gateway says; connect anew whenever it is gone."""
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with client.ws_connect("/v1/stream", heartbeat=5) as socket:
                    self.socket = socket
                    self.up.set()
                    if self.pending:
                        await self._say(type="follow", ref="again", ids=[*self.pending])
                    async for message in socket:
                        self._hear(message.json())
            self.up.clear()
            for reply in self.replies.values():
                reply.cancel()
            await asyncio.sleep(AGAIN_S)

    async def call(self, operation: str, name: str | None, body: Any, **also: Any) -> Any:
        """Return the answer to one call; lost with the connection, it is said again."""
        ref = f"{operation}/{name}"
        while True:
            await self.up.wait()
            reply = self.replies[ref] = asyncio.get_running_loop().create_future()
            about = {} if name is None else {"id": name}
            with contextlib.suppress(aiohttp.ClientError, asyncio.CancelledError):
                await self._say(
                    type="call", ref=ref, operation=operation, body=body, **about, **also
                )
                return await reply
            await asyncio.sleep(AGAIN_S)

    async def ended(self, approval: Any) -> Any:
        """Wait for the future of *approval*."""
        return await self._future(approval)

    async def _say(self, **message: Any) -> None:
        assert self.socket is not None
        await self.socket.send_json(message)

    def _future(self, approval: Any) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        future = self.pending.setdefault(approval["id"], loop.create_future())
        if approval["status"] != "pending" and not future.done():
            future.set_result(approval)
        return future

    def _hear(self, message: Any) -> None:
        if message["type"] == "approval":
            self._future(message["approval"])
        elif message["type"] == "problem":
            raise RuntimeError(message["problem"]["detail"])
        elif message["type"] == "reply" and not self.replies[message["ref"]].done():
            self.replies[message["ref"]].set_result(message["body"])


async def websocket(line: str, ledger: str) -> str:
    approvals = PendingApprovals()
    async with a_client() as client, asyncio.TaskGroup() as group:
        listening = group.create_task(approvals.listen(client))
        body = {"tool": TOOL, "args": {"line": line}}
        asked = await approvals.call("askApproval", None, body, key=line)
        said = await run_approved(approvals.call, await approvals.ended(asked), ledger)
        listening.cancel()
    return said


async def rest(line: str, ledger: str) -> str:
    """REST polling pattern: a question is created, and polled for until it has ended."""
    paths = {"claimApproval": "claim", "reportApproval": "result"}
    async with a_client() as client:

        async def send(method: str, path: str, **also: Any) -> Any:
            while True:
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    async with client.request(method, f"/v1/approvals{path}", **also) as answer:
                        answer.raise_for_status()
                        return await answer.json()
                await asyncio.sleep(AGAIN_S)

        async def call(operation: str, name: str, body: Any) -> Any:
            return await send("POST", f"/{name}/{paths[operation]}", json=body)

        body = {"tool": TOOL, "args": {"line": line}}
        approval = await send("POST", "", json=body, headers={"Idempotency-Key": line})
        while approval["status"] == "pending":
            approval = await send("GET", f"/{approval['id']}", params={"wait": "2s"})
        return await run_approved(call, approval, ledger)


def is_invoice(tool: str, arguments: dict[str, Any]) -> bool:
    """The seed's callable: whether a person is asked."""
    return tool == TOOL and "invoice" in arguments["line"]


RULES: dict[str, Any] = {"True": True, "list": [TOOL], "callable": is_invoice}


async def guarded(gate: "Gate", line: str, ledger: str) -> str:
    from approvals.gate import CallNotApproved

    @gate.guard(name=TOOL)
    async def ledger_append(line: str) -> str:
        return append(line, ledger)

    try:
        with gate.calling(key=line):
            return str(await ledger_append(line))
    except CallNotApproved as refused:
        return type(refused).__name__


async def rules(rule: str, line: str, ledger: str) -> str:
    """Custom approval rules: of the code that asks, beside the policy's."""
    from approvals.gate import Gate

    gate = Gate(agent="deploy-bot", require_approval=RULES[rule])
    async with gate:
        return await guarded(gate, line, ledger)


async def console(line: str, ledger: str) -> str:
    """Console pattern: asks at the terminal that the environment names."""
    from approvals.gate import Gate

    gate = Gate(agent="deploy-bot", require_approval=True)
    async with gate.console(tty=os.environ["TTY"]):
        return await guarded(gate, line, ledger)


async def session(line: str, ledger: str) -> str:
    """Session persistence: the agent pauses, its process ends, another one resumes it."""
    from langchain.agents import create_agent
    from langchain_core.messages import HumanMessage
    from langchain_core.tools import StructuredTool
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    from approvals.gate import Gate
    from approvals.gate.langchain import ApprovalMiddleware, resume_paused
    from tests.gate.scripted_agent import ScriptedModel, call

    async def ledger_append(line: str) -> str:
        """Append a line."""
        return append(line, ledger)

    gate = Gate(agent="deploy-bot")
    config: Any = {"configurable": {"thread_id": "task-123"}}
    checkpoints = AsyncSqliteSaver.from_conn_string(f"{ledger}.sessions")
    async with gate, checkpoints as saver:
        agent = create_agent(
            ScriptedModel(calls=[call(TOOL, line=line)]),
            [StructuredTool.from_function(coroutine=ledger_append)],
            middleware=[ApprovalMiddleware(gate)],
            checkpointer=saver,
        )
        if not (await agent.aget_state(config)).values:
            said: Any = {"messages": [HumanMessage("go")]}
            await agent.ainvoke(said, config, durability="sync")
            return "paused"
        values = await resume_paused(agent, config, gate=gate)
    return str(values["messages"][-1].content)


async def main(pattern: str, line: str, ledger: str) -> str:
    match pattern.split("/"):
        case ["websocket"]:
            return await websocket(line, ledger)
        case ["rest"]:
            return await rest(line, ledger)
        case ["rules", rule]:
            return await rules(rule, line, ledger)
        case ["console"]:
            return await console(line, ledger)
        case _:
            return await session(line, ledger)


if __name__ == "__main__":
    print(asyncio.run(main(*sys.argv[1:])), flush=True)
