"""One call on its way through the middlewares to its tool, and what may happen on that way.

Made by `ApprovalMiddleware` for each call. Middlewares after it may put another tool into the
request, and may swallow what a tool raises: the request guards whatever tool it is given, a tool
that starts beside the gate is stopped by its own callbacks, and a pause that was swallowed is kept.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langgraph.errors import GraphBubbleUp
from langgraph.prebuilt.tool_node import ToolCallRequest

from approvals.gate.exceptions import CallPaused
from approvals.gate.refusals import CallNotGated

_log = logging.getLogger("sayso.gate")


class PauseSignal(CallPaused, GraphBubbleUp):
    """A pause that LangChain's own middlewares let through, as they do LangGraph's signals."""


@dataclass
class GatedRequest(ToolCallRequest):
    """A request whose tool stands behind the gate, also after `override(tool=…)`."""

    guard: Callable[[BaseTool], BaseTool] = field(repr=False)

    def __post_init__(self) -> None:
        """Guard the tool it was given; the tool of an unknown name is given by a middleware."""
        if self.tool is not None:
            object.__setattr__(self, "tool", self.guard(self.tool))


class Crossing(BaseCallbackHandler):
    """What has become of one call. LangChain calls it before any tool of the call starts."""

    raise_error = True
    run_inline = True

    def __init__(self) -> None:
        self.paused: CallPaused | None = None
        self.refused: CallNotGated | None = None
        self._is_entered = False

    def on_tool_start(self, serialized: dict[str, Any], input_str: str, **kwargs: Any) -> None:
        """Stop a tool that is not behind the gate; those that its body starts are the body's."""
        is_at_gate = _AT_THE_GATE.get()
        # A body's own threads do not carry the variable; its tools start after the gate.
        if is_at_gate or (is_at_gate is None and self._is_entered):
            return
        self.refused = CallNotGated()
        _log.warning("tool %s was not run: %s", serialized.get("name"), self.refused.message)
        raise self.refused

    def begin(self, *, is_entered: bool = False) -> None:
        """Forget what stopped it: a call may be tried more than once."""
        self.paused = self.refused = None
        self._is_entered = is_entered

    def caught(self, error: Exception) -> None:
        """Keep why the call stopped; anything that is not ours goes on."""
        if isinstance(error, CallPaused):
            self.paused = error
        elif isinstance(error, CallNotGated):
            self.refused = error
        elif self.paused is None and self.refused is None:
            raise error

    def refusal_of(self, request: ToolCallRequest) -> ToolMessage | None:
        """Return what the model is told of a call that was stopped; None when it was not.

        Raises:
            CallNotGated: the call has no id, so that the model cannot be told.
        """
        if self.refused is None:
            return None
        call = request.tool_call
        if call["id"] is None:
            raise self.refused
        text = f"{self.refused.code}: {self.refused.message}"
        return ToolMessage(text, name=call["name"], tool_call_id=call["id"], status="error")


_CROSSING: ContextVar[Crossing | None] = ContextVar("sayso_crossing", default=None)
_AT_THE_GATE: ContextVar[bool | None] = ContextVar("sayso_at_the_gate", default=None)


@contextmanager
def crossing(request: ToolCallRequest) -> Iterator[Crossing]:
    """Watch the tools that start for *request*."""
    one = Crossing()
    # The dict is the call's own, and the one that LangGraph's tool node runs the tool with.
    config: Any = request.runtime.config
    config["callbacks"] = with_callback(config.get("callbacks"), one)
    tokens = _CROSSING.set(one), _AT_THE_GATE.set(False)
    try:
        yield one
    finally:
        _CROSSING.reset(tokens[0])
        _AT_THE_GATE.reset(tokens[1])


@contextmanager
def at_the_gate() -> Iterator[None]:
    """Say that a guarded tool is entered, and let its pause through to the middleware."""
    one = _CROSSING.get()
    if one is None:
        yield
        return
    one.begin(is_entered=True)
    token = _AT_THE_GATE.set(True)
    try:
        yield
    except CallPaused as paused:
        one.paused = paused
        raise PauseSignal(paused.request_id, is_interrupted=paused.is_interrupted) from paused
    finally:
        _AT_THE_GATE.reset(token)


def with_callback(callbacks: Any, one: BaseCallbackHandler) -> Any:
    """Return *callbacks*, in whichever of LangChain's forms, with one more."""
    if callbacks is None:
        return [one]
    if isinstance(callbacks, list):
        return [*callbacks, one]
    changed = callbacks.copy()
    changed.add_handler(one, inherit=True)
    return changed
