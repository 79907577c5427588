"""The short way of allowed calls whose arguments are plain: as exact, as audited, as refused."""

import enum
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, Field

from approvals.domain import errors
from approvals.gate import Gate
from approvals.gate.exceptions import CallDenied, CallFrozen
from approvals.operations.freeze_copy import STALE_AFTER_S
from tests.engine.freezing import frozen
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway
from tests.security.evidence import recorded

ran: list[dict[str, Any]] = []


class Size(enum.IntEnum):
    S = 1


class Text(str):
    """A text that says something else when it is looked at."""

    __slots__ = ()

    def __str__(self) -> str:
        return "else"


async def read_logs(
    service: str, lines: int = 5, *, follow: bool = False, since: str | None = None
) -> str:
    ran.append({"service": service, "lines": lines, "follow": follow, "since": since})
    return service


async def drop_table(name: str) -> None:
    ran.append({"name": name})


@pytest.fixture
async def plain(tmp_path: Path) -> AsyncIterator[GatewayInTest]:
    ran.clear()
    async with a_gateway(tmp_path / "sayso.db") as gateway:
        yield gateway


@pytest.fixture
async def gate(plain: GatewayInTest) -> Gate:
    gate = Gate(agent="deploy-bot", channel="#ops")
    gate.use(plain.gateway)
    return gate


async def read_two(service: str, lines: int) -> str:
    ran.append({"service": service, "lines": lines})
    return service


class Reader:
    def __init__(self, name: str) -> None:
        self.name = name

    async def read_own(self, lines: int = 5) -> str:
        ran.append({"reader": self.name, "lines": lines})
        return self.name


@pytest.mark.parametrize(
    ("tool", "args", "kwargs", "body_gets"),
    [
        (read_two, ("a", 1), {}, {"service": "a", "lines": 1}),
        (read_two, (), {"lines": 1, "service": "a"}, {"service": "a", "lines": 1}),
        (read_two, ("a",), {"lines": 1}, {"service": "a", "lines": 1}),
        (
            read_logs,
            ("a",),
            {"since": "now"},
            {"service": "a", "lines": 5, "follow": False, "since": "now"},
        ),
        (
            read_logs,
            ("a", 1),
            {"follow": True},
            {"service": "a", "lines": 1, "follow": True, "since": None},
        ),
        (Reader.read_own, (Reader("r"),), {}, {"reader": "r", "lines": 5}),
        (Reader.read_own, (Reader("r"), 1), {}, {"reader": "r", "lines": 1}),
    ],
)
async def test_the_short_way_and_the_whole_way_leave_the_same_behind(
    plain: GatewayInTest,
    gate: Gate,
    tmp_path: Path,
    tool: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    body_gets: dict[str, Any],
) -> None:
    guarded = gate.guard(tool)
    await guarded(*args, **kwargs)
    with gate.calling(reason="what surrounds a call sends it the whole way"):
        await guarded(*args, **kwargs)
    kept = [type(each) for each in plain.call_log._waiting]
    await plain.call_log.flush(plain.desk)

    assert ran == [body_gets, body_gets]
    assert (kept[0], kept[1] is not tuple) == (tuple, True)
    short, whole = recorded(tmp_path / "sayso.db", "call.allowed")
    assert short == whole


@pytest.mark.parametrize(
    ("given", "body_gets"),
    [
        ({"service": Text("checkout")}, {"service": "checkout"}),
        ({"service": "Käse"}, {"service": "Käse"}),
        ({"service": "a", "lines": "7"}, {"lines": 7}),
        ({"service": "a", "lines": True}, {"lines": 1}),
        ({"service": "a", "lines": Size.S}, {"lines": 1}),
        ({"service": "a", "follow": 1}, {"follow": True}),
    ],
)
async def test_a_value_of_another_type_reaches_the_body_as_its_json_reads(
    gate: Gate, given: dict[str, Any], body_gets: dict[str, Any]
) -> None:
    await gate.guard(read_logs)(**given)

    found = {name: ran[0][name] for name in body_gets}
    assert found == body_gets
    assert [*map(type, found.values())] == [*map(type, body_gets.values())]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"service": "a\x00b"}, errors.UnsafeText),
        ({"service": "\ud800"}, errors.InvalidArguments),
        ({"service": "a", "lines": 2**53}, errors.IntegerOutOfRange),
        ({"service": "a", "lines": None}, errors.InvalidArguments),
        ({"service": "x" * 2**21}, errors.TooLarge),
        ({"lines": 3}, errors.InvalidArguments),
        ({"service": "a", "more": "b"}, errors.InvalidArguments),
        ({"lines": 3, "follow": True, "since": None, "more": "b"}, errors.InvalidArguments),
    ],
)
async def test_x13_what_the_whole_way_refuses_the_short_way_does_not_let_through(
    gate: Gate, given: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await gate.guard(read_logs)(**given)

    assert ran == []


@pytest.mark.parametrize(
    ("tool", "args", "kwargs"),
    [
        (read_two, ("a", 1, 2), {}),
        (read_two, ("a",), {"service": "b"}),
        (read_two, ("a",), {"service": "b", "lines": 1}),
        (read_two, ("a",), {}),
        (read_logs, ("a", 1, True, "now"), {}),
        (Reader.read_own, (), {"lines": 1, "client": "c"}),
        (Reader.read_own, (Reader("r"),), {"self": Reader("s")}),
    ],
)
async def test_x13_what_python_would_not_bind_is_refused_by_name(
    plain: GatewayInTest,
    gate: Gate,
    tool: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    with pytest.raises(errors.InvalidArguments):
        await gate.guard(tool)(*args, **kwargs)

    assert (ran, len(plain.call_log)) == ([], 0)


@pytest.mark.parametrize(
    ("args", "body_gets"),
    [
        ((Text("a"), 1), {"service": "a", "lines": 1}),
        (("a", "7"), {"service": "a", "lines": 7}),
        (("a", True), {"service": "a", "lines": 1}),
        (("a\x00b", 1), errors.UnsafeText),
        (("a", 2**53), errors.IntegerOutOfRange),
        ((None, 1), errors.InvalidArguments),
    ],
)
async def test_x13_the_same_holds_where_all_are_given_by_position(
    gate: Gate, args: tuple[Any, ...], body_gets: Any
) -> None:
    guarded = gate.guard(read_two)
    if isinstance(body_gets, dict):
        await guarded(*args)
        assert ran == [body_gets]
        assert [*map(type, ran[0].values())] == [str, int]
        return
    with pytest.raises(body_gets):
        await guarded(*args)
    assert ran == []


async def test_a_validator_of_the_authors_is_asked(gate: Gate) -> None:
    @gate.guard
    async def read_one(
        name: Annotated[str, AfterValidator(str.upper)], few: Annotated[int, Field(le=3)] = 1
    ) -> str:
        return name

    assert await read_one("checkout") == "CHECKOUT"
    with pytest.raises(errors.InvalidArguments, match="few"):
        await read_one("checkout", few=4)


async def test_an_injected_value_reaches_the_body_and_is_not_audited(
    plain: GatewayInTest, gate: Gate, tmp_path: Path
) -> None:
    async def read_rows(client: object, table: str) -> object:
        return client

    ours = object()

    assert await gate.guard(injected=["client"])(read_rows)(ours, "t") is ours
    with gate.calling(reason="the whole way"):
        await gate.guard(injected=["client"])(read_rows)(ours, "t")
    await plain.call_log.flush(plain.desk)
    short, whole = recorded(tmp_path / "sayso.db", "call.allowed")
    assert short == whole


async def test_what_is_frozen_or_denied_does_not_run(plain: GatewayInTest, gate: Gate) -> None:
    with pytest.raises(CallDenied, match="by hand"):
        await gate.guard(drop_table)("users")
    await gate.guard(read_logs)("checkout")
    await frozen(plain)
    with pytest.raises(CallFrozen, match="a bad deploy"):
        await gate.guard(read_logs)("checkout")

    assert len(ran) == 1


async def test_where_it_is_not_known_what_is_frozen_the_store_is_asked(
    plain: GatewayInTest, gate: Gate
) -> None:
    await frozen(plain)
    plain.freezes._take({})
    plain.clock.watch.at_s += STALE_AFTER_S

    with pytest.raises(CallFrozen):
        await gate.guard(read_logs)("checkout")

    assert ran == []


async def test_a_rule_in_code_is_asked_first(plain: GatewayInTest, gate: Gate) -> None:
    guarded = gate.guard(require_approval=lambda _tool, args: args["lines"] > 3)(read_logs)

    await guarded("checkout", 3)
    asking = plain.gateway._loop.create_task(guarded("checkout", 4))

    assert (await plain.pending()).call.arguments["lines"] == 4
    asking.cancel()
    assert len(ran) == 1


@pytest.mark.parametrize("said", ["audit: strict", "when: args.lines == 5"])
async def test_what_a_condition_or_a_strict_audit_decides_goes_the_whole_way(
    tmp_path: Path, said: str
) -> None:
    ran.clear()
    policy = POLICY.replace('"read_*", effect: allow', f'"read_*", effect: allow, {said}')
    async with a_gateway(tmp_path / "sayso.db", policy=policy) as gateway:
        gate = Gate(agent="deploy-bot", channel="#ops")
        gate.use(gateway.gateway)
        await gate.guard(read_logs)("checkout")
        asked = len(recorded(tmp_path / "sayso.db", "call.allowed"))
        waiting = len(gateway.call_log)

    assert len(ran) == 1
    assert (asked, waiting) == ((1, 0) if "strict" in said else (0, 1))
