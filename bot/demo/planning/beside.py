"""What the scripted model says to a question beside its work, for which it is offered no tools.

A question begins with a line in brackets, like everything that is said while the work goes on. The
answer quotes what the messages hold: what was asked for, what came back, and what waits.
"""

import re
from typing import Any

from bot.demo.planning.conversation import is_aside, text_of

_CALL = re.compile(r"\[I asked for (\S+) with (.*)\]")
_RESULT = re.compile(r"\[Result of (\S+)\]\n(.*)", re.DOTALL)
_QUOTE_MAX_CHARS = 200


def is_asked_beside(messages: list[dict[str, Any]]) -> bool:
    """Whether the last message is a question beside the work."""
    return bool(messages) and messages[-1]["role"] == "user" and is_aside(_text(messages[-1]))


def answer_beside(messages: list[dict[str, Any]]) -> str:
    """Return what the conversation says about the call that waits."""
    texts = [_text(message) for message in messages[:-1]]
    tasks = [_text(m) for m in messages[:-1] if m["role"] == "user" and not is_aside(_text(m))]
    calls = [found for text in texts for found in _CALL.findall(text)]
    results = [found.groups() for text in texts if (found := _RESULT.fullmatch(text))]
    lines = [f"I was asked to: {tasks[-1]}"] if tasks else []
    lines += [f"{tool} said: {_short(said)}" for tool, said in results[-1:]]
    lines += [f"Therefore I asked for {tool} with {_short(given)}." for tool, given in calls[-1:]]
    return "\n".join([*lines, "I am a script and know no more than that."])


def _text(message: dict[str, Any]) -> str:
    return text_of(message.get("content"))


def _short(text: str) -> str:
    return text if len(text) <= _QUOTE_MAX_CHARS else f"{text[:_QUOTE_MAX_CHARS]} …"
