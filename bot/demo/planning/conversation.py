"""The messages of a chat request as the planner needs them: what was asked, what was done since.

Everything is derived from the messages, so a server started anew goes on where the old one stopped.
A message that begins with a line in brackets was said while the work went on: it adds to what was
asked before, and drops none of it.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

_ASIDE = re.compile(r"\[[^\]\n]*\]\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneCall:
    """A tool call already in the messages, and what came back (None: nothing yet)."""

    id: str
    name: str
    arguments: dict[str, Any]
    result: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The last thing the person asked, what was said beside it, and the calls made since."""

    asked: str
    done: tuple[DoneCall, ...]


def read_conversation(messages: list[dict[str, Any]]) -> Conversation:
    """Read OpenAI chat messages; only what follows the last task counts as done."""
    said = [(i, text_of(m.get("content"))) for i, m in enumerate(messages) if m["role"] == "user"]
    last = max((i for i, text in said if not _ASIDE.match(text)), default=-1)
    asked = "\n".join(_ASIDE.sub("", text) for i, text in said if i >= last)
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


def is_aside(text: str) -> bool:
    """Whether *text* was said while the work went on."""
    return _ASIDE.match(text) is not None


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
