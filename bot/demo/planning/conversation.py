"""The messages of a chat request as the planner needs them: what was asked, what was done since.

Everything is derived from the messages, so a server started anew goes on where the old one stopped.
"""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneCall:
    """A tool call already in the messages, and what came back (None: nothing yet)."""

    id: str
    name: str
    arguments: dict[str, Any]
    result: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The last thing the person said and the calls made since."""

    asked: str
    done: tuple[DoneCall, ...]


def read_conversation(messages: list[dict[str, Any]]) -> Conversation:
    """Read OpenAI chat messages; only what follows the last user message counts as done."""
    last = max((i for i, m in enumerate(messages) if m["role"] == "user"), default=-1)
    asked = text_of(messages[last].get("content")) if last >= 0 else ""
    since = messages[last + 1 :]
    results = {
        m.get("tool_call_id"): text_of(m.get("content")) for m in since if m["role"] == "tool"
    }
    calls = (call for m in since for call in m.get("tool_calls") or ())
    return Conversation(
        asked=asked,
        done=tuple(
            DoneCall(
                id=call["id"],
                name=call["function"]["name"],
                arguments=_json_object(call["function"].get("arguments") or "{}"),
                result=results.get(call["id"]),
            )
            for call in calls
        ),
    )


def text_of(content: object) -> str:
    """The text of a message's content, which is a string or a list of parts."""
    if isinstance(content, list):
        parts = (p.get("text") for p in content if isinstance(p, dict))
        return "\n".join(p for p in parts if isinstance(p, str))
    return content if isinstance(content, str) else ""


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
