"""The JSON Schema of the policy file: what an editor can tell while somebody types.

Made from the tables of the readers, so that a key that is read is a key of the schema. It knows the
form; what names stand for, and what may stand together, is said by the readers alone.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from approvals.domain import terms
from approvals.domain.compared import NAME_MAX_CHARS
from approvals.domain.deed import DEED_MAX_CHARS
from approvals.domain.effect import Audit, Effect
from approvals.domain.task_rule import TaskVerb
from approvals.domain.terms import Option, Place
from approvals.storage.policy_people import PEOPLE_KEYS
from approvals.storage.policy_quorum import COUNT_MAX, SLOTS_MAX
from approvals.storage.policy_rotation import OVERRIDE_KEYS, OVERRIDES_MAX, ROTATION_KEYS
from approvals.storage.policy_silence import BACKOFF_MAX, REMINDERS_MAX, RUNGS_MAX
from approvals.storage.policy_terms import READERS, REASON_MAX_CHARS

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TEXT: Schema = {"type": "string", "minLength": 1}
_DURATION: Schema = {
    "type": "string",
    "pattern": r"^(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$",
    "description": "Such as 90s, 15m, 1h30m or 2d.",
}
_GLOB: Schema = {
    "type": "string",
    "pattern": r"^[^?\[\]{}!,\s]+$",
    "description": "* stands for anything.",
}
_DAY: Schema = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_MOMENT: Schema = {
    "type": "string",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2})?$",
}


def _some(item: Schema) -> Schema:
    """One of *item*, or a list of at least one."""
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def _choice(words: Iterable[str]) -> Schema:
    return {"enum": [str(word) for word in words]}


def _mapping(properties: Mapping[str, Schema], *required: str) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _named(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value, "minProperties": 1}


_NAMES = _some(_TEXT)
_COUNT: Schema = {"type": "integer", "minimum": 1}
_SLOT = _mapping(
    {"of": _NAMES, "count": {"type": "integer", "minimum": 1, "maximum": COUNT_MAX}}, "of"
)

_REMIND = _mapping(
    {
        "every": _DURATION,
        "backoff": {"type": "number", "minimum": 1, "maximum": BACKOFF_MAX},
        "max": {"type": "integer", "minimum": 1, "maximum": REMINDERS_MAX},
    },
    "every",
)
_RUNG = _mapping(
    {"after": _DURATION, "to": _NAMES, "channel": _TEXT, "webhook": _TEXT}, "after", "to"
)
_ARGUMENT: Schema = {**_TEXT, "maxLength": NAME_MAX_CHARS}
_WEBHOOK = _mapping(
    {"url": _TEXT, "secret_env": _TEXT, "secret_file": _TEXT, "callback": {"type": "boolean"}},
    "url",
)

SHAPES: Mapping[Option[Any], Schema] = {
    terms.REMIND: _REMIND,
    terms.ESCALATE: {"type": "array", "items": _RUNG, "minItems": 1, "maxItems": RUNGS_MAX},
    terms.REASONS: _some({**_TEXT, "maxLength": REASON_MAX_CHARS}),
    terms.DEED: {**_TEXT, "maxLength": DEED_MAX_CHARS},
    terms.DIFF: _mapping({"before": _ARGUMENT, "after": _ARGUMENT}, "before", "after"),
    terms.NOTIFY: _NAMES,
    terms.BUDGET: _mapping({"per": _DURATION, "agent": _COUNT, "channel": _COUNT}, "per"),
    terms.COOLDOWN: {"anyOf": [_DURATION, {"const": "off"}]},
    terms.FOLD: {"anyOf": [_COUNT, {"const": "off"}]},
    terms.EXTEND_MAX: {"anyOf": [_DURATION, {"const": "never"}]},
    terms.AUDIT_STRICT: _choice(Audit),
}
"""The form of options that the kind of their value does not tell."""


def shape_of(option: Option[Any]) -> Schema:
    """Return the form of one option: its own, else that of values like the one it has anyway."""
    if option in SHAPES:
        return SHAPES[option]
    match option.otherwise:
        case bool():
            return {"type": "boolean"}
        case timedelta():
            return _DURATION
        case StrEnum() as word:
            return _choice(type(word))
    return {}


def policy_schema() -> Schema:
    """Return the schema of a whole policy file."""
    channels = _named(_channel())
    root = {
        "version": {"const": 1},
        "defaults": _defaults(),
        "people": _named(_people()),
        "guardrails": {"type": "array", "items": _rule(Effect.ASK, Effect.DENY)},
        "tools": _named(_TEXT),
        "channels": channels,
        "webhooks": _named(_WEBHOOK),
    }
    made = _mapping(root, "version", "defaults", "people", "channels")
    return {"$schema": DIALECT, "title": "A policy of Sayso", **made}


def _options(place: Place) -> dict[str, Schema]:
    return {option.key: shape_of(option) for option in READERS if place in option.places}


def _defaults() -> Schema:
    own = {
        "channel": _TEXT,
        "unmatched": _choice((Effect.ASK, Effect.DENY)),
        "tasks": _tasks(),
        "freeze": _NAMES,
        "policy_channel": _TEXT,
    }
    return _mapping({**own, **_options(Place.DEFAULTS)}, "channel")


def _channel() -> Schema:
    own = {
        "id": _some(_TEXT),
        "approvers": _NAMES,
        "rules": {"type": "array", "items": _rule(*Effect)},
        "tasks": _tasks(),
        "freeze": _NAMES,
    }
    return _mapping({**own, **_options(Place.CHANNEL)}, "id", "approvers")


def _rule(*effects: Effect) -> Schema:
    own = {
        "tool": _some(_GLOB),
        "except": _some(_GLOB),
        "when": _TEXT,
        "effect": _choice(effects),
        "message": _TEXT,
        "quorum": {"type": "array", "items": _SLOT, "minItems": 1, "maxItems": SLOTS_MAX},
    }
    return _mapping({**own, **_options(Place.RULE)}, "tool", "effect")


def _people() -> Schema:
    kinds = {
        "users": _some(_TEXT),
        "usergroup": _some(_TEXT),
        "channel": _some(_TEXT),
        "emails": _some({**_TEXT, "pattern": "@"}),
        "sets": _NAMES,
        "rotation": _rotation(),
    }
    return {**_mapping({key: kinds[key] for key in PEOPLE_KEYS}), "minProperties": 1}


def _rotation() -> Schema:
    override = {"from": _MOMENT, "to": _MOMENT, "user": _TEXT}
    keys = {
        "zone": _TEXT,
        "handover": {"type": "string", "pattern": "[0-2][0-9]:[0-5][0-9]$"},
        "every": {"type": "string", "pattern": "^[1-9][0-9]?[dw]$"},
        "from": _DAY,
        "people": _some(_TEXT),
        "overrides": {
            "type": "array",
            "items": _mapping({key: override[key] for key in OVERRIDE_KEYS}, *OVERRIDE_KEYS),
            "maxItems": OVERRIDES_MAX,
        },
    }
    return _mapping({key: keys[key] for key in ROTATION_KEYS}, *ROTATION_KEYS[:-1])


def _tasks() -> Schema:
    rule = _mapping(
        {"people": _NAMES, "agents": _some(_GLOB), "verbs": _some(_choice([*TaskVerb, "*"]))},
        "people",
        "agents",
        "verbs",
    )
    return {"type": "array", "items": rule}
