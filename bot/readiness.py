"""What `/readyz` says: what keeps the gateway from its promises, and what a person should look at.

Called by the health routes for each question; it reads what the parts know of themselves.
"""

from collections.abc import Mapping

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


def notes(door: SlackDoor, policy_file: PolicyFile) -> Mapping[str, str]:
    """Return what a person should look at although the promises are kept."""
    found = {}
    if policy_file.mistake is not None:
        found["policy"] = (
            "The file on disk is refused; the policy before it stays in force.\n"
            f"{policy_file.mistake}"
        )
    if door.health.is_ready and door.health.problems:
        found["slack"] = " ".join(door.health.problems)
    return found
