"""The rows of buttons below a card: what can be decided, or said, or read there.

Called by `cards`; the full view draws the same Approve.
"""

from typing import Any

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.asking_back import first_for_person
from approvals.domain.deed import read_deed
from approvals.domain.extending import lengths_left
from approvals.domain.inquiry import is_inquiry
from approvals.domain.requirement import Risk, WantedReason
from approvals.domain.terms import DEED, EDIT
from approvals.operations.ports import CardContent
from bot.slack import buttons
from bot.slack.alike_words import times
from bot.slack.card_text import call_in_words
from bot.slack.escaping import untrusted
from bot.slack.hold_words import stop_actions
from bot.slack.inquiry_words import answering


def actions(content: CardContent, *, shows_all: bool) -> dict[str, Any]:
    """Return the row of buttons of a request that people can still decide."""
    request = content.request
    value = buttons.value_on(content)
    if request.is_held:
        return stop_actions(content)
    if is_inquiry(request.call):
        drawn = [*answering(content), *undecided(content)]
        return buttons.row(f"decide:{request.id}", *drawn)
    if shows_all:
        approve = approve_button(content, buttons.APPROVE)
    else:
        approve = buttons.button(buttons.REVIEW, "Review and approve…", value, style="primary")
    if content.freeze is not None:
        approve.pop("style")  # it is refused, and says why
    return buttons.row(
        f"decide:{request.id}",
        approve,
        buttons.button(buttons.REJECT, f"Reject{times(content)}", value, style="danger"),
        *([buttons.button(buttons.EDIT, "Edit…", value)] if _may_be_edited(request) else []),
        *undecided(content),
    )


def undecided(content: CardContent) -> list[dict[str, Any]]:
    """Return the buttons of a pending request that decide nothing."""
    request, value = content.request, buttons.value_on(content)
    return [
        buttons.button(buttons.DETAILS, "Details", value),
        buttons.button(buttons.ASK_BACK, "Ask…", value),
        *_extending(request, value),
        *_answering(request, value),
    ]


def _extending(request: ApprovalRequest, value: str) -> list[dict[str, Any]]:
    """Return the button that gives more time, none where there is no more to be had."""
    return [buttons.button(buttons.EXTEND, "Extend…", value)] if lengths_left(request) else []


def _answering(request: ApprovalRequest, value: str) -> list[dict[str, Any]]:
    if first_for_person(request) is None:
        return []
    label = "Reply…" if is_inquiry(request.call) else "Answer…"
    return [buttons.button(buttons.ANSWER_BACK, label, value)]


def _may_be_edited(request: ApprovalRequest) -> bool:
    is_allowed = request.requirement.terms[EDIT] and request.schema_digest is not None
    return is_allowed and request.is_alone


def settling(content: CardContent) -> dict[str, Any]:
    """Return the row that asks what became of an interrupted call."""
    value = buttons.value_on(content)
    return buttons.row(
        f"settle:{content.request.id}",
        buttons.button(buttons.HAPPENED, "It happened", value),
        buttons.button(buttons.AGAIN, "Run it again…", value),
        buttons.button(buttons.GAVE_UP, "Give up", value),
    )


def reading(content: CardContent) -> dict[str, Any]:
    """Keep readable what the card has no room for: nothing is decided here any more."""
    value = buttons.value_on(content)
    return buttons.row(
        f"read:{content.request.id}",
        buttons.button(buttons.REVIEW, "Read the full call…", value),
        buttons.button(buttons.DETAILS, "Details", value),
    )


def approve_button(content: CardContent, action_id: str) -> dict[str, Any]:
    """Return the button that approves; where the risk is high people are asked once more.

    A form that asks for the reason is that second question already.
    """
    request, value = content.request, buttons.value_on(content)
    label = f"{approve_label(request)}{times(content)}"
    if request.requirement.reason is WantedReason.ALWAYS:
        return buttons.button(action_id, f"{label}…", value, style="primary")
    drawn = buttons.button(action_id, label, value, style="primary")
    if request.requirement.risk is Risk.HIGH:
        often = f" {many.strip(' ×')} times" if (many := times(content)) else ""
        drawn["confirm"] = buttons.confirm(
            "Run this high-risk call?",
            f"{untrusted(call_in_words(request), 240)} runs{often} with exactly the arguments "
            "shown.",
            yes=label,
            no="Go back",
        )
    return drawn


def approve_label(request: ApprovalRequest) -> str:
    """Return what the button says: "Approve", and the deed the tool's author or the policy names.

    A stored text that is no deed is not shown, whoever stored it.
    """
    deed = request.requirement.terms[DEED]
    try:
        return f"Approve {read_deed(deed)}" if deed else "Approve"
    except ValueError:
        return "Approve"
