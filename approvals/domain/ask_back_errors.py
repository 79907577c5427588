"""Refusals of questions that approvers ask back; see `errors`."""

from approvals.domain.errors import DecisionRefused


class NobodyAnswers(DecisionRefused):
    """This agent cannot be asked: its program takes no questions, and it acts for nobody.

    Reject the request with your question as the reason, and it may come again with an answer.
    """

    code = "nobody_answers"


class AskedEnough(DecisionRefused):
    """This request has been asked about as often as it may be. Decide it, or say why not."""

    code = "asked_enough"


class AskBackEmpty(DecisionRefused):
    """There is no question, or it is too long to be read in a thread. Write a sentence or two."""

    code = "ask_back_empty"
