"""The words of a card that stands for several identical calls: how many, and how each went.

Used by cards, windows, notifications and replies, so that all of them count alike.
"""

from collections import Counter

from approvals.domain.approval_request import Status
from approvals.domain.decision import Verdict
from approvals.domain.inquiry import is_inquiry
from approvals.operations.ports import Alike, CardContent
from bot.slack.endings import how_it_went
from bot.slack.rich_text import Element, bold, section


def times(content: CardContent) -> str:
    """Return `` ×37``: how many calls a click decides, or how many were decided; empty for one."""
    if not content.alike:
        return ""
    number = len([each for each in content.shown if each.is_pending]) or len(content.shown)
    return f" ×{number}" if number > 1 else ""


def times_decided(content: CardContent, verdict: Verdict) -> str:
    """Return the same for how many calls a decision stands that was told of this card."""
    ends_as = Status.APPROVED if verdict is Verdict.APPROVE else Status.REJECTED
    number = len([each for each in content.shown if each.is_pending or each.status is ends_as])
    return f" ×{number}" if number > 1 else ""


def stands_for(content: CardContent) -> list[str | Element]:
    """Return what the buttons of a pending card decide, where that is more than one call."""
    waiting = [each for each in content.shown if each.is_pending]
    if len(waiting) < 2:
        return []
    if is_inquiry(content.request.call):
        told = f"{len(waiting)} identical questions. One answer is given to each of them."
        return [bold("Stands for "), told]
    return [
        bold("Stands for "),
        f"{len(waiting)} identical calls. Approve lets each of them run once, Reject none of them.",
    ]


def tally(content: CardContent) -> list[Element]:
    """Return how the calls of the card went that have ended, where there are several."""
    words = counts(content) if content.alike else ""
    if not words:
        return []
    return [section(bold(f"Of {len(content.shown)} identical calls: "), f"{words}.")]


def counts(content: CardContent) -> str:
    """Return how many calls of the card ended in which way, the most frequent first."""
    ended = [each for each in _each(content) if not each.request.is_pending]
    counted = Counter(how_it_went(each.request, each.permit) for each in ended)
    return ", ".join(f"{number} {how}" for how, number in counted.most_common())


def _each(content: CardContent) -> tuple[Alike, ...]:
    return (Alike(request=content.request, permit=content.permit), *content.alike)
