"""The refusals about reasons, and about calls that people change; `errors` holds all others."""

from approvals.domain.errors import DecisionRefused


class ReasonRequired(DecisionRefused):
    """A reason is wanted with every decision on this request. Give one and decide again."""

    code = "reason_required"


class CardOutdated(DecisionRefused):
    """The call was changed after this card was drawn. Look at the newest card, then decide."""

    code = "card_outdated"
