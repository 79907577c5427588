"""Refusals that spare people's attention; told to the agent, never to approvers."""

from approvals.domain.errors import Refusal


class BudgetSpent(Refusal):
    """Too many questions were put to people lately. Ask again later, or ask for less at once."""

    code = "budget_spent"
