"""The model behind an agent: an OpenAI-compatible server, and what its failures mean to people.

Imports LangChain; imported by the LangChain files alone.
"""

from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
from langchain_core.messages import AIMessage
from langchain_openai import ChatOpenAI

from bot.agents.errors import ModelFailed
from bot.agents.spec import ModelSettings

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ENDINGS = ("finish_reason", "status")
"""What says in a whole answer how it ended, by the API that is used."""


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
    return ChatOpenAI(**{**arguments, **model.options})


def refuse_unusable(message: AIMessage) -> None:
    """Refuse an answer that was cut off, or whose tool calls cannot be read.

    Raises:
        ModelFailed
    """
    if message.invalid_tool_calls:
        name = message.invalid_tool_calls[0]["name"]
        raise ModelFailed(f"The model asked for {name or 'a tool'} in a way that cannot be read.")
    if not any(message.response_metadata.get(ending) for ending in _ENDINGS):
        raise ModelFailed("The model's answer broke off in the middle.")


def explain(error: Exception, model: ModelSettings) -> str:
    """Return what a failed call of the model means for the person who asked."""
    told = f"The model's answer could not be read ({type(error).__name__})."
    match error:
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            told = f"The model refused the API key ({error.status_code}). Check it in the settings."
        case openai.RateLimitError():
            told = "The model's provider says we ask too much. Try again in a minute."
        case openai.APITimeoutError() | httpx.TimeoutException():
            told = f"The model did not answer within {model.timeout_s:g} s."
        case openai.APIConnectionError() | httpx.ConnectError():
            told = f"The model at {model.base_url} cannot be reached."
        case openai.APIStatusError():
            told = f"The model answered with an error ({error.status_code}): {error.message}"
        case openai.APIError():
            told = f"The model answered with an error: {error.message}"
        case httpx.HTTPError():
            told = "The connection to the model broke in the middle of its answer."
    return told
