"""The form that asks why somebody approves or rejects; its submission is the decision.

Opened by the listeners where the policy wants a reason. The policy's ready-made reasons stand above
the field for one's own words. What is written reaches the agent as data.
"""

from typing import Any

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.decision import Verdict
from approvals.domain.display import one_line, shorten
from approvals.domain.inquiry import is_inquiry
from approvals.domain.requirement import Risk, WantedReason
from approvals.domain.terms import REASONS
from approvals.operations.ports import CardContent
from bot.slack.alike_words import times
from bot.slack.card_text import RISKS, key_arguments, question_words
from bot.slack.escaping import plain_text, untrusted
from bot.slack.full_view import place_of, write_place
from bot.slack.payloads import ViewState
from bot.slack.rich_text import Element, bold, code, rich_text, section

REJECT_REASON = "sayso:reject_reason"
APPROVE_REASON = "sayso:approve_reason"
REASON_BLOCK, REASON_ACTION = "reason", "sayso:reason"
READY_BLOCK, READY_ACTION = "ready_reason", "sayso:ready_reason"
REASON_MAX_CHARS = 500
VERDICTS = {APPROVE_REASON: Verdict.APPROVE, REJECT_REASON: Verdict.REJECT}
_CALLBACKS = {verdict: callback for callback, verdict in VERDICTS.items()}
_OPTION_MAX_CHARS = 75


def reason_form(content: CardContent, verdict: Verdict) -> dict[str, Any]:
    """Return the form that asks why; its submission is the decision."""
    request = content.request
    approves = verdict is Verdict.APPROVE
    no, what = ("Decline", "to answer") if is_inquiry(request.call) else ("Reject", "this call")
    blocks = [rich_text(f"call:{request.id}", [_what_follows(content, verdict)])]
    if ready := request.requirement.terms[REASONS]:
        blocks.append(_ready(ready))
    blocks.append(_own_words(request, verdict, is_alone=not ready))
    return {
        "type": "modal",
        "callback_id": _CALLBACKS[verdict],
        "title": plain_text("Approve this call" if approves else f"{no} {what}"),
        "submit": plain_text("Approve" if approves else no),
        "close": plain_text("Back"),
        "private_metadata": write_place(place_of(content)),
        "blocks": blocks,
    }


def given_reason(view: ViewState, request: ApprovalRequest | None) -> str | None:
    """Return the reason a submitted form gives, or None; ready-made ones are *request*'s own."""
    own = (view.typed(REASON_BLOCK, REASON_ACTION) or "")[:REASON_MAX_CHARS]
    ready = request.requirement.terms[REASONS] if request else ()
    chosen = view.chosen(READY_BLOCK, READY_ACTION) or ""
    at = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 4 else len(ready)
    parts = [*ready[at : at + 1], own]
    return " – ".join(part for part in parts if part) or None


def _what_follows(content: CardContent, verdict: Verdict) -> Element:
    request, many = content.request, times(content)
    call = f"{shorten(one_line(request.call.tool), 200)}({key_arguments(request, 200)})"
    if is_inquiry(request.call):
        asked = code(shorten(question_words(request), 500))
        return section(asked, f"{many} stays without an answer. The agent is told so.")
    if verdict is Verdict.REJECT:
        return section(code(call), f"{many} will not run.")
    risk = request.requirement.risk
    loud: list[str | Element] = [bold(f"{RISKS[risk]}. ")] if risk is Risk.HIGH else []
    return section(*loud, code(call), f"{many} runs with exactly the arguments you were shown.")


def _ready(reasons: tuple[str, ...]) -> dict[str, Any]:
    options = [
        {"text": plain_text(untrusted(reason, _OPTION_MAX_CHARS)), "value": str(number)}
        for number, reason in enumerate(reasons)
    ]
    return {
        "type": "input",
        "block_id": READY_BLOCK,
        "optional": True,
        "label": plain_text("Reason"),
        "element": {
            "type": "static_select",
            "action_id": READY_ACTION,
            "placeholder": plain_text("Choose one, or write your own below"),
            "options": options,
        },
    }


def _own_words(request: ApprovalRequest, verdict: Verdict, *, is_alone: bool) -> dict[str, Any]:
    wanted = request.requirement.reason is WantedReason.ALWAYS
    one_of_both = "One of the two has to be given. " if wanted and not is_alone else ""
    asked = "What should happen instead?" if verdict is Verdict.REJECT else "Why is it right now?"
    return {
        "type": "input",
        "block_id": REASON_BLOCK,
        "optional": not (wanted and is_alone),
        "label": plain_text("Reason" if is_alone else "In your own words"),
        "hint": plain_text(f"{one_of_both}{_readers(request)}"),
        "element": {
            "type": "plain_text_input",
            "action_id": REASON_ACTION,
            "multiline": True,
            "max_length": REASON_MAX_CHARS,
            "placeholder": plain_text(asked),
        },
    }


def _readers(request: ApprovalRequest) -> str:
    if request.is_private:
        return "The agent sees it; in the channel it is not shown."
    return "The agent and the channel see it."
