"""The policy file's bytes as a `Policy`, or every mistake in them.

Called by `PolicyFile` at start and at each reload, and by `sayso policy validate`. No I/O here;
a file with one mistake is no policy at all, so nothing of it can be in force by half.
"""

import hashlib

from approvals.domain.policy import Policy
from approvals.storage import policy_sections as sections
from approvals.storage import yaml_fields as read
from approvals.storage.mistakes import Mistakes, PolicyInvalid
from approvals.storage.policy_declared import Declared, channel_ids
from approvals.storage.policy_people import read_people
from approvals.storage.policy_rules import GUARDRAILS, read_rules
from approvals.storage.policy_webhooks import read_webhooks
from approvals.storage.yaml_nodes import Node, read_nodes

__all__ = ["PolicyInvalid", "read_policy"]

_KEYS = frozenset({"version", "defaults", "people", "guardrails", "tools", "channels", "webhooks"})


def read_policy(raw: bytes, *, file: str = "policy.yml") -> Policy:
    """Read the policy in *raw*; *file* is the name mistakes and rules are placed in.

    Raises:
        PolicyInvalid: with all mistakes, in the order of their lines.
    """
    mistakes = Mistakes(file)
    root = read_nodes(raw, mistakes)
    policy = _read_root(root, mistakes, version=hashlib.sha256(raw).hexdigest()) if root else None
    mistakes.raise_any()
    if policy is None:
        raise AssertionError("a policy that could not be read has mistakes")
    return policy


def _read_root(root: Node, mistakes: Mistakes, *, version: str) -> Policy | None:
    keys = read.fields(root, _KEYS, mistakes, what="a policy file")
    if keys is None:
        return None
    read.check_version(keys, mistakes, at=root)
    people = read_people(
        read.require(keys, "people", mistakes, at=root, why="name who may approve"), mistakes
    )
    webhooks = read_webhooks(keys.get("webhooks"), mistakes)
    declared = Declared(
        people=people, channels=channel_ids(keys.get("channels")), webhooks=tuple(webhooks)
    )
    channels = sections.read_channels(
        read.require(keys, "channels", mistakes, at=root, why="pin at least one channel by its id"),
        declared,
        mistakes,
    )
    guardrails = read_rules(
        keys.get("guardrails"), GUARDRAILS, mistakes, what="guardrails", declared=declared
    )
    routes = sections.read_routes(keys.get("tools"), channels, mistakes)
    node = read.require(keys, "defaults", mistakes, at=root, why="it names the default channel")
    defaults = sections.read_defaults(node, channels, mistakes, declared=declared) if node else None
    if defaults is None or mistakes.found:
        return None
    return Policy(
        version=version,
        defaults=defaults,
        people=[each for each in people.values() if each is not None],
        guardrails=guardrails,
        routes=routes,
        channels=channels,
        webhooks=[each for each in webhooks.values() if each is not None],
    )
