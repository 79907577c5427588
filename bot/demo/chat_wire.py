"""The OpenAI chat wire: requests parsed, answers, stream chunks and errors built.

Used by `scripted_model` alone. Knows the format and nothing of what is said in it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Reply = dict[str, Any]
_CHUNK_WORDS = 3
_ARGUMENT_CHUNK_CHARS = 24


class FunctionCall(BaseModel):
    """The function half of a tool call; `arguments` is JSON as text."""

    name: str
    arguments: str = "{}"


class WireToolCall(BaseModel):
    """One tool call of an assistant message."""

    id: str
    type: Literal["function"] = "function"
    function: FunctionCall


class WireMessage(BaseModel):
    """One message of the conversation, oldest first."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, JsonValue]] | None = None
    tool_calls: list[WireToolCall] | None = None
    tool_call_id: str | None = None


class WireFunction(BaseModel):
    """A function the model may call, with its JSON Schema."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str | None = None
    parameters: dict[str, JsonValue] | None = None


class WireTool(BaseModel):
    """One entry of `tools`."""

    type: Literal["function"]
    function: WireFunction


class StreamOptions(BaseModel):
    """`stream_options`: whether a last chunk carries the usage."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """The body of `POST /v1/chat/completions`; other keys are admitted and mean nothing here."""

    model_config = ConfigDict(extra="allow")

    model: str
    messages: list[WireMessage] = Field(min_length=1)
    tools: list[WireTool] = Field(default_factory=list, max_length=128)
    tool_choice: Literal["auto", "none", "required"] | dict[str, JsonValue] = "auto"
    parallel_tool_calls: bool = True
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()

    def unanswered(self) -> str | None:
        """The first fault in the pairing of tool calls and tool messages, or None."""
        open_ids: set[str] = set()
        for message in self.messages:
            if message.role == "tool":
                if message.tool_call_id not in open_ids:
                    return "messages with role 'tool' must answer a preceding 'tool_calls' entry."
                open_ids.discard(message.tool_call_id)
            elif open_ids:
                break
            else:
                open_ids = {call.id for call in message.tool_calls or ()}
        if open_ids:
            return f"these tool_call_ids have no tool message: {', '.join(sorted(open_ids))}."
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One answer, before it is written as a whole or as a stream."""

    id: str
    model: str
    created: int
    text: str
    calls: tuple[WireToolCall, ...]
    prompt_tokens: int

    @property
    def finish_reason(self) -> str:
        """`tool_calls` or `stop`, as OpenAI has it."""
        return "tool_calls" if self.calls else "stop"

    def usage(self) -> Reply:
        """Token counts, estimated at four characters each."""
        said = len(self.text) + sum(len(c.function.arguments) for c in self.calls)
        completion = said // 4 + 1
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": completion,
            "total_tokens": self.prompt_tokens + completion,
        }


def whole(completion: Completion) -> Reply:
    """The body of an answer that is not streamed."""
    message: Reply = {"role": "assistant", "content": completion.text or None, "refusal": None}
    if completion.calls:
        message["tool_calls"] = [call.model_dump() for call in completion.calls]
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": completion.finish_reason,
    }
    return {
        **_head(completion, "chat.completion"),
        "choices": [choice],
        "usage": completion.usage(),
    }


def stream(completion: Completion, *, include_usage: bool) -> Iterator[bytes]:
    """The same answer as server-sent events, ended by `[DONE]`."""
    head = _head(completion, "chat.completion.chunk")
    for delta in _deltas(completion):
        yield _event({**head, "choices": [_chunk(delta, None)]})
    yield _event({**head, "choices": [_chunk({}, completion.finish_reason)]})
    if include_usage:
        yield _event({**head, "choices": [], "usage": completion.usage()})
    yield b"data: [DONE]\n\n"


def error(message: str, *, code: str | None = None, param: str | None = None) -> Reply:
    """An error body in OpenAI's form."""
    kind = "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _head(completion: Completion, kind: str) -> Reply:
    return {
        "id": completion.id,
        "object": kind,
        "created": completion.created,
        "model": completion.model,
        "system_fingerprint": None,
    }


def _chunk(delta: Reply, finish_reason: str | None) -> Reply:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _deltas(completion: Completion) -> Iterator[Reply]:
    yield {"role": "assistant", "content": "" if completion.text else None}
    words = completion.text.split(" ") if completion.text else []
    for start in range(0, len(words), _CHUNK_WORDS):
        part = " ".join(words[start : start + _CHUNK_WORDS])
        yield {"content": part if start == 0 else f" {part}"}
    for index, call in enumerate(completion.calls):
        opened = {"name": call.function.name, "arguments": ""}
        yield {
            "tool_calls": [{"index": index, "id": call.id, "type": "function", "function": opened}]
        }
        text = call.function.arguments
        for start in range(0, len(text), _ARGUMENT_CHUNK_CHARS):
            piece = {"arguments": text[start : start + _ARGUMENT_CHUNK_CHARS]}
            yield {"tool_calls": [{"index": index, "function": piece}]}


def _event(body: Reply) -> bytes:
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"
