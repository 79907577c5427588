"""A tool's JSON schema as text with its digest, and what one of its parts says.

The gate hands it over with a call that people may change; the store keeps it under its digest, so
that a form can be drawn from it after a restart (ADR-0028).
"""

import hashlib
from dataclasses import dataclass

from approvals.domain import errors, strict_json
from approvals.domain.schema_check import DEPTH_MAX, SAYS_NOTHING, Reading
from approvals.domain.schema_keywords import Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSchema:
    """A JSON schema as canonical text."""

    digest: str
    """SHA-256 (hex) of the text, which it is kept under."""
    text: str

    @classmethod
    def of(cls, schema: Schema) -> "ToolSchema | None":
        """Return *schema* as text, or None for one that strict JSON cannot carry."""
        try:
            text = strict_json.write(schema)
        except (errors.InvalidJson, TypeError, ValueError, RecursionError):
            return None
        return cls(digest=hashlib.sha256(text.encode()).hexdigest(), text=text)


def resolved(schema: Schema, root: Schema) -> Schema:
    """Return *schema* with the reference it consists of followed, annotations aside."""
    for _ in range(DEPTH_MAX):
        if not isinstance(schema, dict) or schema.keys() - SAYS_NOTHING != {"$ref"}:
            return schema
        schema = Reading(root).pointed_at(schema["$ref"])
    return False


def without_null(schema: Schema, root: Schema) -> tuple[Schema, bool]:
    """Return what *schema* says of a value that is not null, and whether null fits it too."""
    schema = resolved(schema, root)
    if not isinstance(schema, dict):
        return schema, False
    kinds = schema.get("type")
    if isinstance(kinds, list) and "null" in kinds and len(kinds) == 2:
        (kind,) = (each for each in kinds if each != "null")
        return {**schema, "type": kind}, True
    for keyword in ("anyOf", "oneOf"):
        options = schema.get(keyword)
        rest = schema.keys() - SAYS_NOTHING
        if rest == {keyword} and isinstance(options, list) and len(options) == 2:
            plain = [each for each in options if resolved(each, root) != {"type": "null"}]
            if len(plain) == 1:
                return resolved(plain[0], root), True
    return schema, False
