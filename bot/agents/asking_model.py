"""Asks an agent's model a question beside its conversation: no tools, nothing kept or resumed.

Called by `answering`. Imports LangChain, which `built_agents` loads in a thread. The conversation
is given as plain words, because providers refuse tool calls without results, and results without
tools.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import httpx
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from bot.agents.langchain_model import chat_model, refuse_unusable
from bot.agents.spec import AgentSpec

CALL_MAX_CHARS = 4_000


async def ask_model(
    spec: AgentSpec,
    client: httpx.AsyncClient,
    conversation: Sequence[BaseMessage],
    question: str,
) -> AIMessage:
    """Return the model's answer to *question*, to which no tool is offered.

    Raises:
        ModelFailed: the answer cannot be used.
        Exception: whatever calling the model raises.
    """
    messages = [
        *([SystemMessage(spec.system_prompt)] if spec.system_prompt else []),
        *_in_words(conversation),
        HumanMessage(question),
    ]
    answer = await chat_model(spec.model, client).ainvoke(messages)
    assert isinstance(answer, AIMessage)
    refuse_unusable(answer)
    return answer


def _in_words(messages: Iterable[BaseMessage]) -> Iterable[BaseMessage]:
    for message in messages:
        if isinstance(message, AIMessage):
            calls = [_call_in_words(call) for call in message.tool_calls]
            yield AIMessage("\n".join([*filter(None, [message.text]), *calls]) or "(no words)")
        elif message.type == "tool":
            yield HumanMessage(f"[Result of {message.name}]\n{message.text}")
        elif message.type == "human":
            yield HumanMessage(message.text)


def _call_in_words(call: Any) -> str:
    arguments = json.dumps(call["args"], ensure_ascii=False, default=str)[:CALL_MAX_CHARS]
    return f"[I asked for {call['name']} with {arguments}]"
