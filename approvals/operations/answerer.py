"""The port to whoever answers an approver's question for an agent, and what it may say.

Implemented by the composition root: a task of the bot is answered by its model, a waiting call by
its program. Implementations may run nothing of the agent's tools, and resume nothing.
"""

from dataclasses import dataclass
from typing import Protocol

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.asked_back import AskedBack


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An agent's answer, and what it cost."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0


class CannotAnswer(Exception):
    """There will be no answer; the text is one sentence for the person who asked."""

    def __init__(self, why: str, *, cost: Said | None = None) -> None:
        """Say *why*; *cost* where a model was asked all the same."""
        self.why = why
        self.cost = cost
        super().__init__(why)


class AgentAnswers(Protocol):
    """Asks agents."""

    async def answer(self, request: ApprovalRequest, asked: AskedBack) -> Said:
        """Return what the agent says.

        Raises:
            CannotAnswer: never.
            NotNow: whoever could answer is not here at the moment.
        """
        ...
