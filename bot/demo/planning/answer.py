"""The model's own sentences: a summary that quotes the results, a question, an introduction.

Says plainly when something did not run, and never claims more than the results do.
"""

import json
from collections.abc import Iterable
from typing import Any

from bot.demo.planning.conversation import DoneCall
from bot.demo.planning.outcome import did_not_run
from bot.demo.planning.tool_schema import OfferedTool, Parameter

_QUOTE_MAX_CHARS = 500
_ENTRIES_SHOWN = 5


def summary(done: Iterable[DoneCall], *, reads: frozenset[str]) -> str:
    """A paragraph per call: how it went and what came back.

    What was only read on the way to a change is left out, unless that is where it went wrong.

    Args:
        done: The calls of this turn of the conversation, in order.
        reads: Names of the tools that only look.
    """
    calls = tuple(done)
    failed = tuple(call for call in calls if did_not_run(call.result or ""))
    changes = any(call.name not in reads for call in calls)
    told = [c for c in calls if c.name not in reads or c in failed or not changes]
    lines = [_paragraph(call, changed=call.name not in reads) for call in told]
    if failed:
        lines.append("I have not tried again.")
    return "\n".join(lines)


def ask_back(tool: str, lacks: Iterable[Parameter]) -> str:
    """Ask for what a tool needs and the person did not say."""
    wanted = (f"{p.name} ({' or '.join(p.choices)})" if p.choices else p.name for p in lacks)
    return f"To use {tool} I also need: {', '.join(wanted)}."


def introduction(offered: tuple[OfferedTool, ...]) -> str:
    """What to say when nothing fits: the tools, each with its first sentence."""
    if not offered:
        return "I have no tools in this conversation, so I cannot do that."
    lines = (f"- {tool.name}: {tool.description.split('. ')[0].strip()}" for tool in offered)
    return "\n".join(("I found no tool that fits this. I can use:", *lines))


def _paragraph(call: DoneCall, *, changed: bool) -> str:
    subject = f"{call.name}({', '.join(f'{n}={_plain(v)}' for n, v in call.arguments.items())})"
    if call.result is None:
        return f"No result came back from {subject}."
    if did_not_run(call.result):
        return f"{subject} did not succeed. {_quoted(call.result, {})}"
    said = _quoted(call.result, call.arguments)
    return f"{subject}{' is done' * changed}: {said or 'nothing to add'}"


def _quoted(result: str, known: dict[str, Any]) -> str:
    """The result as words; of an object, only what the arguments do not already say."""
    try:
        value = json.loads(result)
    except ValueError:
        value = result
    if isinstance(value, dict):
        text = _pairs({n: v for n, v in value.items() if known.get(n) != v})
    elif isinstance(value, list):
        text = _listed(value)
    else:
        text = str(value).strip()
    return text if len(text) <= _QUOTE_MAX_CHARS else text[:_QUOTE_MAX_CHARS] + " …"


def _listed(entries: list[Any]) -> str:
    shown = [_pairs(e) if isinstance(e, dict) else str(e) for e in entries[-_ENTRIES_SHOWN:]]
    count = f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}"
    last = ", the last of them" if len(entries) > _ENTRIES_SHOWN else ""
    return f"{count}{last}" + "".join(f"\n  {entry}" for entry in shown)


def _pairs(value: dict[str, Any]) -> str:
    return ", ".join(_pair(name, item) for name, item in value.items() if item != "")


def _pair(name: str, item: object) -> str:
    words, _, unit = name.rpartition("_")
    if unit == "s" and isinstance(item, int | float):
        return f"{words.replace('_', ' ')} {item} s"
    return f"{name.replace('_', ' ')} {_plain(item)}"


def _plain(item: object) -> str:
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
