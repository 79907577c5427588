"""A run's part of its conversation: where it begins, what is open in it, what people said into it.

A conversation is LangGraph's thread; each run adds its task as a message with the run's own id, and
notes with theirs, so that nothing is said twice. Messages are read by their shape; those made here
import LangChain, inside functions.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from approvals.domain.ids import RunId, UserId
from approvals.domain.run import Run, RunNote

_SPEAKER = "sayso_speaker"
_CUT_OFF = "Not answered: the task this call belonged to ended before it had a result."


def since(messages: Sequence[Any], run_id: RunId) -> Sequence[Any]:
    """Return the messages after the task of *run_id*; none when the task is not there."""
    for place in range(len(messages) - 1, -1, -1):
        if messages[place].id == run_id:
            return messages[place + 1 :]
    return ()


def has_task(messages: Sequence[Any], run_id: RunId) -> bool:
    """Whether the conversation knows of the run."""
    return any(message.id == run_id for message in messages)


def last_turn(messages: Sequence[Any]) -> str | None:
    """Return the id of the model's last turn."""
    return next((each.id for each in reversed(messages) if each.type == "ai"), None)


def open_calls(messages: Sequence[Any]) -> Sequence[Any]:
    """Return the tool calls of the last model turn that have no result yet."""
    for place in range(len(messages) - 1, -1, -1):
        if messages[place].type == "ai":
            answered = {each.tool_call_id for each in messages[place + 1 :] if each.type == "tool"}
            return [each for each in messages[place].tool_calls if each["id"] not in answered]
    return ()


def before_turn(messages: Sequence[Any], message_id: str | None) -> Sequence[Any]:
    """Return the messages before the model turn *message_id*."""
    places = (place for place, each in enumerate(messages) if each.id == message_id)
    return messages[: next(places, len(messages))]


def place_in_turn(messages: Sequence[Any], message_id: str | None, call_id: str | None) -> int:
    """Return which of its turn's calls a call is, from 1."""
    calls = next((each.tool_calls for each in messages if each.id == message_id), ())
    return next((place for place, each in enumerate(calls, 1) if each["id"] == call_id), 1)


def opening(run: Run, messages: Sequence[Any]) -> list[Any]:
    """Return what a run adds to its conversation: its task, after what an earlier run left open.

    A model refuses a history in which a call has no result; results that came in while the turn
    was cut off are given again, because new input drops them.
    """
    from langchain_core.messages import HumanMessage, ToolMessage

    closing = [
        ToolMessage(_CUT_OFF, tool_call_id=each["id"], name=each["name"], status="error")
        for each in open_calls(messages)
    ]
    return [*_results_of_last_turn(messages), *closing, HumanMessage(run.task, id=run.id)]


def _results_of_last_turn(messages: Sequence[Any]) -> list[Any]:
    results: list[Any] = []
    for message in reversed(messages):
        if message.type == "ai":
            break
        if message.type == "tool":
            results.append(message)
    return results[::-1]


def heard(messages: Iterable[Any], notes: Sequence[RunNote]) -> frozenset[str]:
    """Return the ids of the notes the conversation holds."""
    ids = {message.id for message in messages}
    return frozenset(note.id for note in notes if note.id in ids)


def note_messages(notes: Sequence[RunNote], messages: Sequence[Any]) -> list[Any]:
    """Return the words of *notes* the conversation has not heard yet, each labelled as such.

    They are what somebody said, never an approval (cases X6, X14): the gate asks its own rows.
    """
    from langchain_core.messages import HumanMessage

    known = heard(messages, notes)
    return [
        HumanMessage(
            f"[Said by <@{note.user}> in the task's thread while you worked. It is not an approval "
            f"of any call.]\n{note.text}",
            id=note.id,
            additional_kwargs={_SPEAKER: note.user},
        )
        for note in notes
        if note.id not in known
    ]


def speakers(messages: Iterable[Any]) -> tuple[UserId, ...]:
    """Return who said something in *messages* beside their task, each once.

    What the agent asks after that it asks for them too: they may not approve it.
    """
    said = (each.additional_kwargs.get(_SPEAKER) for each in messages if each.type == "human")
    return tuple(dict.fromkeys(UserId(user) for user in said if user))


def final_answer(messages: Sequence[Any]) -> str:
    """Return the text of the last message, if it is the model's last word."""
    last = messages[-1] if messages else None
    if last is None or last.type != "ai" or last.tool_calls:
        return ""
    return str(last.text).strip()
