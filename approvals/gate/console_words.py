"""A call as it is read at a terminal: every argument, masked and visible, in lines of our own.

Used by `console.ConsoleGateway`. Whatever the agent wrote stands behind a margin and is wrapped
here, so that no value can begin a line and look like a question or an answer of Sayso's.
"""

import json
import secrets
import unicodedata
from collections.abc import Iterator

from approvals.domain.display import one_line, shorten, visible
from approvals.domain.question import question_of
from approvals.domain.redaction import mask_arguments, mask_text, mask_words
from approvals.domain.strict_json import JsonValue
from approvals.gate.gateway import Proposal

MARGIN = "  │ "
NAME_MAX_CHARS = 120
RESULT_MAX_CHARS = 400
COLUMNS_MIN = 40


def call_lines(proposal: Proposal, *, salt: str, columns: int) -> list[str]:
    """Return what is asked about, each line at most *columns* wide."""
    call = proposal.call
    agent = _name(proposal.requester.agent)
    lines = _labelled(f"{agent} wants to run ", call.tool, "", "", columns)
    if proposal.requester.people:
        people = ", ".join(_name(each) for each in sorted(proposal.requester.people))
        lines += _wrapped(f"for {people}", "  ", columns)
    masked = mask_arguments(call.arguments, salt)
    assert isinstance(masked, dict)
    for name, value in masked.items():
        lines += _argument(name, value, columns)
    if not masked:
        lines.append("  without arguments")
    if proposal.injected:
        given = ", ".join(_name(each) for each in proposal.injected)
        lines += _wrapped(f"given by the program, not by the agent: {given}", "  ", columns)
    if proposal.reason:
        lines.append("  The agent's own words, unverified:")
        lines += _behind_margin(mask_text(proposal.reason, salt), columns)
    return lines


def inquiry_lines(proposal: Proposal, *, salt: str, columns: int) -> list[str]:
    """Return the question of an inquiry, as the agent's own words."""
    lines = [*_wrapped(f"{_name(proposal.requester.agent)} asks, in its own words:", "", columns)]
    lines += _behind_margin(mask_text(question_of(proposal.call), salt), columns)
    return [*lines, "  The answer is told to the agent. It approves nothing and runs nothing."]


def agent_lines(text: str, *, salt: str, columns: int) -> list[str]:
    """Return what an agent answered a question with."""
    said = ["  The agent's own words, unverified:"]
    return said + _behind_margin(mask_text(text, salt), columns)


def ended_line(tool: str, result: str, *, succeeded: bool, is_unknown: bool = False) -> str:
    """Return how the body ended, in one line."""
    said = shorten(one_line(mask_words(result, secrets.token_hex(16))), RESULT_MAX_CHARS)
    ended = "ran" if succeeded else "failed"
    if is_unknown:
        ended = "may or may not have happened"
    return f"  {_name(tool)} {ended}: {said or 'nothing was returned'}"


def _argument(name: str, value: JsonValue, columns: int) -> list[str]:
    shown = one_line(name)
    if isinstance(value, str) and "\n" in value:
        lines = f", {value.count(chr(10)) + 1} lines:"
        return [*_labelled("", name, lines, "  ", columns), *_behind_margin(value, columns)]
    if isinstance(value, dict | list) and value:
        written = json.dumps(value, indent=2, ensure_ascii=False)
        return [*_labelled("", name, ":", "  ", columns), *_behind_margin(written, columns)]
    written = visible(json.dumps(value, ensure_ascii=False)).text
    if len(shown) + len(written) + 4 <= columns and "\n" not in written and written.isascii():
        return [f"  {shown}: {written}"]
    return [*_labelled("", name, ":", "  ", columns), *_behind_margin(written, columns)]


def _labelled(before: str, name: str, after: str, indent: str, columns: int) -> list[str]:
    """Return a line about *name*; one too long for it stands behind the margin, to its end."""
    line = list(_wrapped(f"{before}{one_line(name)}{after}", indent, columns))
    if len(line) == 1:
        return line
    label = f"{indent}{before or 'the argument'}".rstrip()
    rest = "is:" if after == ":" else after.removeprefix(", ")
    return [label, *_behind_margin(one_line(name), columns), *([indent + rest] if rest else [])]


def _behind_margin(text: str, columns: int) -> list[str]:
    lines = visible(text).text.expandtabs(4).split("\n")
    return [part for line in lines for part in _wrapped(line, MARGIN, columns)]


def _wrapped(line: str, before: str, columns: int) -> Iterator[str]:
    """Cut *line* to the terminal's width; wide characters count twice, marks not at all."""
    room = max(columns, COLUMNS_MIN) - len(before) - 1
    part, width = "", 0
    for character in line:
        wide = 2 if unicodedata.east_asian_width(character) in "WFA" else 1
        if width + wide > room:
            yield before + part
            part, width = "", 0
        part += character
        width += wide
    yield before + part


def _name(text: str) -> str:
    return shorten(one_line(text), NAME_MAX_CHARS)
