"""One field of the policy file, changed alone, and what comes of the same play before and after."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from approvals.domain.option import Place
from approvals.storage.policy_terms import READERS
from tests.each_field.plays import Play
from tests.each_field.stage import Here
from tests.slack_door.scene import BOB, CAROL, PROD

ABSENT: Any = object()
APPROVALS = "C0APPROVALS"
RULE, CHANNEL, DEFAULTS = ("channels", "#prod", "rules", 0), ("channels", "#prod"), ("defaults",)
At = tuple[str | int, ...]
PLACES: Mapping[Place, At] = {
    Place.RULE: RULE,
    Place.CHANNEL: CHANNEL,
    Place.DEFAULTS: DEFAULTS,
}
OPTIONS = {option.key: option for option in READERS}


def a_policy() -> dict[str, Any]:
    """One rule that asks; Bob approves, Carol leads."""
    return {
        "version": 1,
        "defaults": {"channel": "#prod"},
        "people": {"sre": {"users": [BOB]}, "leads": {"users": [CAROL]}},
        "channels": {
            "#prod": {
                "id": PROD,
                "approvers": ["sre"],
                "rules": [{"tool": "*", "effect": "ask"}],
            },
            "#other": {"id": APPROVALS, "approvers": ["sre"]},
        },
    }


def put(policy: dict[str, Any], at: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """Return *policy* with *value* at this place, and nothing else changed."""
    changed: dict[str, Any] = json.loads(json.dumps(policy))
    *way, last = at
    inner: Any = changed
    for step in way:
        inner = inner.setdefault(step, {}) if isinstance(inner, dict) else inner[step]
    if value is ABSENT:
        inner.pop(last, None)
    else:
        inner[last] = value
    return changed


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One field, as it is and as it is changed, and what comes of the same play."""

    name: str
    at: At
    values: tuple[Any, Any]
    """What stands there; a function makes it of what is here."""
    play: Play
    comes_to: tuple[object, object]
    given: Mapping[At, Any] = field(default_factory=dict)
    """What else stands in both policies."""

    def policy(self, value: Any, here: Here) -> dict[str, Any]:
        """The policy with *value* in the field."""
        policy = a_policy()
        for at, other in (*self.given.items(), (self.at, value)):
            policy = put(policy, at, other(here) if callable(other) else other)
        return policy


def of(
    name: str, values: tuple[Any, Any], play: Play, comes_to: tuple[object, object], **also: Any
) -> Scenario:
    """A field of an option, written at the most particular place it may be written at.

    A number in its *name* is a place in a list.
    """
    first = name.split(".", maxsplit=1)[0]
    place = next(PLACES[each] for each in Place if each in OPTIONS[first].places)
    return Scenario(
        name=name.replace(".0", ""),
        at=(*place, *_steps(name)),
        values=values,
        play=play,
        comes_to=comes_to,
        given={(*place, first): also.pop("given")} if "." in name else also.pop("given", {}),
    )


def _steps(name: str) -> At:
    return tuple(int(step) if step.isdecimal() else step for step in name.split("."))
