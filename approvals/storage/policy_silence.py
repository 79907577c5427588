"""What the policy file says about silence: `remind:`, `escalate:` and what goes with them.

Called by `policy_terms`. What can never happen is a mistake here, because its author counts on it.
"""

from collections.abc import Mapping
from datetime import timedelta

from approvals.domain.durations import format_duration
from approvals.domain.silence import Remind, Rung, all_rungs
from approvals.domain.terms import ESCALATE, REMIND, TIMEOUT, Terms
from approvals.storage import yaml_fields as read
from approvals.storage.mistakes import Mistakes
from approvals.storage.policy_declared import Declared, read_channel
from approvals.storage.yaml_nodes import Node, Refused, Scalar, Sequence

REMINDERS_DEFAULT = 3
REMINDERS_MAX = 20
BACKOFF_MAX = 10.0
RUNGS_MAX = 5
NEVER = "never"


def read_remind(node: Node, mistakes: Mistakes, _: Declared) -> Remind | None:
    """Return when people are reminded."""
    noted = len(mistakes.found)
    keys = read.fields(node, {"every", "backoff", "max"}, mistakes, what="remind")
    if keys is None:
        return None
    required = read.require(keys, "every", mistakes, at=node, why="write it like every: 2m")
    every = read.duration(required, mistakes, what="every") if required else None
    backoff = read.amount(keys.get("backoff"), mistakes, what="backoff", at_least=1)
    count = read.whole(keys.get("max"), mistakes, what="max")
    if backoff is not None and backoff > BACKOFF_MAX:
        mistakes.add(keys["backoff"], f"backoff is {backoff:g} – at most {BACKOFF_MAX:g}")
    if count is not None and count > REMINDERS_MAX:
        mistakes.add(keys["max"], f"max is {count} – at most {REMINDERS_MAX}")
    if every is None or len(mistakes.found) > noted:
        return None
    return Remind(every=every, backoff=backoff or 1.0, max_count=count or REMINDERS_DEFAULT)


def read_escalate(node: Node, mistakes: Mistakes, declared: Declared) -> tuple[Rung, ...] | None:
    """Return the rungs of an escalation, in the order they fire."""
    if isinstance(node, Refused):
        return None
    noted = len(mistakes.found)
    items = node.items if isinstance(node, Sequence) else ()
    if not items:
        mistakes.add(node, "escalate has to be a list – write it like [{after: 3m, to: [leads]}]")
    if len(items) > RUNGS_MAX:
        mistakes.add(node, f"escalate has {len(items)} entries – at most {RUNGS_MAX}")
    rungs = [rung for item in items if (rung := _rung(item, mistakes, declared)) is not None]
    return None if len(mistakes.found) > noted else all_rungs([tuple(rungs)])


def _rung(node: Node, mistakes: Mistakes, declared: Declared) -> Rung | None:
    known = {"after", "to", "channel", "webhook"}
    keys = read.fields(node, known, mistakes, what="an entry of escalate")
    if keys is None:
        return None
    required = read.require(keys, "after", mistakes, at=node, why="write it like after: 3m")
    after = read.duration(required, mistakes, what="after") if required else None
    to = read.each(
        read.require(keys, "to", mistakes, at=node, why="name the people who may answer then"),
        read.one_of_people(declared.people),
        mistakes,
        what="to",
    )
    channel = read_channel(keys.get("channel"), declared, mistakes)
    webhook = _webhook(keys, mistakes, declared)
    if after is None or not to:
        return None
    return Rung(after=after, to=tuple(dict.fromkeys(to)), channel=channel, webhook=webhook)


def _webhook(keys: Mapping[str, Node], mistakes: Mistakes, declared: Declared) -> str | None:
    node = keys.get("webhook")
    name = read.text(node, mistakes, what="webhook")
    if node is None or name is None:
        return None
    if "channel" in keys:
        mistakes.add(node, "a rung has a channel or a webhook – write two entries for both")
    if name not in declared.webhooks:
        names = ", ".join(sorted(declared.webhooks)) or "none yet"
        mistakes.add(
            node, f"{name!r} is not one of this file's webhooks ({names}) – add it under webhooks"
        )
    return name


def read_notify(node: Node, mistakes: Mistakes, declared: Declared) -> tuple[str, ...] | None:
    """Return the sets of people a first card calls."""
    names = read.each(node, read.one_of_people(declared.people), mistakes, what="notify")
    return tuple(sorted(set(names))) or None


def read_extend_max(node: Node, mistakes: Mistakes, _: Declared) -> timedelta | None:
    """Return by how much a request may be extended; `never` is nothing at all."""
    if isinstance(node, Scalar) and node.value == NEVER:
        return timedelta(0)
    return read.duration(node, mistakes, what="extend_max")


def refuse_too_late(said: Terms, keys: Mapping[str, Node], mistakes: Mistakes) -> None:
    """Note what would come only after the timeout that is written beside it."""
    timeout, plan = said.said(TIMEOUT), said.said(REMIND)
    if timeout is None:
        return
    if plan is not None and plan.every >= timeout:
        mistakes.add(keys["remind"], _too_late("the first reminder", plan.every, timeout))
    for rung in said.said(ESCALATE) or ():
        if rung.after >= timeout:
            mistakes.add(keys["escalate"], _too_late("an escalation", rung.after, timeout))


def _too_late(what: str, after: timedelta, timeout: timedelta) -> str:
    return (
        f"{what} after {format_duration(after)} would never come: the request times out after "
        f"{format_duration(timeout)} – shorten it, or lengthen the timeout"
    )
