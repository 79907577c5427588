"""What the clock has done about a request, in words: reminders sent, rungs of its escalation.

Drawn by cards, and by Details. Names of people sets are the policy's own.
"""

from collections.abc import Iterator

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import CardKind
from approvals.domain.display import one_line, shorten
from approvals.domain.followed_up import FiredRung
from approvals.operations.ports import CardContent
from bot.slack.calling import audience_of, called
from bot.slack.card_text import length
from bot.slack.rich_text import Element, bold, channel, joined, moment, person, section

NAMES_MAX_CHARS = 120
RUNGS_MAX = 5
"""How many of the latest rungs are told."""
EXTENSIONS_MAX = 3
"""How many of the latest extensions are told."""


def followed_up_in_words(request: ApprovalRequest) -> list[str | Element]:
    """Return ``reminded 2×, last …; escalated to leads …``."""
    return [*joined(_facts(request), "; "), "."]


def _facts(request: ApprovalRequest) -> Iterator[list[str | Element]]:
    facts = request.followed_up
    if facts.reminded_at is not None:
        last = ", last " if facts.reminders > 1 else " "
        yield [f"reminded {facts.reminders}×{last}", moment(facts.reminded_at)]
    for fired in facts.rungs[-RUNGS_MAX:]:
        yield [*_escalated(fired), *_trouble(fired)]
    for extended in facts.extensions[-EXTENSIONS_MAX:]:
        yield ["given more time by ", person(extended.by), ", until ", moment(extended.until)]


def escalated_story(content: CardContent) -> list[Element]:
    """Return whom an escalation's card asks, and why; empty on other cards and once it is over."""
    request, card = content.request, content.card
    fired = request.followed_up.rung_of(card.id)
    if card.kind is not CardKind.ESCALATION or fired is None or not request.is_pending:
        return []
    waited = length(fired.rung.after)
    mentions = called(audience_of(content.called)) or [_names(fired)]
    return [
        section(
            bold("⏫ Escalated. "),
            f"Not decided within {waited}. ",
            *mentions,
            " may decide it too.",
        )
    ]


def _escalated(fired: FiredRung) -> list[str | Element]:
    where: list[str | Element] = [" in ", channel(fired.rung.channel)] if fired.rung.channel else []
    if fired.rung.webhook:
        where = [f" through {one_line(fired.rung.webhook)}"]
    return [f"escalated to {_names(fired)}", *where, " ", moment(fired.at)]


def _trouble(fired: FiredRung) -> list[str | Element]:
    if fired.trouble is None:
        return []
    trouble = one_line(fired.trouble)
    if fired.rung.webhook:
        return [f", which has not been told so far ({trouble})"]
    return [f", who could not be asked there (Slack says {trouble})"]


def _names(fired: FiredRung) -> str:
    return shorten(", ".join(map(one_line, fired.rung.to)), NAMES_MAX_CHARS)
