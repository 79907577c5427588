"""Refusals about freezing and lifting; that something is frozen is `errors.Frozen`.

Every class has a stable code; the docstring is the message a person reads.
"""

from approvals.domain.errors import Refusal


class FreezeNotAllowed(Refusal):
    """The policy does not let you freeze this, or lift its freeze."""

    code = "freeze_not_allowed"


class FreezeNeedsReason(Refusal):
    """A freeze needs a reason, for those who come after you. Nothing was frozen."""

    code = "freeze_needs_reason"


class FreezeTooLong(Refusal):
    """A freeze ends after 30 days at most. Leave the time out, and it stands until it is lifted."""

    code = "freeze_too_long"


class NotFrozen(Refusal):
    """There is no such freeze to lift: it was lifted already, or its time is over."""

    code = "not_frozen"


class FreezeMistyped(Refusal):
    """This cannot be read. Write: freeze [CHANNEL or all] [for 2h] REASON. Nothing was frozen."""

    code = "freeze_mistyped"
