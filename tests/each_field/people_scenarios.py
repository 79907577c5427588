"""For each way to name people, a request that others may decide when it alone is changed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.each_field.plays import approved_by
from tests.each_field.scenario import ABSENT, Scenario
from tests.each_field.stage import Here
from tests.slack_door.scene import BOB, CAROL

PENDING, APPROVED = "pending", "approved"
SRE = ("people", "sre")
ROTATION = (*SRE, "rotation")
KINDS: dict[str, Any] = {
    "users": [CAROL],
    "usergroup": "S0LEADS",
    "channel": "C0LEADS",
    "emails": ["carol@example.com"],
    "sets": ["leads"],
    "rotation": lambda here: _rotation(here.now),
}
"""Ways to say Carol."""


def _kind(kind: str) -> Scenario:
    bob = {"emails": ["bob@example.com"]} if kind == "users" else {"users": [BOB]}
    return Scenario(
        name=f"people.*.{kind}",
        at=(*SRE, kind),
        values=(ABSENT, KINDS[kind]),
        play=approved_by(CAROL),
        comes_to=(PENDING, APPROVED),
        given={SRE: bob},
    )


def _rotation(now: datetime, **changed: Any) -> dict[str, Any]:
    """Carol is on call since the morning, after a day of Bob; every play begins at noon."""
    return {
        "zone": "UTC",
        "handover": "09:00",
        "every": "1d",
        "from": f"{now - timedelta(days=1):%Y-%m-%d}",
        "people": [BOB, CAROL],
        **changed,
    }


def _override(now: datetime, *, starts: int = -2, ends: int = 2, user: str = BOB) -> dict[str, Any]:
    hour = timedelta(hours=1)
    return {
        "from": f"{now + starts * hour:%Y-%m-%d %H:%M}",
        "to": f"{now + ends * hour:%Y-%m-%d %H:%M}",
        "user": user,
    }


def _of_rotation(key: str, change: Callable[[datetime], Any]) -> Scenario:
    return Scenario(
        name=f"people.*.rotation.{key}",
        at=(*ROTATION, key),
        values=(lambda here: _rotation(here.now).get(key, ABSENT), lambda here: change(here.now)),
        play=approved_by(CAROL),
        comes_to=(APPROVED, PENDING),
        given={SRE: lambda here: {"rotation": _rotation(here.now)}},
    )


def _of_override(key: str, change: Callable[[datetime], Any]) -> Scenario:
    def overridden(here: Here) -> dict[str, Any]:
        return {"rotation": _rotation(here.now, overrides=[_override(here.now)])}

    return Scenario(
        name=f"people.*.rotation.overrides.{key}",
        at=(*ROTATION, "overrides", 0, key),
        values=(lambda here: _override(here.now)[key], lambda here: change(here.now)),
        play=approved_by(CAROL),
        comes_to=(PENDING, APPROVED),
        given={SRE: overridden},
    )


SCENARIOS: list[Scenario] = [
    *map(_kind, KINDS),
    _of_rotation("zone", lambda _: "Etc/GMT+6"),
    _of_rotation("handover", lambda _: "13:00"),
    _of_rotation("every", lambda _: "2d"),
    _of_rotation("from", lambda now: f"{now - timedelta(days=2):%Y-%m-%d}"),
    _of_rotation("people", lambda _: [CAROL, BOB]),
    _of_rotation("overrides", lambda now: [_override(now)]),
    _of_override("from", lambda now: _override(now, starts=1)["from"]),
    _of_override("to", lambda now: _override(now, ends=-1)["to"]),
    _of_override("user", lambda _: CAROL),
]
