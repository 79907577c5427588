"""A card that several calls of one turn share: each a part with its facts and its own buttons.

Called by the messenger, which draws every card through here. A part shows its call whole (only such
calls share a card); where people's words and results leave no room for that, all parts are drawn
briefly, and Approve gives way to the full view.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import CardKind
from approvals.domain.display import one_line, shorten
from approvals.operations.ports import CardContent
from approvals.operations.read_card import asks_what_happened
from bot.slack.alike_words import tally, times
from bot.slack.calling import audience_of, called_in_text
from bot.slack.card_actions import actions, reading, settling
from bot.slack.card_text import RISKS, call_in_words, minutes_left, notification_text
from bot.slack.cards import call_elements, card_blocks, claim, footer, frozen, origin
from bot.slack.digest_card import digest_blocks
from bot.slack.endings import ended_words, ran
from bot.slack.escaping import escape, plain_text
from bot.slack.rich_text import Element, bold, code, joined, rich_text, section
from bot.slack.shared_words import called_by, calling, part_lines, shared_headline
from bot.slack.story import absences, story

MESSAGE_MAX_CHARS = 9_500
"""What Slack takes of all texts together is about 12,000, the marks around them included."""
TEXT_MAX_CHARS = 300
TOOL_MAX_CHARS = 200


def message_blocks(content: CardContent, now: datetime) -> list[dict[str, Any]]:
    """Return the blocks of a card, whether one call stands on it or several."""
    if not content.beside:
        return card_blocks(content, now)
    if content.is_digest:
        return digest_blocks(content, now)
    whole = turn_blocks(content, now, briefly=False)
    fits = sum(map(text_chars, whole)) <= MESSAGE_MAX_CHARS
    return whole if fits else turn_blocks(content, now, briefly=True)


def message_text(content: CardContent, now: datetime) -> str:
    """Return the message's `text`, escaped."""
    if not content.beside:
        return notification_text(content, now)
    waiting = [part for part in content.parts if part.request.is_pending]
    calls = ", ".join(call_in_words(part.request) for part in waiting or content.parts)
    sign = "⏫ " if waiting and content.card.kind is CardKind.ESCALATION else ""
    start = sign + shared_headline(content)
    if waiting:
        first = min(waiting, key=lambda part: part.request.expires_at)
        start += f" {minutes_left(first.request, now)}"
    told = escape(shorten(f"{start}: {calls}", TEXT_MAX_CHARS))
    return told + called_in_text(audience_of(called_by(content)))


def text_chars(drawn: Any) -> int:
    """Return how many characters of text stand in blocks or parts of them."""
    if isinstance(drawn, list):
        return sum(map(text_chars, drawn))
    if not isinstance(drawn, dict):
        return 0
    own = drawn.get("text")
    inner = sum(text_chars(value) for key, value in drawn.items() if key != "value")
    return inner + (len(own) if isinstance(own, str) else 0)


def turn_blocks(content: CardContent, now: datetime, *, briefly: bool) -> list[dict[str, Any]]:
    """Return the blocks of all parts; drawn *briefly* they show no arguments and no results."""
    first = next((part for part in content.parts if part.request.is_pending), content)
    header = plain_text(escape(shared_headline(content)))
    shared = [*absences(first), *frozen(first), *origin(first)]
    shared += calling(content)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "block_id": f"headline:{content.card.id}", "text": header},
        rich_text(f"turn:{content.card.id}", shared),
    ]
    for number, part in enumerate(content.parts, 1):
        blocks += [{"type": "divider"}, *_part_blocks(part, now, number=number, briefly=briefly)]
    return blocks


def _part_blocks(
    part: CardContent, now: datetime, *, number: int, briefly: bool
) -> Iterator[dict[str, Any]]:
    request = part.request
    shows_all, call = (False, []) if briefly else call_elements(request)
    told = [section(bold(_title(part, number))), *(call or [_tool(request)])]
    if request.reason and not briefly:
        told += claim(request)
    told += [] if briefly else [*story(part), *tally(part)]
    told.append(section(*joined(part_lines(part, now), "\n")))
    yield rich_text(f"part:{request.id}", told)
    if request.is_pending:
        yield actions(part, shows_all=shows_all)
    elif asks_what_happened(part):
        yield settling(part)
    elif briefly:
        yield reading(part)
    yield footer(part)


def _title(part: CardContent, number: int) -> str:
    request = part.request
    if not request.is_pending:
        return f"{number}. {ended_words(part)}{times(part)}{ran(part)}"
    state = "⏸ Approved, on hold" if request.is_held else RISKS[request.requirement.risk]
    return f"{number}. {state}{times(part)}"


def _tool(request: ApprovalRequest) -> Element:
    return section(bold("Tool "), code(shorten(one_line(request.call.tool), TOOL_MAX_CHARS)))
