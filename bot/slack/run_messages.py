"""A run in Slack: the root message with its status line and Cancel, and the answer below it.

Called by the run messenger. What people and agents wrote stands in elements in which nothing is
parsed; the order of the blocks stays the same for the life of a run.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from approvals.domain.display import one_line, shorten, visible
from approvals.domain.run import Run, RunStatus
from approvals.operations.run_messenger import RunContent
from bot.slack import buttons
from bot.slack.escaping import plain_text, untrusted
from bot.slack.rich_text import code, person, quote, rich_text, section
from bot.slack.run_text import NAME_MAX_CHARS, PHONE_MAX_CHARS, spent, status_line

TASK_MAX_CHARS = 1_000
ANSWER_MAX_CHARS = 8_000
"""Slack refuses a message of more than about 11,000 characters."""
_PIECE_MAX_CHARS = 2_500
UNREAD_MAX = 5
UNREAD_MAX_CHARS = 300
_ENDED = {RunStatus.SUCCEEDED: "Answered", RunStatus.CANCELLED: "Cancelled"}


def root_blocks(content: RunContent, now: datetime) -> list[dict[str, Any]]:
    """Return who asked what, where it stands, and while it has not ended the Cancel button."""
    run = content.run
    agent = code(shorten(one_line(run.agent), NAME_MAX_CHARS))
    blocks = [
        rich_text(
            f"asked:{run.id}",
            [
                section(person(run.starter), " asked ", agent, ":"),
                quote(shown(run.task, TASK_MAX_CHARS)),
            ],
        ),
        rich_text(f"status:{run.id}", [section(*status_line(content, now))]),
    ]
    if not run.has_ended:
        blocks.append(_actions(content))
    return [*blocks, _footer(run)]


def answer_blocks(content: RunContent, now: datetime) -> list[dict[str, Any]]:
    """Return the agent's answer, or why there is none, for the person who asked."""
    run = content.run
    words = shown(answer_of(run), ANSWER_MAX_CHARS)
    ended = _ENDED.get(run.status, "No answer")
    return [
        rich_text(f"for:{run.id}", [section(person(run.starter))]),
        *(
            rich_text(f"answer:{run.id}:{number}", [section(piece)])
            for number, piece in enumerate(_pieces(words))
        ),
        *_unread_blocks(content),
        {
            "type": "context",
            "block_id": f"cost:{run.id}",
            "elements": [plain_text(f"{ended} {spent(run, now)} · task {run.short_id}")],
        },
    ]


def answer_text(content: RunContent) -> str:
    """Return the answer's `text`, escaped, for phones."""
    run = content.run
    return f"<@{run.starter}> {untrusted(answer_of(run), PHONE_MAX_CHARS)}"


def answer_of(run: Run) -> str:
    """Return what stands below the root of an ended run."""
    if run.status is RunStatus.SUCCEEDED:
        return run.answer or "The agent has ended without words."
    if run.status is RunStatus.CANCELLED:
        return "The task was cancelled."
    return f"No answer: {run.reason or 'nobody said why.'}"


def shown(text: str, max_chars: int) -> str:
    """Return *text* with hidden characters drawn; what is cut is counted. Never empty."""
    drawn = visible(text).text.strip() or "(nothing)"
    if len(drawn) <= max_chars:
        return drawn
    return f"{drawn[:max_chars]}… ({len(drawn) - max_chars:,} more characters)"


def _unread_blocks(content: RunContent) -> list[dict[str, Any]]:
    """Say what the agent did not read any more, so that no words are lost in silence."""
    if not content.unread:
        return []
    asks = "It was not read any more; mention me here and say it again to go on with it."
    elements = [section("Said before it ended:")]
    for note in content.unread[:UNREAD_MAX]:
        elements += [section(person(note.user), ":"), quote(shown(note.text, UNREAD_MAX_CHARS))]
    more = len(content.unread) - UNREAD_MAX
    elements.append(section(f"and {more} more. {asks}" if more > 0 else asks))
    return [rich_text(f"unread:{content.run.id}", elements)]


def _actions(content: RunContent) -> dict[str, Any]:
    run = content.run
    value = buttons.run_button_value(run.id, content.thread.nonce)
    cancel = buttons.button(buttons.CANCEL_RUN, "Cancel", value, style="danger")
    cancel["confirm"] = buttons.confirm(
        "Cancel this task?",
        "It stops, and what it asks is withdrawn. A call that runs already may still happen.",
        yes="Cancel the task",
        no="Let it go on",
    )
    return {"type": "actions", "block_id": f"steer:{run.id}", "elements": [cancel]}


def _footer(run: Run) -> dict[str, Any]:
    before = f" · goes on from {run.continues[-len(run.short_id) :]}" if run.continues else ""
    return {
        "type": "context",
        "block_id": f"task:{run.id}",
        "elements": [plain_text(f"Task {run.short_id}{before}")],
    }


def _pieces(text: str) -> Iterable[str]:
    for start in range(0, len(text), _PIECE_MAX_CHARS):
        yield text[start : start + _PIECE_MAX_CHARS]
