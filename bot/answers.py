"""Who answers for an agent: the model of a task of the bot, else the program that waits.

The composition root's `AgentAnswers`, asked by the outbox.
"""

from dataclasses import dataclass

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.asked_back import AskedBack
from approvals.gate.local_gateway import LocalGateway
from approvals.operations.answerer import Said
from bot.agents.runner import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Implements the `AgentAnswers` port over this process."""

    gateway: LocalGateway
    runner: Runner

    async def answer(self, request: ApprovalRequest, asked: AskedBack) -> Said:
        """See `AgentAnswers.answer`."""
        who = self.gateway if request.run_id is None else self.runner
        return await who.answer(request, asked)
