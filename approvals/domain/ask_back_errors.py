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


class NotAsked(DecisionRefused):
    """Only who this was asked by or for may answer here for the agent."""

    code = "not_asked"


class NothingToAnswer(DecisionRefused):
    """No question waits for your answer any more."""

    code = "nothing_to_answer"
