"""What a program wants to be answered: options, a type or a JSON schema, and how it gets it back.

Used by `asking`. People answer by the JSON schema; the program gets what it asked for: one of its
own options, a value of its own type, or plain JSON.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from approvals.domain import strict_json
from approvals.domain.inquiry import ANY_TEXT
from approvals.domain.inquiry_check import options_schema
from approvals.domain.inquiry_errors import AnswerMisfit, InvalidInquiry
from approvals.domain.schema_keywords import Schema
from approvals.domain.strict_json import JsonValue
from approvals.gate.argument_schema import mistakes


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The answer that is wanted."""

    schema: Schema
    read: Callable[[JsonValue], Any]
    """Returns what the program gets for an answer. Raises AnswerMisfit."""


def wanted(options: Iterable[Any] | None, schema: Any) -> Wanted:
    """Return what is wanted by *options*, or by a *schema*: JSON schema, type, pydantic model.

    Raises:
        InvalidInquiry
    """
    if options is not None and schema is not None:
        raise InvalidInquiry("Give the options of a question or the schema of its answer.")
    if options is not None:
        return _one_of(list(options))
    if schema is None:
        return Wanted(schema=ANY_TEXT, read=lambda answer: answer)
    if isinstance(schema, Mapping):
        return Wanted(schema=dict(schema), read=lambda answer: answer)
    return _of_type(schema)


def _one_of(options: list[Any]) -> Wanted:
    values = [each.value if isinstance(each, Enum) else each for each in options]
    schema = options_schema(values)
    by_text = dict(zip(map(strict_json.write, values), options, strict=True))
    return Wanted(schema=schema, read=lambda answer: by_text[strict_json.write(answer)])


def _of_type(kind: Any) -> Wanted:
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(kind)
        schema = adapter.json_schema()
    except (PydanticUserError, TypeError, NameError) as error:
        why = str(error).splitlines()[0]
        raise InvalidInquiry(f"No JSON schema can be made of {kind!r:.80}: {why}") from error

    def read(answer: JsonValue) -> Any:
        try:
            return adapter.validate_json(strict_json.write(answer))
        except ValidationError as error:
            raise AnswerMisfit(
                f"The answer does not fit {kind!r:.80}: {mistakes(error)}."
            ) from None

    return Wanted(schema=cast("Schema", schema), read=read)
