"""What keeps agents from wearing people out: budgets, and an answer that stands for a while.

Asked inside the transaction that opens a question (`submit_request`), after what stands under its
key. Calls that a rule allows or denies, or a freeze refuses, cost nobody's attention and are not
counted.
"""

from datetime import timedelta

from approvals.domain import attention_errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.durations import format_duration
from approvals.domain.terms import BUDGET, COOLDOWN
from approvals.operations.ports import Transaction

TURN_FACT = "asked:"
"""Begins the name of the fact that holds the latest question of a channel with a budget."""


def take_turn(tx: Transaction, request: ApprovalRequest) -> None:
    """Let questions of one channel with a budget be opened one after another.

    Called first in a unit. Where units run side by side each would count without the others.
    """
    if request.requirement.terms[BUDGET] is not None:
        tx.set_fact(f"{TURN_FACT}{request.requirement.channel}", request.id)


def answered_lately(tx: Transaction, request: ApprovalRequest) -> ApprovalRequest | None:
    """Return the rejection of the same call of the same requester that still stands, or None.

    A person who started the agent's task after that rejection has asked anew; then it does not.
    """
    cooldown = request.requirement.terms[COOLDOWN]
    if not cooldown:
        return None
    rejected = tx.rejected_lately(request, since=request.created_at - cooldown)
    if rejected is None or rejected.ended_at is None:
        return None
    run = tx.run(request.run_id, locked=False) if request.run_id is not None else None
    if run is not None and run.created_at > rejected.ended_at:
        return None
    tx.record(
        AuditEvent(
            name=AuditName.REQUEST_NOT_REPEATED,
            subject=rejected.id,
            at=request.created_at,
            data={"tool": request.call.tool, "run": request.run_id},
        )
    )
    return rejected


def refuse_over_budget(tx: Transaction, request: ApprovalRequest) -> None:
    """Refuse *request*, which is stored already, where too many were opened lately.

    Raises:
        BudgetSpent: `facts["retry_after_s"]` says when the next one may be opened.
    """
    budget = request.requirement.terms[BUDGET]
    if budget is None:
        return
    since = request.created_at - budget.per
    for agent, most in ((request.requester.agent, budget.agent), (None, budget.channel)):
        if most is None:
            continue
        oldest = tx.opened_at(request, since=since, agent=agent, number=most)
        if oldest is None:
            continue
        wait = max(oldest + budget.per - request.created_at, timedelta(seconds=1))
        whose = f"agent {agent}" if agent else "all agents"
        raise attention_errors.BudgetSpent(
            f"{request.requirement.channel_name} takes {most} questions of {whose} in "
            f"{format_duration(budget.per)}, and they have been asked. "
            f"Ask again in {int(wait.total_seconds())} s, or ask for less.",
            retry_after_s=wait.total_seconds(),
        )
