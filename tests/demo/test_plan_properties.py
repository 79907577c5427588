"""The planner under random tools and sentences: it never invents a tool, a parameter or a value."""

import re
import string
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.demo.planning.plan import next_turn
from tests.demo.builders import ENVIRONMENT, after, asked
from tests.examples import examples

WORDS = st.sampled_from(
    re.split(
        " ",
        "restart pay drop get list set to for in and then the a 5 250 1.5 -3 checkout prod alpha "
        "beta no force 'x y' name=z amount 7 ? what , . don't service count tags",
    )
)
SENTENCES = st.lists(WORDS | st.text(max_size=8), max_size=15).map(" ".join)
NAMES = st.sampled_from(
    ("name", "to", "amount", "count", "service", "tags", "force", "reference", "in_place")
)
PROPERTY = st.one_of(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "number"},
            {"type": "integer"},
            {"type": "boolean"},
            {"type": "array", "items": {"type": "string"}},
            {"type": "object"},
            {},
            {"$ref": "#/$defs/Environment"},
            {"$ref": "#/$defs/nowhere"},
            {"enum": [1, 2]},
        ]
    ),
    st.lists(st.sampled_from(["alpha", "beta", "prod"]), min_size=1, unique=True).map(
        lambda values: {"type": "string", "enum": values}
    ),
)


@st.composite
def tools(draw: st.DrawFn) -> list[dict[str, Any]]:
    names = st.lists(
        st.sampled_from(["get_it", "pay", "drop_all", "set_service", "list_tags", "restart_x"])
        | st.text(string.ascii_letters + "_-", min_size=1, max_size=12),
        max_size=5,
        unique=True,
    )
    offered = []
    for name in draw(names):
        properties = draw(st.dictionaries(NAMES, PROPERTY, max_size=4))
        required = [n for n in properties if draw(st.booleans())]
        schema = {"type": "object", "properties": properties, "required": required}
        schema["$defs"] = ENVIRONMENT
        offered.append({"name": name, "description": draw(SENTENCES), "parameters": schema})
    return offered


def fits(value: object, schema: dict[str, Any]) -> bool:
    """A plain reading of the few schema words the strategy uses."""
    if "$ref" in schema:
        schema = ENVIRONMENT.get(schema["$ref"].removeprefix("#/$defs/"), {})
    if "enum" in schema:
        return value in schema["enum"]
    kinds: dict[str, Any] = {"string": str, "number": (int, float), "integer": int}
    kinds |= {"boolean": bool, "array": list, "object": dict}
    kind = schema.get("type")
    is_flag = isinstance(value, bool)
    return kind in kinds and isinstance(value, kinds[kind]) and is_flag == (kind == "boolean")


@settings(max_examples=examples(300), deadline=None)
@given(text=SENTENCES, offered=tools(), results=st.lists(st.text(max_size=20), max_size=20))
def test_no_tool_and_no_parameter_is_ever_invented(
    text: str, offered: list[dict[str, Any]], results: list[str]
) -> None:
    by_name = {tool["name"]: tool["parameters"] for tool in offered}
    messages, seen = [asked(text)], []

    for _ in range(20):
        turn = next_turn(messages, offered)
        if not turn.calls:
            break
        for call in turn.calls:
            schema = by_name[call.tool]
            assert set(schema["required"]) <= set(call.arguments)
            for name, value in call.arguments.items():
                assert fits(value, schema["properties"][name])
            assert (call.tool, call.arguments) not in seen
            seen.append((call.tool, call.arguments))
        answers = [results.pop() if results else "{}" for _ in turn.calls]
        messages = after(messages, turn.calls, *answers)

    assert turn.calls == ()
    assert turn.text
