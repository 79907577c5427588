"""How much a call may carry: one step more is refused by name, whatever the policy says."""

from typing import Any

import pytest

from approvals.domain import errors, strict_json
from approvals.gate import Gate
from tests.fakes.scripted_gateway import ScriptedGateway, allow

MEBIBYTE = 1024 * 1024
FRAME = len('{"value":""}')


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.fixture
def gateway() -> ScriptedGateway:
    return ScriptedGateway(rule=allow)


@pytest.fixture
async def gate(gateway: ScriptedGateway) -> Gate:
    opened = Gate(agent="deploy-bot")
    opened.use(gateway)
    return opened


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("x" * (MEBIBYTE - FRAME + 1), "too_large"),
        ("é" * ((MEBIBYTE - FRAME) // 2 + 1), "too_large"),
        ([0] * 2_000, "too_many_items"),
        (nested(32), "too_deep"),
    ],
    ids=["bytes", "bytes of two-byte letters", "leaves", "depth"],
)
async def test_a_call_beyond_a_limit_is_refused_even_where_a_rule_allows_it(
    gate: Gate, gateway: ScriptedGateway, value: Any, code: str
) -> None:
    @gate.guard
    async def tool(value: Any) -> None:
        raise AssertionError("must not run")

    with pytest.raises(errors.InvalidArguments) as refused:
        await tool(value)

    assert refused.value.code == code
    assert gateway.proposals == []


@pytest.mark.parametrize(
    "value",
    [
        "x" * (MEBIBYTE - FRAME),
        "é" * ((MEBIBYTE - FRAME) // 2),
        [0] * 1_999,
        nested(31),
    ],
    ids=["bytes", "bytes of two-byte letters", "leaves", "depth"],
)
async def test_a_call_at_the_limit_itself_runs(gate: Gate, value: Any) -> None:
    @gate.guard
    async def tool(value: Any) -> Any:
        return value

    assert await tool(value) == value


@pytest.mark.parametrize("text", ["x", "é"])
def test_a_text_of_more_than_a_mebibyte_is_not_even_read(text: str) -> None:
    raw = f'"{text * (MEBIBYTE // len(text.encode()))}"'.encode()

    with pytest.raises(errors.TooLarge):
        strict_json.read(raw)
