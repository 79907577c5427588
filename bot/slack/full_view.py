"""The paged full view of what a card cannot hold: every argument, deciding buttons at its end.

Opened by Review and turned with `views.update`, so it is never more than one view deep. Only the
last page has Approve, and the view has its own nonce: who approves there has had every page.
"""

from dataclasses import dataclass
from typing import Any, cast

from approvals.domain import errors, strict_json
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.display import one_line, shorten
from approvals.domain.ids import RequestId
from approvals.operations.ports import CardContent
from bot.slack import buttons
from bot.slack.alike_words import stands_for, times
from bot.slack.arguments_view import ArgumentsText, arguments_text, pages
from bot.slack.card_actions import approve_button
from bot.slack.card_text import RISKS, counted
from bot.slack.cards import claim
from bot.slack.difference_view import difference_pages
from bot.slack.escaping import plain_text
from bot.slack.rich_text import Element, bold, code, preformatted, rich_text, section

FULL_VIEW = "sayso:full_view"
_REMEMBERED = {"digest", "nonce", "others", "page", "request", "walk"}
_OF_LATER_RELEASES = {"digest", "others", "walk"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewPlace:
    """What a modal of ours remembers: its request, its card's nonce, what it shows, its page."""

    request_id: RequestId
    nonce: str
    digest: str | None = None
    """Of the call it shows; None in a window that an older release opened."""
    page: int = 1
    others: int = 0
    """How many identical requests it stands for beside that one."""
    walk: str | None = None
    """In a review: the nonce of the card whose calls it goes through."""


def place_of(content: CardContent, page: int = 1) -> ViewPlace:
    """Return what a modal that shows *content* remembers."""
    return ViewPlace(
        request_id=content.request.id,
        nonce=content.card.nonce,
        digest=content.request.call.digest,
        page=page,
        others=len(content.alike),
    )


def write_place(place: ViewPlace) -> str:
    """Return the `private_metadata` of a modal: ids only, because anyone could read it."""
    return strict_json.write(
        {
            "digest": place.digest,
            "nonce": place.nonce,
            "others": place.others,
            "page": place.page,
            "request": place.request_id,
            "walk": place.walk,
        }
    )


def read_place(private_metadata: str) -> ViewPlace:
    """Read what `write_place` wrote.

    Raises:
        CardMismatch: it is not exactly that.
    """
    try:
        stored = strict_json.read(private_metadata)
    except errors.InvalidJson:
        raise errors.CardMismatch from None
    if not isinstance(stored, dict) or stored.keys() | _OF_LATER_RELEASES != _REMEMBERED:
        raise errors.CardMismatch
    page, digest, others = stored["page"], stored.get("digest"), stored.get("others", 0)
    walk = stored.get("walk")
    words = [stored["request"], stored["nonce"], *([] if digest is None else [digest])]
    if (
        type(page) is not int
        or type(others) is not int
        or not (walk is None or isinstance(walk, str))
        or not all(isinstance(word, str) for word in words)
    ):
        raise errors.CardMismatch
    value = buttons.read_button_value(".".join(map(str, words)))
    return ViewPlace(
        request_id=value.request_id,
        nonce=value.nonce,
        digest=value.digest,
        page=page,
        others=others,
        walk=walk,
    )


def view_page(content: CardContent, page: int = 1) -> dict[str, Any]:
    """Return page *page* (from 1; drawn as the nearest there is) of the full view as a modal.

    *content* is that of the view's own card, whose nonce its buttons carry.
    """
    request, arguments = content.request, arguments_text(content.request)
    found = _pages(request, arguments)
    page = min(max(1, page), len(found))
    place = place_of(content, page)
    shown = found[page - 1]
    blocks = [
        rich_text(f"call:{request.id}", [*_call(content, page, len(found)), *shown]),
        *_claim(request, is_last=page == len(found)),
        *_notes(arguments, approve_follows=request.is_pending and page < len(found)),
        _turning(content, page=page, last=len(found)),
    ]
    return {
        "type": "modal",
        "callback_id": FULL_VIEW,
        "title": plain_text("Review the full call" if request.is_pending else "The full call"),
        "close": plain_text("Close"),
        "private_metadata": write_place(place),
        "blocks": blocks,
    }


def _pages(request: ApprovalRequest, arguments: ArgumentsText) -> list[tuple[Element, ...]]:
    """Return the difference, where one is declared, and then every argument."""
    whole = [(preformatted(page),) if page else () for page in pages(arguments)]
    different = difference_pages(request)
    if len(different) == len(whole) == 1 and arguments.fits_card:
        return [(*different[0], *whole[0])]
    return [*different, *whole]


def _call(content: CardContent, page: int, last: int) -> list[Element]:
    request = content.request
    start = f"{RISKS[request.requirement.risk]} · page {page} of {last} · "
    tool = code(shorten(one_line(request.call.tool), 1_000))
    drawn: list[Element] = [section(bold(start), tool, times(content))]
    if many := stands_for(content):
        drawn.append(section(*many))
    return drawn


def _claim(request: ApprovalRequest, *, is_last: bool) -> list[dict[str, Any]]:
    """Return what the agent says, labelled, where the card keeps it out of its channel."""
    if not (is_last and request.is_private and request.reason):
        return []
    return [rich_text(f"claim:{request.id}", claim(request))]


def _notes(arguments: ArgumentsText, *, approve_follows: bool) -> list[dict[str, Any]]:
    notes = ["Approve stands on the last page."] if approve_follows else []
    if arguments.hidden_characters:
        notes.append(
            f"⚠ {counted(arguments.hidden_characters, 'hidden character')} on all pages together, "
            "drawn as ⟦U+…⟧."
        )
    return [{"type": "context", "elements": [plain_text(note)]} for note in notes]


def _turning(content: CardContent, *, page: int, last: int) -> dict[str, Any]:
    request = content.request
    value = buttons.value_on(content)
    shown = []
    if page > 1:
        shown.append(buttons.button(buttons.VIEW_BACK, "Back", value))
    if page < last:
        shown.append(buttons.button(buttons.VIEW_NEXT, "Next page", value, style="primary"))
    elif request.is_pending:
        shown.append(approve_button(content, buttons.VIEW_APPROVE))
    if request.is_pending:
        shown.append(
            buttons.button(buttons.VIEW_REJECT, f"Reject{times(content)}", value, style="danger")
        )
    if not shown:
        text = plain_text("This request has ended; nothing can be decided here any more.")
        return {"type": "context", "elements": [text]}
    return cast("dict[str, Any]", {"type": "actions", "elements": shown})
