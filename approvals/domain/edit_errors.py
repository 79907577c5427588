"""The refusals about reasons, and about calls that people change; `errors` holds all others."""

from approvals.domain.errors import DecisionRefused


class ReasonRequired(DecisionRefused):
    """A reason is wanted with every decision on this request. Give one and decide again."""

    code = "reason_required"


class CardOutdated(DecisionRefused):
    """The call was changed after this card was drawn. Look at the newest card, then decide."""

    code = "card_outdated"


class MoreJoined(CardOutdated):
    """More calls joined, look again: the card stands for more of them than when you looked."""

    code = "more_joined"


class EditShared(DecisionRefused):
    """This card stands for several calls, so none can be changed. Reject them and say why."""

    code = "edit_shared"


class EditNotAllowed(DecisionRefused):
    """The rules of this call do not let its arguments be changed. Reject it and say why."""

    code = "edit_not_allowed"


class EditedTooOften(DecisionRefused):
    """This call was changed twenty times already. Decide it as it is, or reject it and say why."""

    code = "edited_too_often"


class RequesterMayNotEdit(DecisionRefused):
    """This call was asked by you or for you: an approver may change it; you may reject it."""

    code = "requester_may_not_edit"


class EditorMayNotApprove(DecisionRefused):
    """You changed this call's arguments: another approver has to approve it; you may reject."""

    code = "editor_may_not_approve"


class NobodyElseToApprove(DecisionRefused):
    """Changed by you, this call could be approved by nobody else. Nothing was changed."""

    code = "nobody_else_to_approve"


class EditDenied(DecisionRefused):
    """The policy denies the call as you changed it. Nothing was changed."""

    code = "edit_denied"


class InvalidEdit(DecisionRefused):
    """The changed arguments do not fit the tool's schema. Nothing was changed.

    ``facts["fields"]`` has a sentence for each field, by its place in the form.
    """

    code = "invalid_edit"
