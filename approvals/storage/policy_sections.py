"""The sections of the policy file around its rules: channels, defaults, routing.

Called by `policy_reader`. Names are checked against what the file itself declares: a people set
or a channel that nobody declared is a mistake, and so is whatever would leave nobody to ask.
"""

from collections.abc import Collection

from approvals.domain.ids import ChannelId
from approvals.domain.requirement import Effect
from approvals.domain.routing import Route, label
from approvals.domain.rule import ChannelPolicy, Defaults
from approvals.domain.task_rule import MEMBERS_ONLY
from approvals.domain.terms import Place
from approvals.domain.tool_glob import ToolGlob
from approvals.storage import slack_ids
from approvals.storage import yaml_fields as read
from approvals.storage.mistakes import Mistakes
from approvals.storage.policy_declared import Declared, read_channel
from approvals.storage.policy_rules import RuleSection, read_rules
from approvals.storage.policy_tasks import read_tasks
from approvals.storage.policy_terms import keys_of, read_terms
from approvals.storage.yaml_nodes import Node, Scalar


def read_channels(
    node: Node | None, declared: Declared, mistakes: Mistakes
) -> tuple[ChannelPolicy, ...]:
    """Read what each channel adds; *declared* is what its approvers and rules may name."""
    channels: list[ChannelPolicy] = []
    for key, value in read.named(node, mistakes, what="channels"):
        channel = _channel(key, value, declared, mistakes)
        if channel is not None:
            _refuse_twin(key, channel, channels, mistakes)
            channels.append(channel)
    return tuple(channels)


def _channel(
    key: Scalar, node: Node, declared: Declared, mistakes: Mistakes
) -> ChannelPolicy | None:
    name, people = label(key.value), declared.people
    known = {"id", "approvers", "rules", "tasks", "freeze"} | keys_of(Place.CHANNEL)
    keys = read.fields(node, known, mistakes, what=f"channel {name}")
    if keys is None:
        return None
    identity = read.require(keys, "id", mistakes, at=key, why="pin the channel with id: C…")
    ids = read.each(identity, slack_ids.read_channel, mistakes, what="id")
    approvers = read.each(
        read.require(
            keys, "approvers", mistakes, at=key, why="without them nobody could approve here"
        ),
        read.one_of_people(people),
        mistakes,
        what="approvers",
    )
    terms = read_terms(keys, mistakes, place=Place.CHANNEL, declared=declared)
    section = RuleSection(title=f"{name}, rule")
    rules = read_rules(keys.get("rules"), section, mistakes, what="rules", declared=declared)
    tasks = read_tasks(keys.get("tasks"), people, mistakes, owner=name)
    freeze = _freezers(keys.get("freeze"), people, mistakes)
    if len(ids) > 1 and identity is not None:
        mistakes.add(identity, "a channel has one id – keep one")
    return ChannelPolicy(
        id=ids[0] if ids else ChannelId(""),
        name=name,
        place=f"{mistakes.file}:{key.line}",
        approvers=approvers,
        terms=terms,
        rules=rules,
        tasks=tasks,
        freeze=freeze,
    )


def _freezers(node: Node | None, people: Collection[str], mistakes: Mistakes) -> tuple[str, ...]:
    return read.each(node, read.one_of_people(people), mistakes, what="freeze")


def _refuse_twin(
    key: Scalar, channel: ChannelPolicy, earlier: list[ChannelPolicy], mistakes: Mistakes
) -> None:
    for other in earlier:
        if other.name == channel.name:
            mistakes.add(key, f"{channel.name} stands twice, also at {other.place} – join them")
        elif channel.id and other.id == channel.id:
            mistakes.add(
                key,
                f"{channel.name} and {other.name} ({other.place}) have the same id "
                f"{channel.id} – one channel has one entry",
            )


def read_defaults(
    node: Node,
    channels: Collection[ChannelPolicy],
    mistakes: Mistakes,
    *,
    declared: Declared,
) -> Defaults | None:
    """Read what holds where nothing else is said; *declared* is what it may name."""
    own = {"channel", "unmatched", "tasks", "freeze", "policy_channel"}
    known = own | keys_of(Place.DEFAULTS)
    keys = read.fields(node, known, mistakes, what="defaults")
    if keys is None:
        return None
    channel = read_reference(
        read.require(
            keys, "channel", mistakes, at=node, why="name the channel for calls that name none"
        ),
        channels,
        mistakes,
        what="defaults.channel",
    )
    unmatched = _unmatched(keys.get("unmatched"), mistakes)
    tasks = read_tasks(keys.get("tasks"), declared.people, mistakes, owner="defaults")
    return Defaults(
        channel=channel or ChannelId(""),
        unmatched=unmatched,
        place=f"{mistakes.file}:{keys.get('unmatched', node).line}",
        terms=read_terms(keys, mistakes, place=Place.DEFAULTS, declared=declared),
        tasks=MEMBERS_ONLY if tasks is None else tasks,
        freeze=_freezers(keys.get("freeze"), declared.people, mistakes),
        policy_channel=read_channel(keys.get("policy_channel"), declared, mistakes),
    )


def _unmatched(node: Node | None, mistakes: Mistakes) -> Effect:
    if isinstance(node, Scalar) and node.value == Effect.ALLOW.value:
        mistakes.add(node, "what no rule matches is never allowed – write ask or deny")
        return Effect.ASK
    options = (Effect.ASK, Effect.DENY)
    return read.choice(node, options, mistakes, what="unmatched") or Effect.ASK


def read_routes(
    node: Node | None, channels: Collection[ChannelPolicy], mistakes: Mistakes
) -> tuple[Route, ...]:
    """Read which channel's rules a tool falls under."""
    routes = []
    for key, value in read.named(node, mistakes, what="tools"):
        channel = read_reference(value, channels, mistakes, what=f"tools {key.value}")
        try:
            glob = ToolGlob.of(key.value)
        except ValueError as error:
            mistakes.add(key, str(error))
            continue
        if channel is not None:
            routes.append(Route(tool=glob, channel=channel))
    return tuple(routes)


def read_reference(
    node: Node | None, channels: Collection[ChannelPolicy], mistakes: Mistakes, *, what: str
) -> ChannelId | None:
    """Return the id of a declared channel, named by its name or its id."""
    written = read.text(node, mistakes, what=what)
    if node is None or written is None:
        return None
    for channel in channels:
        if written.strip() == channel.id or label(written.strip()) == channel.name:
            return channel.id
    names = ", ".join(channel.name for channel in channels) or "none yet"
    hint = " (private messages cannot be used)" if written.startswith("@") else ""
    mistakes.add(
        node,
        f"{what}: {written!r} is not one of the channels of this file ({names}){hint} – "
        "add it under channels, with its id and approvers",
    )
    return None
