"""Freezing and lifting at the machine the gateway runs on, for when Slack is down.

Called by the gateway for what comes in at its local socket, and by `sayso freeze` itself where no
gateway runs. Who may use the data directory may do it; their account is kept with it (ADR-0027).
"""

from collections.abc import Sequence

from approvals.domain.errors import ChannelUnknown, Refusal
from approvals.domain.freeze import ALL, Freeze, Hand
from approvals.domain.freeze_errors import FreezeMistyped
from approvals.operations.desk import Desk
from approvals.operations.freeze import freeze, unfreeze
from bot.freeze_asked import read_freeze, read_unfreeze

FREEZE = "freeze"
UNFREEZE = "unfreeze"


async def freeze_at_console(desk: Desk, verb: str, words: Sequence[str], *, account: str) -> str:
    """Do what was typed and return what to print.

    Raises:
        FreezeMistyped, FreezeNeedsReason, NotFrozen, ChannelUnknown
        StoreUnavailable: nothing was stored.
    """
    if verb not in (FREEZE, UNFREEZE):
        raise Refusal("This gateway does not know the command. Use the same version of Sayso.")
    by = Hand(console=account)
    if verb == UNFREEZE:
        scope = await _frozen_scope(desk, read_unfreeze(words))
        return _lifted(desk, await unfreeze(desk, scope, by=by))
    asked = read_freeze(words)
    scope = _scope(desk, asked.scope)
    return _frozen(desk, await freeze(desk, scope, by=by, reason=asked.reason, lasts=asked.lasts))


def _scope(desk: Desk, written: str | None) -> str:
    if written is None:
        raise FreezeMistyped("Say what: all, or a channel by its name (#ops) or id.")
    return written if written == ALL else desk.policy().channel(written).id


async def _frozen_scope(desk: Desk, written: str | None) -> str:
    """Return what is to be lifted, by its id also where the policy has the channel no more."""
    try:
        return _scope(desk, written)
    except ChannelUnknown:
        if written not in {each.scope for each in await desk.store.freezes()}:
            raise
        return str(written)


def _frozen(desk: Desk, made: Freeze) -> str:
    until = f" until {made.ends_at:%Y-%m-%d %H:%M} UTC" if made.ends_at else ""
    return (
        f"{_what(desk, made)} frozen{until}. No agent starts anything, nothing can be approved.\n"
        f"Channels are told as soon as Slack answers. Lift it with: sayso unfreeze "
        f"{_name(desk, made)}"
    )


def _lifted(desk: Desk, ended: Freeze) -> str:
    return f"{_what(desk, ended)} no longer frozen."


def _what(desk: Desk, freeze: Freeze) -> str:
    return "Everything is" if freeze.is_everywhere else f"{_name(desk, freeze)} is"


def _name(desk: Desk, freeze: Freeze) -> str:
    if freeze.is_everywhere:
        return ALL
    try:
        return f"'{desk.policy().channel(freeze.scope).name}'"
    except ChannelUnknown:
        return freeze.scope
