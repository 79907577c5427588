"""The text of a policy file with other rules in its channels, all else as its author wrote it.

Used by `sayso policy suggest`. What comes out is read as a policy before it is given away, so that
a suggestion can be used as it stands.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from approvals.domain.ids import ChannelId
from approvals.domain.policy import Policy
from approvals.domain.suggest import SuggestedRule
from approvals.storage.mistakes import Mistakes, PolicyInvalid
from approvals.storage.policy_reader import read_policy
from approvals.storage.yaml_nodes import Mapping as MappingNode
from approvals.storage.yaml_nodes import Node, read_nodes

Rules = Mapping[ChannelId, Sequence[SuggestedRule]]
_INDENT = "  "


def with_rules(raw: bytes, rules: Rules, *, file: str) -> str:
    """Return the policy in *raw* with *rules* in the place of those of the channels they are for.

    Channels without suggested rules keep their own.

    Raises:
        PolicyInvalid: *raw* has mistakes, or is not written line by line.
    """
    policy = read_policy(raw, file=file)
    mistakes = Mistakes(file)
    root = read_nodes(raw, mistakes)
    channels = _value(root, "channels")
    lines = raw.decode("utf-8-sig").splitlines()
    if not isinstance(root, MappingNode) or not isinstance(channels, MappingNode):
        raise AssertionError("a policy that was read has channels")
    begin, end = _extent(root, "channels", len(lines))
    if not _is_in_lines(root) or not _is_in_lines(channels):
        mistakes.add(channels, "channels stand in one line – write each key in a line of its own")
        mistakes.raise_any(PolicyInvalid)
    made = [*lines[: begin + 1], *_channels(channels, lines[:end], policy, rules), *lines[end:]]
    text = "\n".join(made) + "\n"
    read_policy(text.encode(), file=file)
    return text


def _channels(
    channels: MappingNode, lines: Sequence[str], policy: Policy, rules: Rules
) -> Iterator[str]:
    for key, entry in channels.entries:
        channel = policy.channel(key.value)
        begin, end = _extent(channels, key.value, len(lines))
        if channel.id not in rules:
            yield from lines[begin:end]
            continue
        margin = " " * (key.column - 1)
        if isinstance(entry, MappingNode) and _is_in_lines(entry) and entry.line > key.line:
            yield lines[begin]
            for name, _ in entry.entries:
                if name.value != "rules":
                    first, last = _extent(entry, name.value, end)
                    yield from lines[first:last]
        else:
            yield f"{margin}{json.dumps(key.value, ensure_ascii=False)}:"
            yield f"{margin}{_INDENT}id: {channel.id}"
            yield f"{margin}{_INDENT}approvers: {json.dumps(channel.approvers, ensure_ascii=False)}"
        yield f"{margin}{_INDENT}rules:"
        for rule in rules[channel.id]:
            yield from _written(rule, margin + 2 * _INDENT)


def _written(rule: SuggestedRule, margin: str) -> Iterator[str]:
    one, *more = rule.tools
    tools = json.dumps(list(rule.tools) if more else one, ensure_ascii=False)
    yield f"{margin}# {rule.why}"
    yield f"{margin}- {{tool: {tools}, effect: {rule.effect}}}"


def _value(node: Node | None, name: str) -> Node | None:
    entries = node.entries if isinstance(node, MappingNode) else ()
    return next((value for key, value in entries if key.value == name), None)


def _extent(node: MappingNode, name: str, end: int) -> tuple[int, int]:
    """Return the lines of an entry, from 0: its first one, and the first one after it."""
    starts = [key.line - 1 for key, _ in node.entries]
    (place,) = [at for at, (key, _) in enumerate(node.entries) if key.value == name]
    return starts[place], starts[place + 1] if place + 1 < len(starts) else end


def _is_in_lines(node: MappingNode) -> bool:
    """Whether each entry begins in a line of its own."""
    starts = [key.line for key, _ in node.entries]
    return len(set(starts)) == len(starts)
