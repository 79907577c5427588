"""Changes of a pending call's arguments by people: who, when, and what was different before.

Made by `operations/edit_request`, kept with the request, told by the card and to the agent. The
request's own call is always the one that would run; `before` is what it was until this change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals.domain import strict_json
from approvals.domain.ids import TeamId, UserId
from approvals.domain.strict_json import JsonValue

CHANGES_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change of the arguments."""

    by: UserId
    team: TeamId
    at: datetime
    before: str
    """Canonical JSON of all arguments until then."""
    voided: tuple[UserId, ...] = ()
    """Who had approved what it was until then; their approvals count no more."""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "by": self.by,
            "team": self.team,
            "at": self.at.isoformat(),
            "before": self.before,
            "voided": list(self.voided),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Edit":
        """Read what `to_json` wrote."""
        return cls(
            by=UserId(stored["by"]),
            team=TeamId(stored["team"]),
            at=datetime.fromisoformat(stored["at"]),
            before=stored["before"],
            voided=tuple(map(UserId, stored["voided"])),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value that is different, by the way to it."""

    path: str
    """As people write it: ``replicas``, ``spec.items[2].name``."""
    before: str | None
    """Canonical JSON; None where there was nothing."""
    after: str | None


def changes(before: JsonValue, after: JsonValue) -> tuple[Change, ...]:
    """Return what is different between two sets of arguments, in the order of their names.

    >>> changes({"env": "prod", "spec": {"n": 3}}, {"env": "prod", "spec": {"n": 2}})
    (Change(path='spec.n', before='3', after='2'),)
    """
    found = []
    for change in _differences("", before, after):
        found.append(change)
        if len(found) > CHANGES_MAX:
            return (Change(path="arguments", before=_text(before), after=_text(after)),)
    return tuple(found)


def _differences(path: str, before: JsonValue, after: JsonValue) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            below = f"{path}.{name}" if path else name
            if name in before and name in after:
                yield from _differences(below, before[name], after[name])
            else:
                there = before.get(name), after.get(name)
                yield Change(
                    path=below,
                    before=_text(there[0]) if name in before else None,
                    after=_text(there[1]) if name in after else None,
                )
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for position, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(f"{path}[{position}]", old, new)
    elif _text(before) != _text(after):
        yield Change(path=path or "arguments", before=_text(before), after=_text(after))


def _text(value: JsonValue) -> str:
    return strict_json.write(value)
