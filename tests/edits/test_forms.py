"""The form as a window: Slack takes it whatever the arguments, and nothing in it is live or cut."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from approvals.domain.argument_form import argument_form
from approvals.domain.edit_errors import InvalidEdit
from approvals.domain.form_reading import NOTHING_CHANGED, edited_call
from approvals.domain.strict_json import JsonValue
from approvals.operations.open_edit import EditWindow
from bot.slack.edit_form_view import edit_form_view
from tests.cards.builders import a_content, a_request
from tests.cards.slack_rules import assert_slack_takes_modal

_WRITABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
_TEXTS = st.text(_WRITABLE, max_size=60) | st.sampled_from(
    ["<!channel>", "<@U0BOB>", ":white_check_mark:", "\u202egnp.exe", "a" * 3_001, "x\n" * 900, ""]
)
_VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-1e6, 1e6) | _TEXTS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(_TEXTS, below, max_size=3),
    max_leaves=8,
)
_SCHEMAS = st.sampled_from(
    [
        {},
        {"type": "string", "description": "<!here> & more " * 40},
        {"type": ["integer", "null"]},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "string", "format": "date"},
        {"enum": ["a", "b & c", "<x>", 3, None]},
        {"enum": ["y" * 75, "z"]},
        {"type": "object"},
        {"not": {}},
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(arguments={"until": ("0000000000", {"type": "string", "format": "date"})})
@given(arguments=st.dictionaries(_TEXTS.filter(bool), st.tuples(_VALUES, _SCHEMAS), max_size=12))
def test_slack_takes_every_form_and_one_nobody_touched_changes_nothing(
    arguments: dict[str, tuple[JsonValue, Any]],
) -> None:
    request = a_request({name: value for name, (value, _) in arguments.items()})
    schema = {"properties": {name: said for name, (_, said) in arguments.items()}}
    form = argument_form(request.call, schema, request.salt)

    view = edit_form_view(EditWindow(content=a_content(request), form=form))

    assert_slack_takes_modal(view, schema=False)
    inputs = [block["element"] for block in view["blocks"] if block["type"] == "input"]
    assert len(inputs) == len(form.fields)
    for field, element in zip(form.fields, inputs, strict=True):
        if "initial_value" in element:
            assert element["initial_value"] == field.shown
    changeable = {field.name for field in form.fields}
    assert changeable | {each.name for each in form.fixed} == arguments.keys()
    touched = [field.shown.replace("\n", "\r\n") for field in form.fields]
    with pytest.raises(InvalidEdit, match=NOTHING_CHANGED):
        edited_call(request.call, form, touched)


def test_a_number_that_came_as_a_float_stays_one() -> None:
    request = a_request({"share": 1.0, "n": 3})
    schema = {"properties": {"share": {"type": "number"}, "n": {"type": "integer"}}}
    form = argument_form(request.call, schema, request.salt)
    texts = [field.shown for field in form.fields]
    texts[[field.name for field in form.fields].index("n")] = "4"

    edited = edited_call(request.call, form, texts)

    assert json.loads(edited.arguments_json) == {"n": 4, "share": 1}
