"""The review of a burst: its calls one after the other, each whole and decided on its own.

A full view of one call at a time, with what a card would say of it and the way to the next one. Its
buttons are those of every full view, so nothing is decided here that is not decided there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from approvals.domain.ids import RequestId, UserId
from approvals.operations.ports import CardContent
from bot.slack import buttons
from bot.slack.card_actions import undecided
from bot.slack.cards import claim, frozen, origin
from bot.slack.escaping import cut, plain_text
from bot.slack.full_view import read_place, view_page, write_place
from bot.slack.rich_text import joined, rich_text, section
from bot.slack.shared_words import part_lines

DIGEST_VIEW = "sayso:digest_view"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Where a review stands among the calls of its card."""

    number: int
    """Of the call it shows, from 1."""
    total: int
    following: RequestId | None
    """The next call the reader may have a say in, or else read; None where there is no other."""
    left: int
    """How many calls the reader may have a say in."""
    card_nonce: str
    """Of the card whose calls these are."""


def walk_at(
    parts: Sequence[CardContent], request_id: RequestId | None, reader: UserId
) -> tuple[CardContent, Walk]:
    """Return the part that shows this request, else the first to decide, and where it stands."""
    waiting = [each for each in parts if _waits_for(each, reader)]
    named = [each for each in parts if any(one.id == request_id for one in each.shown)]
    here = [*named, *waiting, *parts][0]
    at = parts.index(here)
    after = [*parts[at + 1 :], *parts[:at]]
    following = [each for each in after if each in waiting or not waiting][:1]
    return here, Walk(
        number=at + 1,
        total=len(parts),
        following=following[0].request.id if following else None,
        left=len(waiting),
        card_nonce=parts[0].card.nonce,
    )


def review_page(
    content: CardContent, walk: Walk, *, now: datetime, page: int = 1, said: str = ""
) -> dict[str, Any]:
    """Return page *page* of the call in *content* as a modal.

    *content* is that of the view's own card; *said*, mrkdwn, tells what the last button did.
    """
    request = content.request
    drawn = view_page(content, page)
    call, *rest = drawn["blocks"]
    facts = [*origin(content), section(*joined(part_lines(content, now), "\n"))]
    if request.reason:
        facts = [*claim(request), *facts]
    blocks = [call, rich_text(f"facts:{request.id}", [*frozen(content), *facts]), *rest]
    if said:
        told = {"type": "mrkdwn", "text": cut(said, 3_000), "verbatim": True}
        blocks.insert(0, {"type": "section", "block_id": "said", "text": told})
    if row := [*_onward(content, walk), *(undecided(content) if request.is_pending else [])]:
        blocks.append(buttons.row(f"walk:{request.id}", *row))
    title = plain_text(f"Call {walk.number} of {walk.total}")
    place = replace(read_place(drawn["private_metadata"]), walk=walk.card_nonce)
    return {
        **drawn,
        "callback_id": DIGEST_VIEW,
        "title": title,
        "blocks": blocks,
        "private_metadata": write_place(place),
    }


def _onward(content: CardContent, walk: Walk) -> list[dict[str, Any]]:
    if walk.following is None:
        return []
    label = "Skip to the next call" if content.request.is_pending else "Next call"
    return [buttons.button(buttons.NEXT_CALL, label, buttons.value_on(content))]


def _waits_for(part: CardContent, reader: UserId) -> bool:
    """Whether *reader* has not had their say about a call that is open."""
    return part.request.is_pending and all(each.user != reader for each in part.decisions)
