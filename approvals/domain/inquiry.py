"""An inquiry: an agent asks people for an answer, by a request about a call that runs nothing.

Asked by `gate/asking`, answered through `operations/answer_inquiry`. The call's name and
fingerprint are ours, which no tool can have; its arguments are the question and the JSON schema of
the answer. An answer is told to the agent as data and permits nothing. Source: ADR-0037.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from approvals.domain import strict_json
from approvals.domain.argument_form import ArgumentForm, argument_form
from approvals.domain.effect import Effect
from approvals.domain.errors import InvalidJson
from approvals.domain.form_reading import read_form
from approvals.domain.inquiry_check import (
    refuse_unenforced,
    refuse_unfit,
    refuse_unreadable,
)
from approvals.domain.inquiry_errors import AnswerWanted, InvalidAnswer, InvalidInquiry
from approvals.domain.redaction import mask_arguments
from approvals.domain.requirement import Requirement, Slot
from approvals.domain.schema_check import mistake
from approvals.domain.schema_keywords import Schema
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall

INQUIRY_TOOL = "sayso.inquiry"
"""By this name the policy's rules speak of inquiries."""
ASK_PERSON = "ask_person"
"""The tool by which a model puts one; what it asks and hears stands on the inquiry's card alone."""
FINGERPRINT = hashlib.sha256(b"sayso: an agent asks people for an answer").hexdigest()
ANY_TEXT: Mapping[str, Any] = {"type": "string"}
"""The schema of a question that says nothing about its answer."""
_VALUE = "answer"
"""The name of the one field of an answer that is no object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What is asked, and what the answer has to be."""

    question: str
    schema: Schema
    form: ArgumentForm
    """Through which people answer; every field of it can be filled in."""
    is_object: bool
    """Whether the answer is an object with a field for each name; else it has the one field."""

    @property
    def choices(self) -> tuple[JsonValue, ...]:
        """What there is to choose from, where the answer is one choice and nothing else."""
        return () if self.is_object else self.form.fields[0].choices

    def answer(self, given: Mapping[int, str | None]) -> str:
        """Return the answer a filled-in form gives, as canonical JSON.

        Raises:
            InvalidAnswer: ``facts["fields"]`` says what is wrong with which field.
        """
        texts = [given.get(place) for place in range(len(self.form.fields))]
        values, wrong = read_form({}, self.form, texts)
        if not wrong and (why := mistake(values, self.form.schema, self.form.schema)):
            wrong = {0: f"All of it together has to be {why}."}
        if wrong:
            raise InvalidAnswer(fields=wrong)
        return strict_json.write(values if self.is_object else values[_VALUE])


def inquiry_call(question: str, schema: Schema = ANY_TEXT) -> ToolCall:
    """Return the call that stands for *question*, whose answer has to fit *schema*.

    Raises:
        InvalidInquiry: it cannot be asked, or not every answer could be given and checked.
    """
    try:
        arguments: dict[str, JsonValue] = {"question": question, "schema": schema}
        if order := _order(schema):
            arguments["order"] = order
        call = ToolCall.of(INQUIRY_TOOL, FINGERPRINT, arguments)
    except InvalidJson as refusal:
        raise InvalidInquiry(f"The schema of the answer is not JSON: {refusal.message}") from None
    inquiry_of(call)
    return call


def _order(schema: Schema) -> list[JsonValue]:
    """Return the names of the fields where the schema has another order than the alphabet's."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    names: list[JsonValue] = list(properties) if isinstance(properties, dict) else []
    return [] if names == sorted(names, key=str) else names


def is_inquiry(call: ToolCall) -> bool:
    """Whether *call* runs nothing and asks for an answer."""
    return call.tool == INQUIRY_TOOL and call.fingerprint == FINGERPRINT


def inquiry_of(call: ToolCall) -> Inquiry:
    """Return what the *call* of an inquiry asks.

    Raises:
        InvalidInquiry: its arguments are no inquiry.
    """
    return _read(call.arguments_json)


@lru_cache(maxsize=128)
def _read(arguments_json: str) -> Inquiry:
    arguments = strict_json.read(arguments_json)
    assert isinstance(arguments, dict)
    question, schema = arguments.get("question"), arguments.get("schema")
    order = arguments.get("order", [])
    is_whole = arguments.keys() | {"order"} == {"order", "question", "schema"}
    if not (is_whole and isinstance(question, str) and isinstance(order, list)):
        raise InvalidInquiry("An inquiry has a question and the schema of its answer.")
    refuse_unreadable(question)
    refuse_unenforced(schema)
    assert isinstance(schema, dict)
    is_object = schema.get("type") == "object" and bool(schema.get("properties"))
    whole = schema if is_object else _with_one_field(schema)
    form = argument_form(ToolCall.of(INQUIRY_TOOL, FINGERPRINT, {}), whole, "")
    refuse_unfit(form, whole)
    if order:  # canonical JSON keeps the names in that of the alphabet
        places = {name: place for place, name in enumerate(map(str, order))}
        fields = sorted(form.fields, key=lambda field: places.get(field.name, len(places)))
        form = replace(form, fields=tuple(fields))
    return Inquiry(question=question, schema=schema, form=form, is_object=is_object)


def _with_one_field(schema: Mapping[str, Any]) -> Schema:
    """Return the schema of an object that holds the answer alone; what is referred to stays."""
    kept = {name: schema[name] for name in ("$defs", "definitions") if name in schema}
    own = {name: said for name, said in schema.items() if name not in kept}
    return {"type": "object", "properties": {_VALUE: own}, "required": [_VALUE], **kept}


def refuse_misfit(call: ToolCall, answer: str | None) -> None:
    """Refuse to end an inquiry with anything but an *answer* (canonical JSON) that fits.

    Raises:
        AnswerWanted: there is none.
        InvalidAnswer
    """
    if answer is None:
        raise AnswerWanted
    schema = inquiry_of(call).schema
    if why := mistake(strict_json.read(answer), schema, schema):
        said = f"The answer has to be {why}. Nothing was answered."
        raise InvalidAnswer(said, fields={0: f"Has to be {why}."})


def masked_answer(call: ToolCall, answer: str, salt: str) -> JsonValue:
    """Return an *answer* (canonical JSON) with its secrets masked, as those of arguments are.

    What answers a question for a secret is judged by the question's words, unless it was one of
    the options, which everybody sees.
    """
    inquiry, value = inquiry_of(call), strict_json.read(answer)
    if inquiry.choices:
        return value
    if inquiry.is_object and isinstance(value, dict):  # in the order in which it was asked
        names = [each.name for each in inquiry.form.fields if each.name in value]
        value = {name: value[name] for name in names} | value
    masked = mask_arguments(value if inquiry.is_object else {inquiry.question: value}, salt)
    assert isinstance(masked, dict)
    return masked if inquiry.is_object else next(iter(masked.values()))


def answered_by_one(requirement: Requirement) -> Requirement:
    """Return *requirement* for an inquiry: anyone it names may answer, and one answer is enough."""
    sets = dict.fromkeys(
        name for slots in requirement.slots_by_rule for slot in slots for name in slot.of
    )
    if not sets:
        return requirement
    slots = (Slot(of=tuple(sets)),)
    rules = [
        replace(rule, slots=slots) if rule.effect is Effect.ASK else rule
        for rule in requirement.rules
    ]
    return replace(requirement, rules=tuple(rules))
