"""Refusals of people who want to look at requests, or to ask one another; see `errors`."""

from approvals.domain.errors import DecisionRefused, Refusal


class NotAMember(Refusal):
    """Only members of a channel may look at what is asked there."""

    code = "not_a_member"


class PrivateCall(DecisionRefused):
    """What this would do is private: only who may decide it, or asked for it, can read it."""

    code = "private_call"


class IdAmbiguous(Refusal):
    """Several requests have an id that ends so. Give more of its characters."""

    code = "id_ambiguous"


class IdMalformed(Refusal):
    """This is no id of a request. Give the last six characters of the one on its card, or more."""

    code = "id_malformed"


class MisusedVerb(Refusal):
    """This is not how the command is written."""

    code = "misused_verb"


class QuestionEmpty(Refusal):
    """There is no question. Write it in quotes after `ask`."""

    code = "question_empty"


class QuestionTooLong(Refusal):
    """The question is too long to be read on a card. Say it shorter, or link to the rest."""

    code = "question_too_long"


class QuestionDenied(Refusal):
    """The policy lets nobody ask this here. A rule for the tool `sayso.ask` would allow it."""

    code = "question_denied"


class NamedUnfit(Refusal):
    """Somebody you name may not decide: a guest, a bot, or somebody who left or works elsewhere."""

    code = "named_unfit"
