"""Small checks that add up to Slack's rules for blocks and views.

A check looks at one JSON value at one place and writes down what is wrong in Slack's words with a
JSON pointer. The files beside this one build blocks, elements and views from them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Findings:
    """What is wrong so far, and which ids were seen."""

    messages: list[str] = field(default_factory=list)
    block_ids: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the JSON a check stands. `surface` is `message`, `modal` or `home`."""

    pointer: str
    surface: str
    findings: Findings

    def at(self, key: str | int) -> "Place":
        """One level deeper."""
        return Place(f"{self.pointer}/{key}", self.surface, self.findings)

    def say(self, sentence: str) -> None:
        """Write down what is wrong here."""
        self.findings.messages.append(f"[ERROR] {sentence} [json-pointer:{self.pointer}]")


Check = Callable[[Any, Place], None]


def string(*, most: int, least: int = 0) -> Check:
    """A string of `least` to `most` characters."""

    def check(value: Any, place: Place) -> None:
        if not isinstance(value, str):
            place.say("must be a string")
        elif len(value) < least:
            place.say(f"must be more than {least - 1} characters")
        elif len(value) > most:
            place.say(f"must be less than {most + 1} characters")

    return check


def integer(*, least: int = 0, most: int = 1_000_000) -> Check:
    """A whole number in a range."""

    def check(value: Any, place: Place) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            place.say("must be an integer")
        elif not least <= value <= most:
            place.say(f"must be between {least} and {most}")

    return check


def boolean(value: Any, place: Place) -> None:
    """True or false."""
    if not isinstance(value, bool):
        place.say("must be a boolean")


def anything(value: Any, place: Place) -> None:
    """No rule is known for it."""


def one_of(*allowed: str) -> Check:
    """One of a few words."""

    def check(value: Any, place: Place) -> None:
        if value not in allowed:
            place.say(f"value must be one of: {', '.join(allowed)}")

    return check


def array(item: Check, *, most: int, least: int = 1) -> Check:
    """A list of `least` to `most` items, each checked."""

    def check(value: Any, place: Place) -> None:
        if not isinstance(value, list):
            place.say("must provide an array")
            return
        if len(value) > most:
            place.say(f"no more than {most} items allowed")
        if len(value) < least:
            place.say(f"no fewer than {least} items allowed")
        for index, member in enumerate(value):
            item(member, place.at(index))

    return check


def shape(
    required: Mapping[str, Check] | None = None, optional: Mapping[str, Check] | None = None
) -> Check:
    """An object with these fields and no others (`type` is always allowed)."""
    must = required or {}
    known = {**must, **(optional or {})}

    def check(value: Any, place: Place) -> None:
        if not isinstance(value, dict):
            place.say("must provide an object")
            return
        for name in must:
            if value.get(name) is None:
                place.say(f"missing required field: {name}")
        for name, member in value.items():
            if name in known:
                if member is not None:
                    known[name](member, place.at(name))
            elif name != "type":
                place.say(f"invalid additional property: {name}")

    return check


def by_type(checks: Mapping[str, Check]) -> Check:
    """An object whose `type` says which check it must pass."""

    def check(value: Any, place: Place) -> None:
        if not isinstance(value, dict):
            place.say("must provide an object")
            return
        kind = value.get("type")
        if kind is None:
            place.say("missing required field: type")
        elif not isinstance(kind, str) or kind not in checks:
            place.at("type").say(f"unsupported type: {kind}")
        else:
            checks[kind](value, place)

    return check


def has_one_of(check: Check, *names: str) -> Check:
    """A check that also wants exactly one of these fields to be there."""

    def both(value: Any, place: Place) -> None:
        check(value, place)
        if isinstance(value, dict) and sum(value.get(name) is not None for name in names) != 1:
            place.say(f"must define exactly one of: {', '.join(names)}")

    return both
