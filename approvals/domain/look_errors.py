"""Refusals of people who want to look at requests, or to ask one another; see `errors`."""

from approvals.domain.errors import Refusal


class NotAMember(Refusal):
    """Only members of a channel may look at what is asked there."""

    code = "not_a_member"


class IdAmbiguous(Refusal):
    """Several requests have an id that ends so. Give more of its characters."""

    code = "id_ambiguous"


class IdMalformed(Refusal):
    """This is no id of a request. Give the last six characters of the one on its card, or more."""

    code = "id_malformed"


class MisusedVerb(Refusal):
    """This is not how the command is written."""

    code = "misused_verb"
