"""For each key of a rule, of the sections around the rules and of tasks, a request it changes."""

from typing import Any

from tests.each_field import plays
from tests.each_field.plays import Play, approved_by, posted, typed
from tests.each_field.scenario import ABSENT, APPROVALS, CHANNEL, DEFAULTS, RULE, At, Scenario
from tests.slack_door.scene import CAROL, PROD

PENDING, DENIED, APPROVED = "pending", "CallDenied", "approved"
SLOT = {"of": ["sre"], "count": 1}
TASK = {"people": ["leads"], "agents": ["ops"], "verbs": ["run"]}
MOVED = ([PROD], [APPROVALS])
FROZE = typed(CAROL, "/approvals freeze x", told="is frozen")
FROZE_ALL = typed(CAROL, "/approvals freeze all x", told="is frozen")


def _rule(
    name: str, values: Any, play: Play, comes_to: tuple[object, object], **rule: Any
) -> Scenario:
    """A key of the channel's one rule, which else says *rule*."""
    first, *inner = name.split(".")
    return Scenario(
        name=f"rule.{name}",
        at=(*RULE, first, 0, *inner) if inner else (*RULE, first),
        values=values,
        play=play,
        comes_to=comes_to,
        given={RULE: {"tool": "*", "effect": "ask", **rule}},
    )


def _at(at: At, values: Any, play: Play, comes_to: tuple[object, object], **also: Any) -> Scenario:
    """A key outside of the rules."""
    return Scenario(
        name=".".join("*" if step == "#prod" else str(step) for step in at),
        at=at,
        values=values,
        play=play,
        comes_to=comes_to,
        **also,
    )


def _task(key: str, other: list[str]) -> Scenario:
    return Scenario(
        name=f"tasks.{key}",
        at=(*CHANNEL, "tasks", 0, key),
        values=(other, TASK[key]),
        play=plays.starts_a_task,
        comes_to=(False, True),
        given={(*CHANNEL, "tasks"): [TASK]},
    )


_RULES = [
    _rule("tool", ("read_*", "re*"), plays.asked, (PENDING, DENIED), effect="deny"),
    _rule("except", (ABSENT, "restart"), plays.asked, (DENIED, PENDING), effect="deny"),
    _rule("when", ("args.n > 5", "args.n > 0"), plays.asked, (PENDING, DENIED), effect="deny"),
    _rule("effect", ("ask", "allow"), plays.asked, (PENDING, "allowed")),
    _rule("message", (ABSENT, "By hand."), plays.denied_with, (False, True), effect="deny"),
    _rule("quorum", (ABSENT, [{"of": "leads"}]), approved_by(CAROL), (PENDING, APPROVED)),
    _rule(
        "quorum.of", (["sre"], ["leads"]), approved_by(CAROL), (PENDING, APPROVED), quorum=[SLOT]
    ),
    _rule(
        "quorum.count",
        (1, 2),
        approved_by(CAROL),
        (APPROVED, PENDING),
        quorum=[{"of": ["sre", "leads"]}],
    ),
]

_AROUND = [
    _at(("version",), (1, 2), plays.asked, (PENDING, "no policy")),
    _at(
        ("guardrails",),
        (ABSENT, [{"tool": "*", "effect": "deny"}]),
        plays.asked,
        (PENDING, DENIED),
    ),
    _at(("tools",), (ABSENT, {"restart": "#other"}), posted(), MOVED),
    _at((*DEFAULTS, "channel"), ("#prod", "#other"), posted(), MOVED),
    _at(
        (*DEFAULTS, "unmatched"),
        ("ask", "deny"),
        plays.asked,
        (PENDING, DENIED),
        given={(*CHANNEL, "rules"): []},
    ),
    _at(
        (*DEFAULTS, "policy_channel"),
        (ABSENT, "#other"),
        plays.told_of_policies,
        ([], [APPROVALS]),
    ),
    _at((*DEFAULTS, "freeze"), (ABSENT, ["leads"]), FROZE_ALL, (False, True)),
    _at((*CHANNEL, "freeze"), (ABSENT, ["leads"]), FROZE, (False, True)),
    _at((*CHANNEL, "id"), (PROD, "C0GENERAL"), posted(), ([PROD], ["C0GENERAL"])),
    _at(
        (*CHANNEL, "rules"),
        (ABSENT, [{"tool": "*", "effect": "deny"}]),
        plays.asked,
        (PENDING, DENIED),
    ),
    _at((*CHANNEL, "approvers"), (["sre"], ["leads"]), approved_by(CAROL), (PENDING, APPROVED)),
]

_TASKS = [
    Scenario(
        name="tasks",
        at=(*CHANNEL, "tasks"),
        values=(ABSENT, []),
        play=plays.starts_a_task,
        comes_to=(True, False),
    ),
    _task("people", ["sre"]),
    _task("agents", ["report-*"]),
    _task("verbs", ["list"]),
]

SCENARIOS: list[Scenario] = [*_RULES, *_AROUND, *_TASKS]
