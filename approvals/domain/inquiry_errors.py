"""Refusals of inquiries and of the answers to them; `errors` holds all others."""

from approvals.domain.errors import DecisionRefused, InvalidArguments


class InvalidInquiry(InvalidArguments):
    """This cannot be asked so that every answer is sure to fit. Correct what it names."""

    code = "invalid_inquiry"


class AnswerMisfit(InvalidArguments):
    """What people answered fits the schema they were shown, but not the type it was read into."""

    code = "answer_misfit"


class AnswerWanted(DecisionRefused):
    """This asks for an answer, which an approval is not. Answer it on its card, or decline."""

    code = "answer_wanted"


class NoInquiry(DecisionRefused):
    """This asks for an approval, which an answer is not. Approve or reject it on its card."""

    code = "no_inquiry"


class InvalidAnswer(DecisionRefused):
    """The answer does not fit what is asked. Nothing was answered.

    ``facts["fields"]`` has a sentence for each field, by its place in the form.
    """

    code = "invalid_answer"
