"""What to do next: from messages and offered tools to tool calls or an answer.

Each clause of what the person said is matched with the tool it fits best; a call that changes
something is preceded by a read about the same subject when a tool for that is offered. Calls of
one stage that do not depend on each other go out together. No call is made twice in one turn.
"""

from dataclasses import dataclass
from typing import Any

from bot.demo.planning.answer import ask_back, introduction, summary
from bot.demo.planning.arguments import arguments, missing
from bot.demo.planning.beside import answer_beside, is_asked_beside
from bot.demo.planning.conversation import DoneCall, read_conversation
from bot.demo.planning.outcome import did_not_run
from bot.demo.planning.tool_schema import OfferedTool, Parameter, offered_tools
from bot.demo.planning.words import asks, clauses, content_stems, forbids, tokens

_NAME_WEIGHT = 3.0
_DESCRIPTION_WEIGHT = 1.0
_CHOICE_WEIGHT = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """One tool call the model wants: a tool that is offered, arguments its schema names."""

    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What the model says next: text, and calls when it is not done."""

    text: str
    calls: tuple[PlannedCall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Intent:
    """One thing the person wants: reads first, then (perhaps) a change."""

    reads: tuple[PlannedCall, ...]
    change: PlannedCall | None = None
    lacks: tuple[Parameter, ...] = ()
    tool: OfferedTool


def next_turn(
    messages: list[dict[str, Any]], tools: list[dict[str, Any]], *, parallel: bool = True
) -> Turn:
    """Choose the next turn from the body of a chat request alone.

    Args:
        messages: OpenAI chat messages.
        tools: The `function` objects of the offered tools.
        parallel: False sends one call a turn.
    """
    offered = offered_tools(tools)
    if not offered and is_asked_beside(messages):
        return Turn(text=answer_beside(messages))
    conversation = read_conversation(messages)
    intents = _intents(conversation.asked, offered)
    due = _due_calls(intents, conversation.done)
    if due:
        return Turn(text="", calls=due if parallel else due[:1])
    questions = tuple(ask_back(i.tool.name, i.lacks) for i in intents if i.lacks)
    if conversation.done:
        reads = frozenset(tool.name for tool in offered if tool.reads)
        return Turn(text="\n".join((summary(conversation.done, reads=reads), *questions)))
    return Turn(text="\n".join(questions) or introduction(offered))


def _due_calls(intents: tuple[_Intent, ...], done: tuple[DoneCall, ...]) -> tuple[PlannedCall, ...]:
    """The calls of the first stage not yet made; a change waits for its own read to succeed."""
    due: list[PlannedCall] = []
    for intent in intents:
        unread = [call for call in intent.reads if _made(call, done) is None]
        failed = [call for call in intent.reads if _failed(call, done)]
        wanted = unread
        if not unread and not failed and intent.change and not _made(intent.change, done):
            wanted = [intent.change]
        due.extend(call for call in wanted if call not in due)
    return tuple(due)


def _made(call: PlannedCall, done: tuple[DoneCall, ...]) -> DoneCall | None:
    return next((d for d in done if (d.name, d.arguments) == (call.tool, call.arguments)), None)


def _failed(call: PlannedCall, done: tuple[DoneCall, ...]) -> bool:
    made = _made(call, done)
    return made is not None and did_not_run(made.result or "")


def _intents(asked: str, offered: tuple[OfferedTool, ...]) -> tuple[_Intent, ...]:
    intents: list[_Intent] = []
    previous: OfferedTool | None = None
    for clause in clauses(asked):
        tool = _best_tool(clause, offered)
        if tool is None and previous is not None and _names_choice(clause, previous):
            tool = previous
        if tool is not None:
            intents.append(_intent(tool, clause, asked=asked, offered=offered))
            previous = tool
    return tuple(intents)


def _intent(
    tool: OfferedTool, clause: str, *, asked: str, offered: tuple[OfferedTool, ...]
) -> _Intent:
    found = arguments(tool, clause, message=asked)
    lacks = missing(tool, found)
    if lacks:
        return _Intent(reads=(), lacks=lacks, tool=tool)
    call = PlannedCall(tool=tool.name, arguments=found)
    if tool.reads:
        return _Intent(reads=(call,), tool=tool)
    first = _read_about(tool, found, offered)
    return _Intent(reads=(first,) if first else (), change=call, tool=tool)


def _best_tool(clause: str, offered: tuple[OfferedTool, ...]) -> OfferedTool | None:
    """The tool whose words fit best; rare words count more, and of equals the one that reads.

    A question or a prohibition can only lead to a read; a question that merely names a value
    (`is checkout up?`) leads to the first read that knows the value.
    """
    only_reads = asks(clause) or forbids(clause)
    candidates = [t for t in offered if t.reads or not only_reads]
    scored = [(_score(clause, tool, offered), tool.reads, -i) for i, tool in enumerate(candidates)]
    best = max(scored, default=(0.0, False, 0))
    if best[0] > 0:
        return candidates[-best[2]]
    about = (t for t in candidates if t.reads and _names_choice(clause, t))
    return next(about, None) if asks(clause) else None


def _score(clause: str, tool: OfferedTool, offered: tuple[OfferedTool, ...]) -> float:
    words = content_stems(clause)
    named = sum(
        _NAME_WEIGHT / sum(word in other.name_stems for other in offered)
        for word in words & tool.name_stems
    )
    described = sum(
        _DESCRIPTION_WEIGHT / sum(word in other.description_stems for other in offered)
        for word in (words & tool.description_stems) - tool.name_stems
    )
    if not named and not described:
        return 0.0
    spoken = {token.word for token in tokens(clause)}
    parameters = {stem for p in tool.parameters for stem in content_stems(p.name)}
    hints = len(spoken & tool.choice_words) + len((words & parameters) - tool.name_stems)
    return named + described + _CHOICE_WEIGHT * hints


def _names_choice(clause: str, tool: OfferedTool) -> bool:
    """True when the clause names a value of *tool* (`and search`, after `restart checkout`)."""
    return any(token.word in tool.choice_words for token in tokens(clause))


def _read_about(
    tool: OfferedTool, found: dict[str, Any], offered: tuple[OfferedTool, ...]
) -> PlannedCall | None:
    """The read that shows the subject of a change: same words in its name, arguments to hand."""
    best, best_rank = None, 0
    types = {p.name: p.type for p in tool.parameters}
    for other in offered:
        shared = len(other.name_stems & tool.name_stems)
        fitting = {
            p.name: found[p.name]
            for p in other.parameters
            if p.name in found
            and p.type == types[p.name]
            and (not p.choices or found[p.name] in p.choices)
        }
        rank = shared + len(fitting)
        if other.reads and shared and not missing(other, fitting) and rank > best_rank:
            best, best_rank = PlannedCall(tool=other.name, arguments=fitting), rank
    return best
