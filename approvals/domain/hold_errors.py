"""What a click is refused with while an approved call is held back.

The class has a stable code; the docstring is the message a person reads.
"""

from approvals.domain.errors import DecisionRefused


class AlreadyHeld(DecisionRefused):
    """Enough people have approved: the call is held back for a moment, then it may run."""

    code = "already_held"
