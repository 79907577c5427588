"""LangChain tools behind the gate: same name, description and schema, another way to run.

Imported by `Gate.guard_tools()` alone, so that nobody else pays for LangChain. A call that may not
run becomes a `ToolMessage` whose text says which ending it was; only a rejection reads as "the
person said no".
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, cast, get_type_hints

from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, StructuredTool, Tool
from langchain_core.tools import tool as as_tool
from pydantic import BaseModel, Field, PrivateAttr
from pydantic_core import PydanticUndefined

from approvals.domain import errors
from approvals.domain.outcome import Outcome
from approvals.gate.binding import ToolBinding
from approvals.gate.code_rules import RequireApproval
from approvals.gate.context import current, entered
from approvals.gate.declared import NOTHING_DECLARED, Declared
from approvals.gate.exceptions import CallNotApproved
from approvals.gate.function_form import GUARD_MARK, FunctionForm, is_generator
from approvals.gate.gate import Gate
from approvals.gate.guard import Guard
from approvals.gate.langchain_crossing import at_the_gate
from approvals.gate.langchain_decisions import Mend
from approvals.gate.parameters import Parameters
from approvals.gate.refusals import CallNotGated
from approvals.gate.told import before_the_result

_LOOKS = (
    "name",
    "description",
    "return_direct",
    "verbose",
    "callbacks",
    "tags",
    "metadata",
    "handle_tool_error",
    "handle_validation_error",
    "response_format",
    "extras",
)


class GuardedTool(BaseTool):
    """A LangChain tool that asks before the tool behind it runs."""

    _guard: Guard = PrivateAttr()
    _inner: BaseTool = PrivateAttr()
    _taken: dict[str, frozenset[str]] = PrivateAttr()
    _direct: Callable[..., Any] | None = PrivateAttr()

    def __init__(self, inner: BaseTool, guard: Guard) -> None:
        """Take over the looks of *inner*; every way of running it goes through *guard*."""
        looks = {name: getattr(inner, name) for name in _LOOKS if hasattr(inner, name)}
        super().__init__(args_schema=inner.args_schema or inner.get_input_schema(), **looks)
        self._guard = guard
        self._inner = inner
        # Examined once: looking signatures up costs more than the gate itself.
        self._taken = {"run": _taken_beside(inner._run), "arun": _taken_beside(inner._arun)}
        body = _plain_coroutine(inner)
        self._direct = guard.awaiting(body) if body else None

    @property
    def coroutine(self) -> Callable[..., Any]:
        """What LangGraph reads to learn which state, store and runtime to inject."""

        async def call(**arguments: Any) -> Any:
            return await self.ainvoke(arguments)

        call.__annotations__ = _hints(_function_of(self._inner))
        return call

    @property
    def _injected_args_keys(self) -> frozenset[str]:
        return frozenset(self._inner._injected_args_keys)

    def run(self, *args: Any, tool_call_id: str | None = None, **kwargs: Any) -> Any:
        """Run behind the gate; a refusal of a model's call becomes a message for the model."""
        with _tool_call(tool_call_id) as heard, at_the_gate():
            try:
                answer = super().run(*args, tool_call_id=tool_call_id, **kwargs)
                return self._with_words(answer, heard)
            except (CallNotApproved, errors.Refusal) as refusal:
                return self._told(refusal, tool_call_id)

    async def arun(self, *args: Any, tool_call_id: str | None = None, **kwargs: Any) -> Any:
        """Run behind the gate; a refusal of a model's call becomes a message for the model."""
        with _tool_call(tool_call_id) as heard, at_the_gate():
            try:
                answer = await super().arun(*args, tool_call_id=tool_call_id, **kwargs)
                return self._with_words(answer, heard)
            except (CallNotApproved, errors.Refusal) as refusal:
                return self._told(refusal, tool_call_id)

    def _run(
        self, *args: Any, config: RunnableConfig, run_manager: Any = None, **kwargs: Any
    ) -> Any:
        run = self._inner._run
        beside = self._beside("run", config, run_manager)
        return self._guard.blocking(lambda **given: run(**given, **beside))(*args, **kwargs)

    async def _arun(
        self, *args: Any, config: RunnableConfig, run_manager: Any = None, **kwargs: Any
    ) -> Any:
        gated = self._direct or self._gated(config, run_manager)
        try:
            return await gated(*args, **kwargs)
        except SystemExit as error:  # LangChain runs this in a task, where it would end the loop
            raise RuntimeError(f"{self.name} tried to end the process ({error})") from error

    def _gated(self, config: RunnableConfig, run_manager: Any) -> Callable[..., Any]:
        inner = self._inner
        if _is_sync(inner):
            run = inner._run
            beside = self._beside("run", config, run_manager and run_manager.get_sync())
            return self._guard.awaiting(lambda **given: run(**given, **beside), in_thread=True)
        beside = self._beside("arun", config, run_manager)

        async def body(**given: Any) -> Any:
            return await inner._arun(**given, **beside)

        return self._guard.awaiting(body)

    def _beside(self, way: str, config: RunnableConfig, run_manager: Any) -> dict[str, Any]:
        """Return what LangChain passes beside the arguments, as far as the inner tool takes it."""
        known = {"config": config, "run_manager": run_manager}
        return {name: known[name] for name in self._taken[way]}

    def _with_words(self, answer: Any, heard: list[Outcome]) -> Any:
        """Return the tool's message, begun with what people changed and wrote."""
        text = before_the_result(heard[-1] if heard else None, self.name)
        if text is None or not isinstance(answer, ToolMessage):
            return answer
        return Mend(text=text, replaces=False).of(answer) or answer

    def _told(self, refusal: Exception, tool_call_id: str | None) -> ToolMessage:
        if tool_call_id is None:
            raise refusal
        happened = isinstance(refusal, CallNotApproved) and refusal.outcome.has_happened
        return ToolMessage(
            str(refusal),
            name=self.name,
            tool_call_id=tool_call_id,
            status="success" if happened else "error",
        )


class AsksItself(BaseTool):
    """A tool that is put behind a gate in a way of its own."""

    def before(self, gate: Gate, channel: str | None) -> GuardedTool:
        """Return the tool behind *gate*."""
        raise NotImplementedError

    def _run(self, *_: Any, **__: Any) -> Any:
        raise CallNotGated


def guard_tool(
    gate: Gate,
    tool: BaseTool | Callable[..., Any],
    *,
    channel: str | None = None,
    require_approval: RequireApproval = False,
    declared: Declared = NOTHING_DECLARED,
) -> GuardedTool:
    """Return *tool* (a LangChain tool, or a function to make one of) behind *gate*.

    Raises:
        UnsupportedTool: for a tool whose call could not be shown and bound exactly.
    """
    inner = tool if isinstance(tool, BaseTool) else as_tool(tool)
    if isinstance(inner, AsksItself):
        return inner.before(gate, channel)
    guard = gate.guard_for(
        tool_binding(inner),
        channel=channel,
        require_approval=require_approval,
        traits=declared.traits(inner.name),
    )
    return GuardedTool(inner, guard)


def tool_binding(inner: BaseTool) -> ToolBinding:
    """Bind *inner*; raises UnsupportedTool for one that cannot be shown exactly or asks itself."""
    function = _function_of(inner)
    if isinstance(inner, GuardedTool) or hasattr(function, GUARD_MARK):
        raise errors.UnsupportedTool(f"{inner.name} is guarded already, and would ask twice.")
    if function and is_generator(function):
        raise errors.UnsupportedTool(f"{inner.name} is a generator; return a list instead.")
    if isinstance(inner, Tool):
        raise errors.UnsupportedTool(f"{inner.name} names no argument; make it with @tool.")
    origin: Any = function or type(inner)
    form = FunctionForm(
        name=inner.name,
        origin=f"{origin.__module__}:{origin.__qualname__}",
        description=inner.description,
        is_async=True,
        signature=inspect.Signature(),
        receiver=None,
    )
    schema = inner.args_schema or inner.get_input_schema()
    if isinstance(schema, dict):
        return ToolBinding(form, Parameters.of_schema(schema), json_schema=schema)
    if not issubclass(schema, BaseModel):
        raise errors.UnsupportedTool(f"{inner.name}: its args_schema is a pydantic 1 model.")
    return ToolBinding(form, _from_model(inner, schema))


def _from_model(inner: BaseTool, schema: type[BaseModel]) -> Parameters:
    """Take what the model chooses as arguments; the rest is injected by the framework."""
    chosen = cast("type[BaseModel]", inner.tool_call_schema).model_fields.keys()
    fields = {name: field for name, field in schema.model_fields.items() if name in chosen}
    injected = (schema.model_fields.keys() - chosen) | inner._injected_args_keys
    return Parameters.named(
        {
            name: Annotated[
                (
                    field.annotation,
                    *field.metadata,
                    Field(alias=field.alias, description=field.description),
                )
            ]
            for name, field in fields.items()
        },
        defaults={
            name: field.default
            for name, field in fields.items()
            if field.default is not PydanticUndefined
        },
        injected=tuple(sorted(injected)),
    )


def _function_of(inner: BaseTool) -> Callable[..., Any] | None:
    return getattr(inner, "coroutine", None) or getattr(inner, "func", None)


def _hints(function: Callable[..., Any] | None) -> dict[str, Any]:
    return get_type_hints(function, include_extras=True) if function else {}


def _is_sync(inner: BaseTool) -> bool:
    if isinstance(inner, StructuredTool):
        return inner.coroutine is None
    return type(inner)._arun is BaseTool._arun


def _taken_beside(run: Callable[..., Any]) -> frozenset[str]:
    """Return which of LangChain's own arguments *run* takes."""
    return frozenset(inspect.signature(run).parameters.keys() & {"config", "run_manager"})


def _plain_coroutine(inner: BaseTool) -> Callable[..., Any] | None:
    """Return the tool's own coroutine function where LangChain would pass it nothing more."""
    if not isinstance(inner, StructuredTool) or type(inner)._arun is not StructuredTool._arun:
        return None
    function = inner.coroutine
    if function is None or "callbacks" in inspect.signature(function).parameters:
        return None
    return None if RunnableConfig in _hints(function).values() else function


@contextmanager
def _tool_call(tool_call_id: str | None) -> Iterator[list[Outcome]]:
    """Say which call of the model this is, where it is one, and hear what people decided of it."""
    if tool_call_id is None:
        yield []
        return
    known, heard = current(), list[Outcome]()
    with entered(replace(known, tool_call_id=tool_call_id, outcomes=heard)):
        yield heard
    if known.outcomes is not None:
        known.outcomes.extend(heard)
