"""The keys of the policy file, told by its schema and, apart from that, by its readers.

A *field* is one key, named by the way to it. What may be written at several places is one field:
``timeout``, ``remind.every``, ``rule.when`` (of a channel or a guardrail), ``tasks.people``.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from approvals.storage.mistakes import PolicyInvalid
from approvals.storage.policy_reader import read_policy
from approvals.storage.policy_schema import policy_schema
from approvals.storage.policy_terms import READERS

Path = tuple[str, ...]
Schema = dict[str, Any]

OPTIONS = frozenset(option.key for option in READERS)
_RULES: tuple[Path, ...] = (("channels", "*", "rules"), ("guardrails",))
_PLACES: tuple[Path, ...] = (*_RULES, ("channels", "*"), ("defaults",))
_UNKNOWN = "zzzz"


def mappings(schema: Schema, at: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """Every mapping of a *schema* with the way to it; ``*`` is a name the author chooses."""
    if "properties" in schema:
        yield at, schema
    for key, inner in schema.get("properties", {}).items():
        yield from mappings(inner, (*at, key))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from mappings(schema["additionalProperties"], (*at, "*"))
    for inner in (*([schema["items"]] if "items" in schema else ()), *schema.get("anyOf", ())):
        yield from mappings(inner, at)


def field_of(path: Path) -> str:
    """The name of the field at *path*."""
    for place in _PLACES:
        rest = path[len(place) :]
        if path[: len(place)] == place and rest:
            if rest[0] in OPTIONS or rest[0] == "tasks":
                return ".".join(rest)
            return ".".join(("rule", *rest) if place in _RULES else path)
    return ".".join(path)


def fields() -> frozenset[str]:
    """Every field but the sections that are always there: those say only what is in them."""
    found = list(mappings(policy_schema()))
    sections = {at[:end] for at, _ in found for end in range(1, len(at) + 1)}
    return frozenset(
        field_of((*at, key))
        for at, schema in found
        for key in schema["properties"]
        if (*at, key) not in sections or key not in schema["required"]
    )


def keys_read(policy: dict[str, Any], at: tuple[str | int, ...]) -> set[str]:
    """The keys the readers know in the mapping of *policy* that is *at* this place.

    They tell so themselves: a key that they do not know is answered with those that they do.
    """
    tried = json.loads(json.dumps(policy))
    mapping = tried
    for step in at:
        mapping = mapping[step]
    mapping[_UNKNOWN] = 1
    with pytest.raises(PolicyInvalid) as refused:
        read_policy(json.dumps(tried).encode())
    told = re.search(rf"'{_UNKNOWN}' is not known in this version – use (.*)", str(refused.value))
    assert told is not None, refused.value
    return set(told[1].split(", "))
