"""Refusals that spare people's attention; told to the agent, never to approvers."""

from approvals.domain.errors import Refusal


class BudgetSpent(Refusal):
    """Too many questions were put to people lately. Ask again later, or ask for less at once."""

    code = "budget_spent"


class TooManyAltogether(Refusal):
    """Too many questions of all agents wait for people. Try again later."""

    code = "too_many_pending_in_all"


class TooManyNew(Refusal):
    """This agent asked too many questions within a minute. Ask again later, or ask for less."""

    code = "too_many_new"
