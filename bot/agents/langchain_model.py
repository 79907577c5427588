"""The model behind an agent: an OpenAI-compatible server, and what its failures mean to people.

Imports LangChain; imported by the LangChain files alone.
"""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI

from bot.agents.errors import ModelFailed
from bot.agents.spec import ModelSettings

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ENDINGS = ("finish_reason", "status")
"""What says in a whole answer how it ended, by the API that is used."""
_BROKE_OFF = "The connection to the model broke in the middle of its answer."
_CUT_SHORT = frozenset({"length", "incomplete"})


def http_client(model: ModelSettings) -> httpx.AsyncClient:
    """Return a connection pool for one agent; the caller closes it. Call it from a thread.

    A model on this machine is reached directly: a proxy set for the network cannot see it.
    """
    local = urlsplit(model.base_url).hostname in _LOOPBACK
    return httpx.AsyncClient(timeout=model.timeout_s, trust_env=not local)


def chat_model(model: ModelSettings, client: httpx.AsyncClient) -> ChatOpenAI:
    """Return the model as LangChain calls it.

    Raises:
        ValueError, TypeError: an option of the settings is none of `ChatOpenAI`'s.
    """
    arguments: dict[str, Any] = {
        "base_url": model.base_url,
        "model": model.model,
        "api_key": model.api_key,
        "max_retries": model.retries,
        "timeout": model.timeout_s,
        "streaming": True,
        "stream_usage": True,
        "http_async_client": client,
        "http_socket_options": (),  # of the client that is not used; else it warns of every proxy
    }
    return StrictChat(**{**arguments, **model.options})


class StrictChat(ChatOpenAI):
    """Takes no tool call whose arguments do not come to their end.

    LangChain completes what was streamed as far as it goes, so that half of a call would be asked
    about, or run, as if the model had meant it.
    """

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        calls: AIMessageChunk | None = None
        async for chunk in super()._astream(*args, **kwargs):
            said = chunk.message
            if isinstance(said, AIMessageChunk) and said.tool_call_chunks:
                calls = said if calls is None else calls + said
            yield chunk
        for call in calls.tool_call_chunks if calls is not None else ():
            if call["args"] and not _is_json(call["args"]):
                raise ModelFailed(_unreadable(call["name"]))


def refuse_unusable(message: AIMessage) -> None:
    """Refuse an answer that was cut off, or whose tool calls cannot be read.

    Raises:
        ModelFailed
    """
    if message.invalid_tool_calls:
        raise ModelFailed(_unreadable(message.invalid_tool_calls[0]["name"]))
    endings = {message.response_metadata.get(ending) for ending in _ENDINGS}
    if message.tool_calls and endings & _CUT_SHORT:
        raise ModelFailed(
            "The model's answer was cut off at its limit of tokens, in the middle of its calls."
        )
    if not any(endings):
        raise ModelFailed("The model's answer broke off in the middle.")


def explain(error: Exception, model: ModelSettings) -> str:
    """Return what a failed call of the model means for the person who asked."""
    told = f"The model's answer could not be read ({type(error).__name__})."
    match error:
        case ModelFailed():
            told = str(error)
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            told = f"The model refused the API key ({error.status_code}). Check it in the settings."
        case openai.RateLimitError():
            told = "The model's provider says we ask too much. Try again in a minute."
        case openai.APITimeoutError() | httpx.TimeoutException():
            told = f"The model did not answer within {model.timeout_s:g} s."
        case openai.APIConnectionError() if _broke_off(error):
            told = _BROKE_OFF
        case openai.APIConnectionError() | httpx.ConnectError():
            told = f"The model at {model.base_url} cannot be reached."
        case openai.APIStatusError():
            told = f"The model answered with an error ({error.status_code}): {error.message}"
        case openai.APIError():
            told = f"The model answered with an error: {error.message}"
        case httpx.HTTPError():
            told = _BROKE_OFF
    return told


def _broke_off(error: BaseException | None) -> bool:
    """Whether a server that was reached is behind *error*."""
    if error is None or isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return error is not None
    return _broke_off(error.__cause__)


def _unreadable(name: str | None) -> str:
    return f"The model asked for {name or 'a tool'} in a way that cannot be read."


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
