"""A policy in which every mapping there can be stands once, and the ways to them."""

from typing import Any

from tests.each_field.keys import Path

_RULE: dict[str, Any] = {
    "tool": "*",
    "effect": "ask",
    "remind": {"every": "1m"},
    "escalate": [{"after": "1m", "to": ["sre"]}],
    "quorum": [{"of": ["sre"]}],
    "diff": {"before": "old", "after": "new"},
}
_TASKS = [{"people": ["sre"], "agents": ["*"], "verbs": ["*"]}]
_ROTATION = {
    "zone": "UTC",
    "handover": "09:00",
    "every": "1d",
    "from": "2026-01-05",
    "people": ["U0BOB"],
    "overrides": [{"from": "2026-01-06", "to": "2026-01-07", "user": "U0CAROL"}],
}
_AROUND = {
    "remind": {"every": "1m"},
    "escalate": [{"after": "1m", "to": ["sre"]}],
    "budget": {"per": "1m", "agent": 1},
    "tasks": _TASKS,
}
WHOLE: dict[str, Any] = {
    "version": 1,
    "defaults": {"channel": "#prod", **_AROUND},
    "people": {"sre": {"users": ["U0BOB"], "rotation": _ROTATION}},
    "webhooks": {"pager": {"url": "https://events.example.com/in", "secret_env": "ONE"}},
    "guardrails": [_RULE],
    "channels": {"#prod": {"id": "C0PROD", "approvers": ["sre"], "rules": [_RULE], **_AROUND}},
}
_NAMES = {"people": "sre", "webhooks": "pager", "channels": "#prod"}


def place_of(path: Path) -> tuple[str | int, ...]:
    """Where the mapping at *path* stands in the whole policy, inside of lists too."""
    place: tuple[str | int, ...] = ()
    inner: Any = WHOLE
    for before, step in zip(("", *path), path, strict=False):
        taken = _NAMES[before] if step == "*" else step
        place, inner = (*place, taken), inner[taken]
        if isinstance(inner, list):
            place, inner = (*place, 0), inner[0]
    return place
