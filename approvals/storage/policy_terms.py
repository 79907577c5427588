"""The options of the policy file: what `domain/terms` declares, read where each may be written.

Called for every rule, every channel and the defaults. One reader for each option; an option
without one cannot be written.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from approvals.domain import terms
from approvals.domain.compared import Compared
from approvals.domain.deed import read_deed
from approvals.domain.durations import DURATION_MAX
from approvals.domain.effect import Audit, CardShows, Effect, Mention, Risk, WantedReason
from approvals.domain.terms import Option, Place, Terms
from approvals.storage import yaml_fields as read
from approvals.storage.mistakes import Mistakes
from approvals.storage.policy_attention import read_budget, read_cooldown, read_fold
from approvals.storage.policy_declared import Declared
from approvals.storage.policy_silence import (
    read_escalate,
    read_extend_max,
    read_notify,
    read_remind,
    refuse_too_late,
)
from approvals.storage.yaml_nodes import Node

REASONS_MAX = 20
REASON_MAX_CHARS = 75
"""What one line of a list in Slack shows."""
HOLD_MAX = timedelta(hours=1)
PERMIT_TTL_MAX = timedelta(hours=24)

Reader = Callable[[Node, Mistakes, Declared], Any]
"""Returns the value of an option, or None after noting the mistake."""


def _duration(what: str, longest: timedelta = DURATION_MAX) -> Reader:
    return lambda node, mistakes, _: read.duration(node, mistakes, what=what, longest=longest)


def _risk(node: Node, mistakes: Mistakes, _: Declared) -> Risk | None:
    return read.choice(node, tuple(Risk), mistakes, what="risk")


def _truth(what: str) -> Reader:
    return lambda node, mistakes, _: read.truth(node, mistakes, what=what)


def _reason(node: Node, mistakes: Mistakes, _: Declared) -> WantedReason | None:
    return read.choice(node, tuple(WantedReason), mistakes, what="reason")


def _reasons(node: Node, mistakes: Mistakes, _: Declared) -> tuple[str, ...] | None:
    found = read.each(node, _ready_reason, mistakes, what="reasons")
    if len(found) > REASONS_MAX:
        mistakes.add(node, f"reasons has {len(found)} entries – {REASONS_MAX} are enough")
    return tuple(dict.fromkeys(found)) or None


def _ready_reason(text: str) -> str:
    if len(text.strip()) > REASON_MAX_CHARS:
        raise ValueError(f"a ready-made reason has at most {REASON_MAX_CHARS} characters")
    return text.strip()


def _deed(node: Node, mistakes: Mistakes, _: Declared) -> str | None:
    written = read.text(node, mistakes, what="deed")
    if written is None:
        return None
    try:
        return read_deed(written)
    except ValueError as wrong:
        mistakes.add(node, f"deed: {wrong}")
        return None


def _diff(node: Node, mistakes: Mistakes, _: Declared) -> Compared | None:
    keys = read.fields(node, {"before", "after"}, mistakes, what="diff")
    if keys is None:
        return None
    names = [
        read.text(
            read.require(keys, key, mistakes, at=node, why="name the argument of that text"),
            mistakes,
            what=key,
        )
        for key in ("before", "after")
    ]
    before, after = names
    if before is None or after is None:
        return None
    try:
        return Compared(before=before, after=after)
    except ValueError as wrong:
        mistakes.add(node, f"diff: {wrong}")
        return None


def _card(node: Node, mistakes: Mistakes, _: Declared) -> CardShows | None:
    return read.choice(node, tuple(CardShows), mistakes, what="card")


def _mention(node: Node, mistakes: Mistakes, _: Declared) -> Mention | None:
    return read.choice(node, tuple(Mention), mistakes, what="mention")


def _strict(node: Node, mistakes: Mistakes, _: Declared) -> bool | None:
    written = read.choice(node, tuple(Audit), mistakes, what="audit")
    return None if written is None else written is Audit.STRICT


READERS: Mapping[Option[Any], Reader] = {
    terms.TIMEOUT: _duration("timeout"),
    terms.REMIND: read_remind,
    terms.ESCALATE: read_escalate,
    terms.NOTIFY: read_notify,
    terms.MENTION: _mention,
    terms.EXTEND_MAX: read_extend_max,
    terms.HOLD: _duration("hold", HOLD_MAX),
    terms.PERMIT_TTL: _duration("permit_ttl", PERMIT_TTL_MAX),
    terms.APPROVED_FOR: _duration("approved_for"),
    terms.RISK: _risk,
    terms.DEED: _deed,
    terms.DIFF: _diff,
    terms.CARD: _card,
    terms.REASON: _reason,
    terms.REASONS: _reasons,
    terms.BUDGET: read_budget,
    terms.COOLDOWN: read_cooldown,
    terms.AUDIT_STRICT: _strict,
    terms.JOIN: _truth("join"),
    terms.FOLD: read_fold,
    terms.EDIT: _truth("edit"),
    terms.EDITOR_MAY_APPROVE: _truth("editor_may_approve"),
}


def keys_of(place: Place) -> frozenset[str]:
    """Return the keys of the options that may be written at *place*."""
    return frozenset(option.key for option in READERS if place in option.places)


def read_terms(
    keys: Mapping[str, Node], mistakes: Mistakes, *, place: Place, declared: Declared
) -> Terms:
    """Return what *keys* say; an option with a mistake is left out, its mistake noted.

    *declared* is what an option may name.
    """
    said = {}
    for option, reader in READERS.items():
        if place in option.places and option.key in keys:
            value = reader(keys[option.key], mistakes, declared)
            if value is not None:
                said[option] = value
    refuse_too_late(Terms(said), keys, mistakes)
    return Terms(said)


def refuse_idle(keys: Mapping[str, Node], effect: Effect, mistakes: Mistakes) -> None:
    """Note every option on a rule with an *effect* under which it would mean nothing."""
    for option in READERS:
        if option.key in keys and effect not in option.effects:
            note_idle(keys[option.key], option.key, effect, mistakes, fitting=option.effects)


def note_idle(
    node: Node, key: str, effect: Effect, mistakes: Mistakes, *, fitting: frozenset[Effect]
) -> None:
    """Note a *key* that means nothing on a rule with *effect*."""
    other = " or ".join(f"effect: {each}" for each in Effect if each in fitting)
    mistakes.add(
        node, f"{key} means nothing on a rule that says {effect} – remove it, or write {other}"
    )
