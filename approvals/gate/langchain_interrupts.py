"""The interrupts of LangChain's HumanInTheLoopMiddleware, read into the calls they ask about.

Both shapes: *batched*, one interrupt for a model turn with its calls by position, and *per call*,
one interrupt for each. Read by `langchain_hitl`; an interrupt of another shape is the caller's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.messages import ToolCall as ModelCall

from approvals.domain import run_errors
from approvals.gate.context import made_key


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCall:
    """One call that waits for an answer."""

    tool: str
    arguments: dict[str, Any]
    allowed: frozenset[str]
    """The types of decision that may be sent for it."""
    tool_call_id: str
    key: str
    """Of its request: stays the same however often the interrupt is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """One interrupt, and the calls it asks about."""

    id: str
    is_batch: bool
    calls: tuple[AskedCall, ...]
    message_id: str
    """Of the AI message the calls stand in."""


def interrupted(state: Any, *, thread: str) -> tuple[Interrupted, ...]:
    """Return what the graph's *state* asks; interrupts of other shapes are left out.

    Raises:
        InterruptNotAnswerable: a call cannot be found in the conversation, or both answers that
            people can give cannot be sent for it.
    """
    return tuple(
        _batch(each, state, thread) if _is_batch(each.value) else _single(each, state, thread)
        for each in state.interrupts
        if _is_batch(each.value) or _is_single(each.value)
    )


def last_answer(messages: Iterable[Any]) -> AIMessage | None:
    """Return the last AI message."""
    return next((m for m in reversed(list(messages)) if isinstance(m, AIMessage)), None)


def _is_batch(value: object) -> bool:
    return isinstance(value, Mapping) and {"action_requests", "review_configs"} <= value.keys()


def _is_single(value: object) -> bool:
    return isinstance(value, Mapping) and value.get("type") == "tool_approval"


def _batch(interrupt: Any, state: Any, thread: str) -> Interrupted:
    answer = _answer(state)
    left = iter(enumerate(answer.tool_calls))
    pairs = zip(interrupt.value["action_requests"], interrupt.value["review_configs"], strict=True)
    calls = []
    for action, review in pairs:
        position, call = _next_like(action, left)
        key = made_key("turn", thread, str(answer.id), str(position))
        calls.append(_asked(call, allowed=review["allowed_decisions"], key=key))
    return Interrupted(
        id=interrupt.id, is_batch=True, calls=tuple(calls), message_id=str(answer.id)
    )


def _single(interrupt: Any, state: Any, thread: str) -> Interrupted:
    answer, call_id = _answer(state), interrupt.value["tool_call_id"]
    call = next((each for each in answer.tool_calls if each["id"] == call_id), None)
    if call is None:
        raise run_errors.InterruptNotAnswerable(f"No call {call_id} stands in the conversation.")
    shown = ModelCall(name=interrupt.value["name"], args=interrupt.value["args"], id=call_id)
    asked = _asked(
        shown,
        allowed=_types(interrupt.response_schema),
        key=made_key("interrupt", thread, str(answer.id), str(call_id)),
    )
    return Interrupted(id=interrupt.id, is_batch=False, calls=(asked,), message_id=str(answer.id))


def _answer(state: Any) -> AIMessage:
    answer = last_answer(state.values.get("messages", ()))
    if answer is None or answer.id is None:
        raise run_errors.InterruptNotAnswerable(
            "The graph's state holds no AI message. Pass the agent itself, not a graph around it."
        )
    return answer


def _next_like(action: Mapping[str, Any], left: Any) -> tuple[int, ModelCall]:
    """Return the next of the calls that *action* shows; they stand in the model's order."""
    for position, call in left:
        if call["name"] == action["name"] and call["args"] == action["args"]:
            return position, call
    raise run_errors.InterruptNotAnswerable(
        f"A call of {action['name']} is asked about that does not stand in the conversation."
    )


def _asked(call: ModelCall, *, allowed: Iterable[str], key: str) -> AskedCall:
    types = frozenset(allowed)
    if not types & {"approve", "edit"} or not types & {"reject", "respond"}:
        raise run_errors.InterruptNotAnswerable(
            f"{call['name']} allows only {', '.join(sorted(types))}: people could not say both yes "
            "and no. Allow approve, and reject or respond, in its interrupt_on."
        )
    if call["id"] is None:
        raise run_errors.InterruptNotAnswerable(f"A call of {call['name']} has no id.")
    return AskedCall(
        tool=call["name"], arguments=call["args"], allowed=types, tool_call_id=call["id"], key=key
    )


def _types(schema: Any) -> frozenset[str]:
    """Return the types of decision that a response schema names."""
    mapping = schema.get("discriminator", {}).get("mapping") if schema else None
    if mapping:
        return frozenset(mapping)
    only = (schema or {}).get("properties", {}).get("type", {}).get("const")
    return frozenset([only] if only else ())
