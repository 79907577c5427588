"""Refusals about keys: to make them, to take them back, and to what comes in with one.

Every class has a stable code; the docstring is the message a person reads.
"""

from approvals.domain.errors import Refusal


class KeyRefused(Refusal):
    """This is no key that is in force here. Ask whoever runs the gateway for one."""

    code = "key_refused"


class ScopeMissing(Refusal):
    """The key may not do this: it lacks the scope."""

    code = "scope_missing"


class KeyMistyped(Refusal):
    """This cannot be read, so no key was made and none was revoked."""

    code = "key_mistyped"


class DecideIsPersonal(KeyMistyped):
    """A key that decides acts as its owner: it has no agent, and neither asks nor starts runs."""

    code = "decide_is_personal"


class OwnerUnfit(Refusal):
    """The owner has to be a person of this workspace: no bot, guest, deactivated or outsider."""

    code = "owner_unfit"


class KeyUnknown(Refusal):
    """There is no such key. `sayso keys list` has them all."""

    code = "key_unknown"
