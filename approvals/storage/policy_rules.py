"""The rules of the policy file: guardrails, and what each channel's `rules:` say.

Called by `policy_sections`. Only keys that are enforced are read; a key that would have no
effect where it stands is a mistake, because its author expects one.
"""

from dataclasses import dataclass

from approvals.domain.conditions import Condition
from approvals.domain.requirement import Effect
from approvals.domain.rule import Rule
from approvals.domain.terms import DEED, Place
from approvals.domain.tool_glob import ToolGlob
from approvals.storage import yaml_fields as read
from approvals.storage.mistakes import Mistakes
from approvals.storage.policy_declared import Declared
from approvals.storage.policy_quorum import read_quorum
from approvals.storage.policy_terms import keys_of, note_idle, read_terms, refuse_idle
from approvals.storage.yaml_nodes import Kind, Node, Refused, Scalar

_KEYS = frozenset({"tool", "except", "when", "effect", "message", "quorum"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSection:
    """One list of rules: how its rules are called and which effects they may have."""

    title: str
    """``guardrail`` or ``#prod-incidents, rule``; the number follows."""
    effects: tuple[Effect, ...] = tuple(Effect)


GUARDRAILS = RuleSection(title="guardrail", effects=(Effect.ASK, Effect.DENY))


def read_rules(
    node: Node | None, section: RuleSection, mistakes: Mistakes, *, what: str, declared: Declared
) -> tuple[Rule, ...]:
    """Read a list of rules; those with mistakes are left out, their mistakes noted.

    *declared* is what a rule may name.
    """
    rules = []
    for number, item in enumerate(read.listed(node, mistakes, what=what), start=1):
        rule = _read_rule(item, section, mistakes, number=number, declared=declared)
        if rule is not None:
            rules.append(rule)
    return tuple(rules)


def _read_rule(
    node: Node, section: RuleSection, mistakes: Mistakes, *, number: int, declared: Declared
) -> Rule | None:
    keys = read.fields(node, _KEYS | keys_of(Place.RULE), mistakes, what="a rule")
    if keys is None:
        return None
    effect = _effect(keys, section, mistakes, at=node)
    tool = read.each(
        read.require(keys, "tool", mistakes, at=node, why="name the tools, * for every tool"),
        ToolGlob.of,
        mistakes,
        what="tool",
    )
    excepted = read.each(keys.get("except"), ToolGlob.of, mistakes, what="except")
    condition = _condition(keys.get("when"), mistakes, for_allow=effect is Effect.ALLOW)
    message = read.text(keys.get("message"), mistakes, what="message")
    terms = read_terms(keys, mistakes, place=Place.RULE, declared=declared)
    quorum = read_quorum(keys.get("quorum"), declared.people, mistakes)
    _refuse_idle(keys, effect, mistakes)
    if DEED in terms and not all(glob.is_name for glob in tool):
        mistakes.add(
            keys["deed"], "deed says what one tool does – name the tools in full, without *"
        )
    if effect is None or not tool:
        return None
    return Rule(
        name=f"{section.title} {number}",
        place=f"{mistakes.file}:{node.line}",
        tool=tool,
        excepted=excepted,
        condition=condition,
        effect=effect,
        message=message,
        terms=terms,
        quorum=quorum,
        is_guardrail=section is GUARDRAILS,
    )


def _effect(
    keys: dict[str, Node], section: RuleSection, mistakes: Mistakes, *, at: Node
) -> Effect | None:
    words = ", ".join(section.effects)
    node = read.require(keys, "effect", mistakes, at=at, why=f"write one of {words}")
    if (
        isinstance(node, Scalar)
        and node.value == Effect.ALLOW.value
        and Effect.ALLOW not in section.effects
    ):
        mistakes.add(
            node,
            "a guardrail can only tighten, never allow – write ask or deny here, "
            "and allow the tool in a channel's rules",
        )
        return None
    return read.choice(node, section.effects, mistakes, what="effect")


def _condition(node: Node | None, mistakes: Mistakes, *, for_allow: bool) -> Condition | None:
    if node is None or isinstance(node, Refused):
        return None
    if not isinstance(node, Scalar) or node.kind is Kind.EMPTY or not node.value.strip():
        mistakes.add(node, 'when has to be a condition – write it like args.env == "prod"')
        return None
    try:
        return Condition.of(node.value.strip(), for_allow=for_allow)
    except ValueError as error:
        mistakes.add(node, f"when: {error}")
        return None


def _refuse_idle(keys: dict[str, Node], effect: Effect | None, mistakes: Mistakes) -> None:
    """Refuse keys that mean nothing on a rule with this *effect*."""
    if effect is None:
        return
    refuse_idle(keys, effect, mistakes)
    if "quorum" in keys and effect is not Effect.ASK:
        asking = frozenset({Effect.ASK})
        note_idle(keys["quorum"], "quorum", effect, mistakes, fitting=asking)
