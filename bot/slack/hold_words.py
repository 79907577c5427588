"""A hold in words and buttons: until when an approved call can be stopped, and how.

Used by cards and by private sentences.
"""

from datetime import datetime
from typing import Any

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.inquiry import is_inquiry
from approvals.domain.question import is_question
from approvals.operations.ports import CardContent
from bot.slack import buttons
from bot.slack.card_text import minutes_left
from bot.slack.rich_text import Element, as_mrkdwn, bold, moment


def time_line(request: ApprovalRequest, now: datetime) -> list[str | Element]:
    """Return how long people may still decide, or stop what is held."""
    left = f"{minutes_left(request, now)} when last updated, "
    if request.held_until is not None:
        return [bold("Time "), left, "until it runs ", moment(request.held_until, seconds=True)]
    then = f"; then {after_silence(request)}."
    return [bold("Time "), left, "until ", moment(request.expires_at), then]


def after_silence(request: ApprovalRequest) -> str:
    """Return what happens where nobody decides in time."""
    if is_inquiry(request.call):
        return "the agent hears that nobody answered"
    return "it stays unapproved" if is_question(request.call) else "it does not run"


def stop_actions(content: CardContent) -> dict[str, Any]:
    """Return the buttons of a card whose call is held."""
    value = buttons.value_on(content)
    return buttons.row(
        f"decide:{content.request.id}",
        buttons.button(buttons.STOP, "Stop", value, style="danger"),
        buttons.button(buttons.DETAILS, "Details", value),
    )


def runs_then(request: ApprovalRequest) -> str:
    """Return when a held call runs, as mrkdwn."""
    when = "in a moment"
    if request.held_until is not None:
        when = as_mrkdwn([moment(request.held_until, seconds=True)])
    return f"It runs {when}, unless somebody presses *Stop* on its card."


def held_sentence(request: ApprovalRequest | None) -> str:
    """Return what somebody is told who approves what is held already."""
    then = "It runs in a moment." if request is None else runs_then(request)
    return f"This is already approved. {then} Your click changed nothing."
