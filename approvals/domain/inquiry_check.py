"""What cannot be asked so that every answer is sure to fit: refused before anybody is asked.

The part of `inquiry` that says no. What is not checked when people answer would be a promise that
nobody keeps, and what a form cannot show could not be answered.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from approvals.domain import strict_json
from approvals.domain.argument_form import CHOICE_MAX_CHARS, CHOICES_MAX, ArgumentForm, choice_text
from approvals.domain.display import visible
from approvals.domain.inquiry_errors import InvalidInquiry
from approvals.domain.schema_check import not_understood
from approvals.domain.schema_keywords import Schema
from approvals.domain.strict_json import JsonValue

QUESTION_MAX_CHARS = 1_000
QUESTION_MAX_LINES = 30
SCHEMA_MAX_CHARS = 20_000
_FORMATS = frozenset({"date"})
"""Those that are checked."""


def options_schema(options: Sequence[JsonValue]) -> Schema:
    """Return the schema of an answer that is one of *options*.

    Raises:
        InvalidInquiry
    """
    texts = [choice_text(each) for each in options]
    if not 0 < len(options) < CHOICES_MAX:
        raise InvalidInquiry(f"A question has 1 to {CHOICES_MAX - 1} options.")
    for option, text in zip(options, texts, strict=True):
        if isinstance(option, dict | list) or option is None:
            raise InvalidInquiry("An option is a text, a number, true or false.")
        if not text.strip() or len(text) > CHOICE_MAX_CHARS or visible(text).hidden:
            raise InvalidInquiry(
                f"An option has 1 to {CHOICE_MAX_CHARS} characters that can be seen: "
                f"{visible(text).text[:40]!r} has not."
            )
    if len(set(texts)) != len(texts):
        raise InvalidInquiry("Two options read alike.")
    return {"enum": list(options)}


def refuse_unreadable(question: str) -> None:
    """Refuse a question that says nothing, or more than a card has room for."""
    if not question.strip():
        raise InvalidInquiry("There is no question.")
    lines = question.count("\n") + 1
    if len(visible(question).text) > QUESTION_MAX_CHARS or lines > QUESTION_MAX_LINES:
        raise InvalidInquiry(
            f"A question has at most {QUESTION_MAX_CHARS:,} characters, as they are shown, in "
            f"{QUESTION_MAX_LINES} lines."
        )


def refuse_unenforced(schema: JsonValue) -> None:
    """Refuse a schema of which anything would not be checked."""
    if not isinstance(schema, dict):
        raise InvalidInquiry("The schema of the answer is a JSON object.")
    if len(strict_json.write(schema)) > SCHEMA_MAX_CHARS:
        raise InvalidInquiry(f"The schema has at most {SCHEMA_MAX_CHARS:,} characters.")
    unknown = not_understood(schema, schema)
    if unknown:
        raise InvalidInquiry(f"The schema of the answer cannot be checked here: {unknown}.")
    for said in _formats(schema):
        if said not in _FORMATS:
            raise InvalidInquiry(
                f"The format {said!r:.40} is not checked here; say it with `pattern`."
            )


def _formats(schema: JsonValue) -> list[JsonValue]:
    """Return every `format` in *schema*, and whatever a property of that name says."""
    if isinstance(schema, list):
        return [said for each in schema for said in _formats(each)]
    if not isinstance(schema, dict):
        return []
    own = schema.get("format")
    below = [said for key, each in schema.items() if key != "enum" for said in _formats(each)]
    return [*below, *([own] if isinstance(own, str) else [])]


def refuse_unfit(form: ArgumentForm, schema: Mapping[str, Any]) -> None:
    """Refuse what a form has no room for, or cannot show."""
    drawn = {field.name for field in form.fields}
    missing = sorted(schema["properties"].keys() - drawn)
    if missing:
        raise InvalidInquiry(
            f"{visible(missing[0]).text[:60]!r} cannot be asked for in a form: shorten its "
            "name, its description or its choices, or ask for less at once."
        )
    required = schema.get("required", [])
    if not isinstance(required, list) or set(map(str, required)) - drawn:
        raise InvalidInquiry("The schema requires what its properties do not name.")
