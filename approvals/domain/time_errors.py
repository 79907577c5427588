"""The refusals about more time; `errors` holds the others. The docstring is the message."""

from approvals.domain import errors


class AlreadyExtended(errors.DecisionRefused):
    """This request waits at least as long as that already. Nothing was changed."""

    code = "already_extended"


class ExtensionTooLong(errors.DecisionRefused):
    """The policy's `extend_max` lets nobody put this request off so far. Choose less."""

    code = "extension_too_long"
