"""The card of a burst: one line for each of its calls, and one button that reviews them all.

Drawn by `turn_card.message_blocks`. Nothing is decided on it and nothing of it is left out: each
call is read whole and decided on its own in the review (`digest_view`). ADR-0032.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from approvals.domain.display import one_line, shorten
from approvals.operations.ports import CardContent
from approvals.operations.read_card import asks_what_happened
from bot.slack import buttons
from bot.slack.alike_words import times
from bot.slack.card_actions import settling
from bot.slack.card_text import RISKS, call_in_words, counted, minutes_left
from bot.slack.cards import frozen, origin
from bot.slack.endings import ended_words, ran
from bot.slack.escaping import escape, plain_text
from bot.slack.hold_words import stop_actions, time_line
from bot.slack.quorum_words import progress_of
from bot.slack.rich_text import Element, bold, code, joined, rich_text, section
from bot.slack.shared_words import calling, shared_headline
from bot.slack.story import absences

CALL_MAX_CHARS = 100
"""Fifty calls, the most that share a card, stay within what Slack takes of all texts together."""
PRESSED_MAX = 15
"""So many rows of buttons have room; the next ones come when people have answered these."""


def digest_blocks(content: CardContent, now: datetime) -> list[dict[str, Any]]:
    """Return the blocks of the card."""
    waiting = [part for part in content.parts if part.request.is_pending]
    first = min(waiting, key=lambda part: part.request.expires_at, default=content)
    shared = [*absences(first), *frozen(first), *origin(first)]
    if waiting:
        shared.append(section(bold("First "), *time_line(first.request, now)[1:]))
    shared += calling(content)
    lines = [_line(part, now, number) for number, part in enumerate(content.parts, 1)]
    return [
        {
            "type": "header",
            "block_id": f"headline:{content.card.id}",
            "text": plain_text(escape(shared_headline(content))),
        },
        rich_text(f"burst:{content.card.id}", [*shared, section(*joined(lines, "\n"))]),
        *_pressing(content),
        _reviewing(content, len(waiting)),
        _footer(content),
    ]


def _line(part: CardContent, now: datetime, number: int) -> list[str | Element]:
    request = part.request
    call = shorten(one_line(call_in_words(request)), CALL_MAX_CHARS)
    if not request.is_pending:
        return [f"{number}. {ended_words(part)}{times(part)}{ran(part)} · ", code(call)]
    state = progress_of(part)
    come = f"{state.filled} of {state.needed} approved, " if state.needed > 1 else ""
    sign = "⏸ Approved, on hold" if request.is_held else RISKS[request.requirement.risk]
    start = f"{number}. {sign}{times(part)} · "
    return [bold(start), code(call), f" · {come}{minutes_left(request, now)}"]


def _pressing(content: CardContent) -> Iterator[dict[str, Any]]:
    """Offer Stop for what is held, and ask what became of the calls that were interrupted."""
    numbered = list(enumerate(content.parts, 1))
    held = [each for each in numbered if each[1].request.is_held]
    asked = [each for each in numbered if asks_what_happened(each[1])]
    for number, part in [*held, *asked][:PRESSED_MAX]:
        is_held = part.request.is_held
        words = (
            f"⏸ Call {number} is approved, on hold" if is_held else f"What became of call {number}?"
        )
        yield rich_text(f"part:{part.request.id}", [section(bold(words))])
        yield stop_actions(part) if is_held else settling(part)


def _reviewing(content: CardContent, waiting: int) -> dict[str, Any]:
    value = buttons.value_on(content)
    if not waiting:
        drawn = buttons.button(buttons.REVIEW_ALL, "Read the calls…", value)
    else:
        label = f"Review {counted(waiting, 'call')}…"
        drawn = buttons.button(buttons.REVIEW_ALL, label, value, style="primary")
    return buttons.row(f"review:{content.card.id}", drawn)


def _footer(content: CardContent) -> dict[str, Any]:
    words = f"Card of request {content.card.request_id} · each call is read and decided on its own"
    return {
        "type": "context",
        "block_id": f"footer:{content.card.id}",
        "elements": [plain_text(words)],
    }
