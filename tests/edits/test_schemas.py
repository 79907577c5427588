"""Whether a value fits a schema: as the reference says, and fail closed where we do not know."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from approvals.domain.schema_check import mistake, not_understood
from approvals.domain.tool_schema import ToolSchema
from tests.examples import examples

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from([0.5, 2.5, "", "a", "aa", "b1"]),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("abc"), below, max_size=3)
    ),
    max_leaves=6,
)
_SIMPLE = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(
            ["object", "array", "string", "boolean", "null", "integer", "number"]
        )
        | st.just(["string", "null"]),
        "enum": st.lists(_VALUES, min_size=1, max_size=3),
        "const": _VALUES,
        "minimum": st.integers(-3, 3),
        "exclusiveMaximum": st.integers(-3, 3),
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        "minLength": st.integers(0, 2),
        "maxLength": st.integers(0, 2),
        "pattern": st.sampled_from(["^a", "a$", "[0-9]"]),
        "minItems": st.integers(0, 2),
        "uniqueItems": st.booleans(),
        "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
        "maxProperties": st.integers(0, 2),
    },
)
_SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    _SIMPLE | st.booleans(),
    lambda below: st.builds(
        lambda simple, more: {**simple, **more},
        _SIMPLE,
        st.fixed_dictionaries(
            {},
            optional={
                "items": below,
                "prefixItems": st.lists(below, min_size=1, max_size=2),
                "properties": st.dictionaries(st.sampled_from("abc"), below, max_size=2),
                "additionalProperties": below,
                "anyOf": st.lists(below, min_size=1, max_size=2),
                "oneOf": st.lists(below, min_size=1, max_size=2),
                "allOf": st.lists(below, min_size=1, max_size=2),
                "$ref": st.just("#/$defs/x"),
            },
        ),
    ),
    max_leaves=4,
)


@settings(max_examples=examples(300), deadline=None)
@given(schema=_SCHEMAS, named=_SIMPLE, value=_VALUES)
def test_a_value_fits_where_the_reference_says_so(schema: Any, named: Any, value: Any) -> None:
    root = {**schema, "$defs": {"x": named}} if isinstance(schema, dict) else schema

    assert not_understood(root, root) is None
    assert (mistake(value, root, root) is None) is Draft202012Validator(root).is_valid(value)


@pytest.mark.parametrize(
    "schema",
    [
        {"not": {}},
        {"if": {}, "then": {}},
        {"patternProperties": {"^a": {}}},
        {"properties": {"a": {"contains": {}}}},
        {"items": {"anyOf": [{"dependentRequired": {}}]}},
        {"$ref": "https://example.com/schema"},
        {"$ref": "#/$defs/none"},
        {"$ref": "#name"},
        {"pattern": "(?=a)"},
        {"type": "text"},
        {"type": {}},
        {"minimum": "1"},
        {"anyOf": {}},
        {"properties": []},
        {"items": {"$id": "https://example.com/other", "$ref": "#/$defs/x"}, "$defs": {"x": {}}},
        7,
    ],
)
def test_what_is_not_understood_fits_nothing(schema: Any) -> None:
    value: Any = {"a": [1]} if isinstance(schema, dict) and "properties" in schema else "a"

    known = not_understood(schema, schema)

    assert known is not None or mistake(value, schema, schema) is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
    ],
)
def test_a_schema_that_never_ends_is_left_in_time(schema: Any) -> None:
    assert mistake("a", schema, schema) is not None


def test_a_schema_is_known_by_its_text_alone() -> None:
    one, other = ToolSchema.of({"a": 1, "b": 2}), ToolSchema.of({"b": 2, "a": 1})

    assert one == other
    assert ToolSchema.of({"default": float("nan")}) is None
