"""For each option, and each key of one, a request that it changes."""

from typing import Any

from tests.each_field import plays
from tests.each_field.plays import after, another, approved_by, posted, reminders
from tests.each_field.scenario import ABSENT, APPROVALS, RULE, Scenario, of
from tests.slack_door.scene import BOB, CAROL, PROD

PENDING, APPROVED, REFUSED = "pending", "approved", "CallRefused"
LEADS: dict[str, Any] = {"after": "1m", "to": ["leads"]}
BY_CAROL = approved_by(CAROL, minutes=1)
REMIND = {"every": "1m", "max": 1}
PAIR = {"before": "old", "after": "new"}
TWO = {("people", "sre"): {"users": [BOB, CAROL]}}

_SILENCE = [
    of("timeout", (ABSENT, "1m"), after(1), (PENDING, "timed_out")),
    of("remind", (ABSENT, {"every": "1m"}), reminders(1), ([0], [1])),
    of("remind.every", ("2m", "1m"), reminders(1), ([0], [1]), given=REMIND),
    of("remind.backoff", (1, 5), reminders(1, 1), ([1, 2], [1, 1]), given={**REMIND, "max": 9}),
    of("remind.max", (1, 2), reminders(1, 1), ([1, 1], [1, 2]), given=REMIND),
    of("escalate", (ABSENT, [LEADS]), BY_CAROL, (PENDING, APPROVED)),
    of("escalate.0.after", ("5m", "1m"), BY_CAROL, (PENDING, APPROVED), given=[LEADS]),
    of("escalate.0.to", (["sre"], ["leads"]), BY_CAROL, (PENDING, APPROVED), given=[LEADS]),
    of(
        "escalate.0.channel",
        (ABSENT, "#other"),
        posted(minutes=1),
        ([PROD, PROD], [PROD, APPROVALS]),
        given=[LEADS],
    ),
    of("notify", (ABSENT, ["leads"]), plays.called, (False, True)),
    of(
        "mention",
        ("first", "never"),
        plays.called,
        (True, False),
        given={(*RULE, "notify"): ["leads"]},
    ),
    of("extend_max", (ABSENT, "never"), plays.extended, (True, False)),
]

_TIMES = [
    of("hold", (ABSENT, "10s"), approved_by(BOB), (APPROVED, PENDING)),
    of("permit_ttl", ("10m", "1m"), plays.used_after(2, looked=True), ("runs", "CallPaused")),
    of("approved_for", ("10m", "1m"), plays.used_after(2, looked=False), ("runs", "CallPaused")),
]

_DECIDING = [
    of(
        "risk",
        ("medium", "high"),
        plays.approved_by_who_joined,
        (APPROVED, PENDING),
        given={("people", "sre"): {"usergroup": "S0SRE"}},
    ),
    of("reason", ("on_reject", "always"), approved_by(BOB), (APPROVED, PENDING)),
    of(
        "deed",
        (ABSENT, "restart"),
        plays.first_button,
        ("Approve", "Approve restart"),
        given={RULE: {"tool": "restart", "effect": "ask"}},
    ),
    of(
        "card",
        ("open", "private"),
        plays.first_button,
        ("Approve", "Review and approve…"),
    ),
    of("join", (ABSENT, False), plays.asked_twice, ("Approve ×2", "Approve")),
    of("diff", (ABSENT, PAIR), plays.compared, ("", "@@ -1,1 +1,1 @@\n-1\n+2")),
    of(
        "diff.before",
        ("old", "newer"),
        plays.compared,
        ("@@ -1,1 +1,1 @@\n-1\n+2", "@@ -1,1 +1,1 @@\n-3\n+2"),
        given=PAIR,
    ),
    of(
        "diff.after",
        ("new", "newer"),
        plays.compared,
        ("@@ -1,1 +1,1 @@\n-1\n+2", "@@ -1,1 +1,1 @@\n-1\n+3"),
        given=PAIR,
    ),
    of("reasons", (ABSENT, ["Planned work"]), plays.ready_reasons, (False, True)),
    of("edit", (ABSENT, True), plays.edited, (1, 7), given=TWO),
    of(
        "editor_may_approve",
        (ABSENT, True),
        plays.approved_by_editor,
        (PENDING, APPROVED),
        given={**TWO, (*RULE, "edit"): True},
    ),
    of(
        "audit",
        (ABSENT, "strict"),
        plays.written_down,
        (0, 1),
        given={RULE: {"tool": "*", "effect": "allow"}},
    ),
]

_ATTENTION = [
    of("budget", (ABSENT, {"per": "10m", "agent": 1}), another(), (PENDING, REFUSED)),
    of(
        "budget.per",
        ("10m", "1m"),
        another(minutes=2),
        (REFUSED, PENDING),
        given={"per": "10m", "agent": 1},
    ),
    of("budget.agent", (2, 1), another(), (PENDING, REFUSED), given={"per": "10m", "agent": 2}),
    of("budget.channel", (2, 1), another(), (PENDING, REFUSED), given={"per": "10m", "channel": 2}),
    of("fold", (1, "off"), plays.asked_two, (1, 2)),
    of("cooldown", (ABSENT, "off"), plays.repeated, ("CallRejected", PENDING)),
]

SCENARIOS: list[Scenario] = [*_SILENCE, *_TIMES, *_DECIDING, *_ATTENTION]
