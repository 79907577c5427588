"""What our buttons are called and what a click on them carries: ids to look up, never authority.

Written by cards and views, read by the listeners. A value that is not exactly ours is a mismatch.
"""

import re
from dataclasses import dataclass
from typing import Any

from approvals.domain import errors
from approvals.domain.ids import RequestId, RunId
from approvals.operations.ports import CardContent
from bot.slack.escaping import plain_text

APPROVE = "sayso:approve"
REJECT = "sayso:reject"
STOP = "sayso:stop"
"""Stands where Approve and Reject would, on a card whose approved call is held back."""
DETAILS = "sayso:details"
EXTEND = "sayso:extend"
EDIT = "sayso:edit"
ASK_BACK = "sayso:ask_back"
ANSWER_BACK = "sayso:answer_back"
"""Stands there while a question waits for the person the agent acts for."""
ANSWER = "sayso:answer"
"""Opens the form of an inquiry; stands where Approve would."""
ANSWERS = tuple(f"sayso:answer_{place}" for place in range(5))
"""Stand there instead where the answer is one of a few options, in their order."""
REVIEW = "sayso:review"
"""Stands where Approve would, on a card that does not show everything."""
REVIEW_ALL = "sayso:review_all"
"""Stands on the card of a burst, whose calls are read and decided one after the other."""
NEXT_CALL = "sayso:next_call"
VIEW_APPROVE = "sayso:approve_view"
VIEW_REJECT = "sayso:reject_view"
VIEW_NEXT = "sayso:view_next"
VIEW_BACK = "sayso:view_back"
REFRESH_HOME = "sayso:refresh_home"
CANCEL_RUN = "sayso:cancel_run"
"""Stands on the root message of a run."""
HAPPENED = "sayso:it_happened"
AGAIN = "sayso:run_again"
GAVE_UP = "sayso:give_up"

_VALUE = re.compile(
    r"([0-9A-Za-z]{1,40})\.([0-9A-Za-z_-]{1,128})(?:\.([0-9a-f]{64})(?:\.([0-9]{1,3}))?)?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonValue:
    """Which request a button is about, which of its cards it stands on, and what that shows."""

    request_id: RequestId
    nonce: str
    digest: str | None = None
    """Of the call that was drawn with the button; None on cards of an older release."""
    others: int = 0
    """How many identical requests the button stands for beside that one."""


def button_value(
    request_id: RequestId, nonce: str, digest: str | None = None, others: int = 0
) -> str:
    """Return what the buttons of one card carry."""
    parts = [request_id, nonce, *([digest] if digest else []), *([str(others)] if others else [])]
    return ".".join(parts)


def value_on(content: CardContent) -> str:
    """Return what the buttons of the card with *content* carry."""
    request = content.request
    return button_value(request.id, content.card.nonce, request.shown_digest, len(content.alike))


def read_button_value(text: object) -> ButtonValue:
    """Read a button's value.

    Raises:
        CardMismatch: it is not exactly what `button_value` writes.
    """
    found = _VALUE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise errors.CardMismatch
    return ButtonValue(
        request_id=RequestId(found[1]), nonce=found[2], digest=found[3], others=int(found[4] or 0)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunButtonValue:
    """Which run a button is about and the nonce of its root message."""

    run_id: RunId
    nonce: str


def run_button_value(run_id: RunId, nonce: str) -> str:
    """Return what the buttons of one root message carry."""
    return f"{run_id}.{nonce}"


def read_run_button_value(text: object) -> RunButtonValue:
    """Read the value of a root message's button.

    Raises:
        CardMismatch: it is not exactly what `run_button_value` writes.
    """
    found = read_button_value(text)
    return RunButtonValue(run_id=RunId(found.request_id), nonce=found.nonce)


def button(action_id: str, label: str, value: str, *, style: str | None = None) -> dict[str, Any]:
    """Return a button; *style* is `primary` or `danger`."""
    drawn: dict[str, Any] = {
        "type": "button",
        "action_id": action_id,
        "text": plain_text(label),
        "value": value,
    }
    return drawn | ({"style": style} if style else {})


def row(block_id: str, *elements: dict[str, Any]) -> dict[str, Any]:
    """Return a row of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def confirm(title: str, text: str, *, yes: str, no: str) -> dict[str, Any]:
    """Return the question Slack asks before it sends a click; *text* is escaped."""
    return {
        "title": plain_text(title),
        "text": plain_text(text),
        "confirm": plain_text(yes),
        "deny": plain_text(no),
    }
