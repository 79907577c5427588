"""What a policy file declares by name, for whatever else in it may use the names.

Collected by `policy_reader` before rules, channels and defaults are read.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from approvals.domain.ids import ChannelId
from approvals.domain.routing import label
from approvals.storage import slack_ids
from approvals.storage import yaml_fields as read
from approvals.storage.mistakes import Mistakes
from approvals.storage.policy_quorum import People
from approvals.storage.yaml_nodes import Mapping as MappingNode
from approvals.storage.yaml_nodes import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Names and what they stand for."""

    people: People
    channels: Mapping[str, ChannelId] = field(default_factory=dict)
    """Ids of the file's channels by their names, with the ``#``."""
    webhooks: Collection[str] = ()
    """Names of the webhooks."""


def channel_ids(node: Node | None) -> Mapping[str, ChannelId]:
    """Return the ids of the channels under *node* by name; whatever is wrong is told elsewhere."""
    found: dict[str, ChannelId] = {}
    unheard = Mistakes("")
    for key, value in read.named(node, unheard, what="channels"):
        entries = value.entries if isinstance(value, MappingNode) else ()
        written = {name.value: each for name, each in entries}
        ids = read.each(written.get("id"), slack_ids.read_channel, unheard, what="id")
        found.update({label(key.value): each for each in ids[:1]})
    return found


def read_channel(node: Node | None, declared: Declared, mistakes: Mistakes) -> ChannelId | None:
    """Return the channel *node* names, by its id or by its name in this file."""
    written = read.text(node, mistakes, what="channel")
    if node is None or written is None:
        return None
    known = declared.channels.get(label(written.strip()))
    if known is not None:
        return known
    try:
        return slack_ids.read_channel(written)
    except ValueError:
        names = ", ".join(sorted(declared.channels)) or "none yet"
        mistakes.add(
            node,
            f"{written!r} is neither a channel of this file ({names}) nor a channel's id – write "
            "the id (C…), which stands at the bottom of the channel's details in Slack",
        )
        return None
