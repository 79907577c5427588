"""What `/readyz` says: what keeps the gateway from its promises, and what a person should look at.

Called by the health routes for each question; it reads what the parts know of themselves.
"""

from collections.abc import Mapping

from approvals.domain.freeze import Freeze
from approvals.domain.ids import ChannelId
from approvals.operations.freeze_copy import FreezeCopy
from approvals.operations.ports import Store
from approvals.storage.policy_file import PolicyFile
from bot.loops import Loops
from bot.slack.door import SlackDoor


def wrong(store: Store, door: SlackDoor, loops: Loops) -> Mapping[str, str]:
    """Return what keeps the gateway from its promises now, by part."""
    found = {}
    if not store.is_writable:
        found["store"] = "Nothing can be saved. See the log; it recovers by itself."
    if not door.health.is_ready:
        found["slack"] = " ".join(door.health.problems)
    if loops.dead:
        found["loops"] = f"Ended: {', '.join(loops.dead)}. See the log and restart the gateway."
    return found


def notes(door: SlackDoor, policy_file: PolicyFile, freezes: FreezeCopy) -> Mapping[str, str]:
    """Return what a person should look at although the promises are kept."""
    found = {}
    if policy_file.mistake is not None:
        found["policy"] = (
            "The file on disk is refused; the policy before it stays in force.\n"
            f"{policy_file.mistake}"
        )
    if frozen := [_in_words(each, policy_file) for each in freezes.in_force()]:
        found["freeze"] = " ".join(frozen)
    if door.health.is_ready and door.health.problems:
        found["slack"] = " ".join(door.health.problems)
    return found


def _in_words(freeze: Freeze, policy_file: PolicyFile) -> str:
    what = "Everything is" if freeze.is_everywhere else f"{_name(freeze.scope, policy_file)} is"
    until = f" until {freeze.ends_at:%Y-%m-%d %H:%M} UTC" if freeze.ends_at else ""
    return f"{what} frozen by {freeze.by.to_text()}{until}: {freeze.reason}"


def _name(scope: str, policy_file: PolicyFile) -> str:
    known = {channel.id: channel.name for channel in policy_file.policy.channels}
    return known.get(ChannelId(scope), scope)
