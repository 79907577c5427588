"""X13: every form of function and parameter is bound exactly, or refused when it is guarded."""

import asyncio
import contextlib
import functools
import io
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, Secret, SecretBytes, SecretStr

from approvals.domain import errors
from approvals.gate import Gate
from approvals.gate.binding import ToolBinding
from tests.fakes.scripted_gateway import ScriptedGateway, approve

gate = Gate(agent="deploy-bot")


def shown(gateway: ScriptedGateway) -> Any:
    return json.loads(gateway.proposals[-1].call.arguments_json)


class Cluster:
    """Every kind of method; the order with classmethod and staticmethod does not matter."""

    def __init__(self, name: str) -> None:
        self.name = name

    @gate.guard
    async def scale(self, replicas: int, *, force: bool = False) -> tuple[str, int, bool]:
        return self.name, replicas, force

    @gate.guard
    @classmethod
    async def create(cls, name: str) -> str:
        return f"{cls.__name__} {name}"

    @classmethod
    @gate.guard
    async def drop(cls, name: str) -> str:
        return f"{cls.__name__} {name}"

    @gate.guard
    @staticmethod
    async def ping(host: str) -> str:
        return host

    @staticmethod
    @gate.guard
    async def pong(host: str) -> str:
        return host


@gate.guard
async def positional_only(a: int, b: int = 2, /, c: int = 3) -> list[int]:
    return [a, b, c]


@gate.guard
async def rest(first: str, *more: int) -> list[Any]:
    return [first, *more]


@gate.guard
async def extra(name: str, /, **labels: str) -> dict[str, Any]:
    return {"positional": name, **labels}


@gate.guard
async def unannotated(a, b=None):  # type: ignore[no-untyped-def]
    return [a, b]


def passes_on(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def outer(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return outer


@gate.guard
@passes_on
async def decorated(name: str, count: int = 1) -> str:
    return f"{name} {count}"


@gate.guard
async def described(name: Annotated[str, Field(max_length=3)], count: int = Field(2, ge=1)) -> str:
    return f"{name} {count}"


cluster = Cluster("eu")
CALLS: list[tuple[str, Callable[..., Any], tuple[Any, ...], dict[str, Any], Any, Any]] = [
    ("method", cluster.scale, (3,), {}, ("eu", 3, False), {"replicas": 3, "force": False}),
    ("unbound", Cluster.scale, (cluster, 3), {}, ("eu", 3, False), {"replicas": 3, "force": False}),
    ("guarded classmethod", Cluster.create, ("a",), {}, "Cluster a", {"name": "a"}),
    ("classmethod guarded", cluster.drop, ("a",), {}, "Cluster a", {"name": "a"}),
    ("guarded staticmethod", cluster.ping, ("h",), {}, "h", {"host": "h"}),
    ("staticmethod guarded", Cluster.pong, (), {"host": "h"}, "h", {"host": "h"}),
    ("positional only", positional_only, (1,), {}, [1, 2, 3], {"a": 1, "b": 2, "c": 3}),
    ("rest", rest, ("a", 1, 2), {}, ["a", 1, 2], {"first": "a", "more": [1, 2]}),
    ("no rest", rest, (), {"first": "a"}, ["a"], {"first": "a", "more": []}),
    (
        "extra named like a positional-only",
        extra,
        ("a",),
        {"name": "b"},
        {"positional": "a", "name": "b"},
        {"name": "a", "labels": {"name": "b"}},
    ),
    ("unannotated", unannotated, ({"x": [1, None]},), {}, [{"x": [1, None]}, None], None),
    ("plain decorator", decorated, ("a",), {}, "a 1", {"name": "a", "count": 1}),
    ("field default", described, ("abc",), {}, "abc 2", {"name": "abc", "count": 2}),
    ("lax number", positional_only, ("1",), {}, [1, 2, 3], {"a": 1, "b": 2, "c": 3}),
]


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "result", "arguments"),
    [each[1:] for each in CALLS],
    ids=[each[0] for each in CALLS],
)
async def test_x13_a_supported_form_is_bound_shown_and_run_exactly(
    function: Callable[..., Any], args: Any, kwargs: Any, result: Any, arguments: Any
) -> None:
    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)

    assert await function(*args, **kwargs) == result

    assert arguments is None or shown(gateway) == arguments


async def test_x13_a_method_lists_its_receiver_as_injected() -> None:
    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)

    await cluster.scale(1)

    assert gateway.proposals[0].injected == ("self",)


def generator() -> Iterator[int]:
    yield 1


async def async_generator() -> AsyncIterator[int]:
    yield 1


@contextlib.contextmanager
def context() -> Iterator[None]:
    yield


def takes(annotation: Any, default: Any = ...) -> Callable[..., Any]:
    def tool(x: Any = default) -> None: ...

    if default is ...:
        tool.__defaults__ = None
    tool.__annotations__["x"] = annotation
    return tool


def untyped_rest(*args) -> None: ...  # type: ignore[no-untyped-def]
def untyped_extra(**kwargs) -> None: ...  # type: ignore[no-untyped-def]
def unresolved(x: "NotImported") -> None: ...  # type: ignore[name-defined]  # noqa: F821


class Opaque: ...


class Hidden(BaseModel):
    token: SecretStr


REFUSED: list[tuple[str, Any, str]] = [
    ("generator", generator, "generator"),
    ("async generator", async_generator, "generator"),
    ("context manager", context, "generator"),
    ("partial", functools.partial(takes(int), x=1), "a partial hides"),
    ("class", Opaque, "it is a class"),
    ("builtin", len, "not written in Python"),
    ("callable object", io.StringIO(), "not written in Python"),
    ("lambda", lambda: None, "pass name="),
    ("guarded already", positional_only, "guarded already"),
    ("untyped *args", untyped_rest, r"'\*args' has no type"),
    ("untyped **kwargs", untyped_extra, r"'\*\*kwargs' has no type"),
    ("unresolved annotation", unresolved, "module level"),
    ("opaque type", takes(Opaque), "'x'.*mark it injected"),
    ("file", takes(io.TextIOWrapper), "'x'.*mark it injected"),
    ("callable", takes(Callable[[int], int]), "'x'.*a function has no JSON"),
    ("callable or nothing", takes(Callable[[int], int] | None), "'x'.*a function has no JSON"),
    ("iterator", takes(Iterator[int]), "'x'.*mark it injected"),
    ("iterable", takes(Iterable[int]), "'x'.*take a list"),
    ("bytes", takes(bytes), "'x'.*Base64Bytes"),
    ("nested bytes", takes(dict[str, bytes | None]), "'x'.*Base64Bytes"),
    ("set", takes(set[str]), "'x'.*take a list"),
    ("nested set", takes(dict[str, list[frozenset[int]]]), "'x'.*take a list"),
    ("secret text", takes(SecretStr), "'x'.*secret"),
    ("secret bytes", takes(SecretBytes | None), "'x'.*secret"),
    ("secret of anything", takes(Secret[int]), "'x'.*secret"),
    ("secret inside a model", takes(Hidden), "'x'.*secret"),
    ("alias", takes(Annotated[str, Field(alias="y")]), "'x'.*alias"),
    ("wrong default", takes(int, None), "'x'.*default"),
    ("default factory", takes(list[int], Field(default_factory=list)), "'x'.*default factory"),
    ("unstable default", takes(Any, (1, 2)), "'x'.*default"),
    ("unwritable default", takes(float, float("nan")), "'x'.*default"),
]


@pytest.mark.parametrize(
    ("function", "said"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_x13_an_unsupported_form_is_refused_when_it_is_guarded(function: Any, said: str) -> None:
    with pytest.raises(errors.UnsupportedTool, match=said):
        gate.guard(function)


async def test_an_injected_parameters_type_need_not_be_importable() -> None:
    @gate.guard(injected=("db",))
    async def read(name: str, db: "Session") -> "Rows":  # type: ignore[name-defined]  # noqa: F821
        return db, name

    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)
    session = object()

    assert await read("a", session) == (session, "a")

    assert gateway.proposals[0].injected == ("db",)
    assert shown(gateway) == {"name": "a"}


def test_an_unknown_injected_name_is_refused() -> None:
    with pytest.raises(errors.UnsupportedTool, match="'db'"):
        gate.guard(injected=("db",))(takes(int))


def test_x13_a_guarded_function_looks_like_its_own_but_has_no_way_around_the_gate() -> None:
    async def restart(name: str, count: "int" = 1) -> str:
        """Restart a service."""
        return name

    guarded = gate.guard(restart)

    assert guarded.__name__ == "restart"
    assert guarded.__doc__ == "Restart a service."
    assert guarded.__annotations__ == {"name": str, "count": int, "return": str}
    assert asyncio.iscoroutinefunction(guarded)
    assert not hasattr(guarded, "__wrapped__")


def test_x13_a_decorators_own_wrapped_attribute_is_no_way_around_either() -> None:
    assert not hasattr(decorated, "__wrapped__")


def test_the_fingerprint_changes_with_schema_description_and_origin() -> None:
    def one(x: int) -> None:
        """Say."""

    def other(x: int) -> None:
        """Say."""

    fingerprint = ToolBinding.of(one).fingerprint
    assert fingerprint == ToolBinding.of(one).fingerprint
    assert len(fingerprint) == 64
    assert fingerprint != ToolBinding.of(other).fingerprint
    one.__doc__ = "Say more."
    assert fingerprint != ToolBinding.of(one).fingerprint
    one.__doc__ = "Say."
    one.__annotations__["x"] = float
    assert fingerprint != ToolBinding.of(one).fingerprint


@pytest.mark.parametrize("name", ["Restart", "restart ", "restart\u200b", "\uff52estart"])
async def test_t13_a_name_that_looks_like_another_is_passed_on_as_it_is(name: str) -> None:
    gateway = ScriptedGateway(answer=approve)
    own = Gate(agent="deploy-bot", require_approval=["restart"])
    own.use(gateway)

    @own.guard(name=name)
    async def restart(x: int) -> None: ...

    await restart(1)

    (proposal,) = gateway.proposals
    assert proposal.call.tool == name
    assert proposal.code_effect is None
