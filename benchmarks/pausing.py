"""What `durable_pause` measures with: a scripted model, a tool, and a gateway without rows."""

from collections.abc import Collection
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.types import interrupt

from approvals.domain.card import Card, Pressed
from approvals.domain.decision import Verdict
from approvals.domain.ids import RequestId, TeamId
from approvals.gate.exceptions import CallPaused
from approvals.gate.gateway import Clearance, Proposal
from approvals.operations.click import Click
from approvals.operations.decide import decide
from approvals.operations.ports import Transaction
from approvals.operations.shared_cards import cards_showing
from benchmarks.gateway import APPROVER, PROD, BenchGateway


@tool
async def restart_service(service: str, number: int) -> str:
    """Restart a service."""
    return f"{service} {number}"


class OneTurn(BaseChatModel):
    """Calls the tool as many times as the user says, once, and ends."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        """Know the tools already."""
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        if any(isinstance(message, ToolMessage) for message in messages):
            answer = AIMessage("done")
        else:
            answer = AIMessage("", tool_calls=[_call(n) for n in range(int(messages[0].text))])
        return ChatResult(generations=[ChatGeneration(message=answer)])


def _call(number: int) -> Any:
    return {
        "name": "restart_service",
        "args": {"service": "checkout", "number": number},
        "id": f"call_{number}",
    }


class Bare(AgentMiddleware[Any, Any, Any]):
    """LangGraph's own pause and nothing else."""

    async def awrap_tool_call(self, request: Any, handler: Any) -> Any:
        """Pause, and run."""
        interrupt({"type": "bare"})
        return await handler(request)


class AnswersFromMemory:
    """A gateway without rows: what is left is the pause itself."""

    def __init__(self) -> None:
        self._approved: set[RequestId] = set()

    def passes(self, *_: Any) -> bool:
        """Let everything be admitted first."""
        return False

    def admit(self, _: Proposal) -> Clearance | None:
        """Let everything be asked."""
        return None

    async def ask(self, proposal: Proposal) -> Clearance:
        """Pause until approved."""
        request_id = RequestId(str(proposal.key))
        if request_id not in self._approved:
            raise CallPaused(request_id)
        call = proposal.call
        return Clearance(
            request_id=request_id, digest=call.digest, arguments_json=call.arguments_json
        )

    async def approve(self, request_id: RequestId) -> None:
        """Let the call of *request_id* run."""
        self._approved.add(request_id)

    async def report(self, *_: Any, **__: Any) -> None:
        """Forget how it ended."""

    async def give_back(self, clearance: Clearance) -> None:
        """Forget that it did not run."""

    async def until_decided(self, request_ids: Collection[RequestId]) -> None:
        """Nothing is waited for."""

    async def pending(self, key: str) -> RequestId | None:
        """Say that nothing is pending, so that every call goes the whole way."""
        return None

    async def cancel(self, key: str, *, agent: str) -> bool:
        """Nothing is cancelled."""
        return False


async def approve(gateway: BenchGateway, request_id: RequestId) -> None:
    """Decide as an approver's click does."""

    def find(tx: Transaction) -> tuple[str, Card]:
        request = tx.request(request_id)
        assert request is not None
        return request.shown_digest, cards_showing(tx, request)[0]  # a turn's calls share a card

    digest, card = await gateway.desk.store.write(find)
    pressed = Pressed(nonce=card.nonce, channel=PROD, ts=gateway.message["ts"], user=APPROVER)
    click = Click(
        request_id=request_id,
        verdict=Verdict.APPROVE,
        pressed=pressed,
        team=TeamId(gateway.slack.team_id),
        digest=digest,
        others=0,
    )
    answer = await decide(gateway.desk, click)
    assert answer.refusal is None, answer
