"""X13: what a value becomes on its way to the body, and which values are refused before asking."""

import contextlib
import datetime as dt
import enum
import json
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, Json, PlainSerializer

from approvals.domain import errors
from approvals.gate import Gate
from tests.fakes.scripted_gateway import ScriptedGateway, approve

gate = Gate(agent="deploy-bot")


def shown(gateway: ScriptedGateway) -> Any:
    return json.loads(gateway.proposals[-1].call.arguments_json)


class Opaque: ...


class Colour(enum.Enum):
    RED = "red"


class Size(enum.IntEnum):
    S = 1


class Inner(BaseModel):
    model_config = ConfigDict(frozen=True)
    when: dt.datetime
    tags: tuple[str, ...] = ()


class Shouting(BaseModel):
    text: str = Field(alias="TEXT")


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Decimal, Decimal("1.10")),
        (dt.datetime, dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC)),
        (dt.timedelta, dt.timedelta(days=2, microseconds=3)),
        (UUID, UUID(int=7)),
        (Path, Path("/var/log")),
        (Colour, Colour.RED),
        (Size, Size.S),
        (Literal["a", 1], 1),
        (Inner, Inner(when=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), tags=("a", "b"))),
        (Shouting, Shouting(TEXT="hi")),
        (dict[str, list[Inner]], {"k": [Inner(when=dt.datetime(2026, 1, 1))]}),
        (int | str | None, None),
        (int | str, "5"),
        (float, 1e21),
    ],
    ids=str,
)
async def test_x13_rich_types_reach_the_body_as_equal_but_fresh_values(
    annotation: Any, value: Any
) -> None:
    got: list[Any] = []

    async def tool(x: Any) -> None:
        got.append(x)

    tool.__annotations__["x"] = annotation
    gate.use(ScriptedGateway(answer=approve))

    await gate.guard(tool)(value)

    assert got == [value]
    assert type(got[0]) is type(value)


async def test_x13_bytes_travel_as_base64() -> None:
    got: list[bytes] = []

    @gate.guard
    async def write(content: Base64Bytes) -> None:
        got.append(content)

    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)

    await write(b"/wByYXc=")

    assert got == [b"\xff\x00raw"]
    assert shown(gateway) == {"content": "/wByYXc="}


async def test_x13_json_inside_a_text_travels_as_the_text() -> None:
    got: list[list[int]] = []

    @gate.guard
    async def write(numbers: Json[list[int]]) -> None:
        got.append(numbers)

    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)

    await write("[1, 2]")  # type: ignore[arg-type] # what an agent sends

    assert got == [[1, 2]]
    assert shown(gateway) == {"numbers": "[1,2]"}


class Child(Inner):
    secret_plan: str = "none"


class Excluding(BaseModel):
    shown: str
    hidden: str = Field("safe", exclude=True)


@dataclass
class Rising:
    """Equal to every other one, and one more each time it is written."""

    number: Annotated[int, PlainSerializer(lambda number: number + 1)] = field(compare=False)


class Text(str):
    """A text that says one thing and is another."""

    def __str__(self) -> str:
        return "harmless"


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Any, dt.datetime(2026, 1, 1)),
        (Any, (1, 2)),
        (Any, Opaque()),
        (Any, b"\xff"),
        (Inner, Child(when=dt.datetime(2026, 1, 1))),
        (Excluding, Excluding(shown="a", hidden="rm -rf")),
        (Rising, Rising(1)),
        (str, "half a pair \ud800"),
        (str, "nul \x00"),
        (float, float("nan")),
        (float, float("inf")),
        (int, 2**53),
        (float, 2.0**60),
        (list[int], range(3_000)),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_x13_a_value_that_would_read_back_differently_is_refused_before_asking(
    annotation: Any, value: Any
) -> None:
    async def tool(x: Any) -> None:
        raise AssertionError("must not run")

    tool.__annotations__["x"] = annotation
    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)

    with pytest.raises(errors.InvalidArguments):
        await gate.guard(tool)(value)

    assert gateway.proposals == []


async def test_x13_what_looks_like_text_is_shown_as_what_runs() -> None:
    got: list[str] = []

    @gate.guard
    async def run(command: str) -> None:
        got.append(command)

    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)

    with contextlib.suppress(errors.InvalidArguments):
        await run(Text("rm -rf /"))

    assert all(type(command) is str for command in got)
    assert [shown(gateway)["command"] for _ in got] == got


async def test_x13_deep_values_and_cycles_are_refused_without_a_crash() -> None:
    @gate.guard
    async def tool(x: Any) -> None:
        raise AssertionError("must not run")

    cycle: list[Any] = []
    cycle.append(cycle)
    deep: Any = 1
    for _ in range(20_000):
        deep = [deep]
    gate.use(ScriptedGateway(answer=approve))

    for value in (cycle, deep):
        with pytest.raises(errors.InvalidArguments):
            await tool(value)
