"""What every card says that several calls share, whether they are of one turn or of a burst.

Used by `turn_card`, `digest_card` and the review of a burst.
"""

from datetime import datetime

from approvals.domain.display import one_line, shorten
from approvals.domain.followed_up import NOTHING_YET
from approvals.domain.people import PeopleSet
from approvals.operations.ports import CardContent
from bot.slack.alike_words import stands_for
from bot.slack.ask_back_words import so_far_line
from bot.slack.calling import audience_of, called
from bot.slack.card_text import RISKS, counted
from bot.slack.cards import rules
from bot.slack.followed_up_words import escalated_story, followed_up_in_words
from bot.slack.hold_words import time_line
from bot.slack.quorum_words import needs, rules_of
from bot.slack.rich_text import Element, bold, section

MESSAGE_OF_POLICY_MAX_CHARS = 150


def shared_headline(content: CardContent) -> str:
    """Return the first line of a card that several calls share: the highest risk, how many wait."""
    shown = [each for part in content.parts for each in part.shown]
    waiting = [each for each in shown if each.is_pending]
    calls = counted(len(shown), "call")
    what = "on one card" if content.is_digest else "of one turn"
    if not waiting:
        return f"{calls} {what}, all ended"
    risk = max((each.requirement.risk for each in waiting), key=list(RISKS).index)
    wait = "all" if len(waiting) == len(shown) else f"{len(waiting)}"
    return f"{RISKS[risk]} · {calls} {what}, {wait} to decide"


def calling(content: CardContent) -> list[Element]:
    """Return whom the card calls: who is notified, or whom its rung of an escalation asks."""
    told = next((said for part in content.parts if (said := escalated_story(part))), None)
    if told is not None:
        return told
    people = called_by(content)
    return [section(bold("Calls "), *called(audience_of(people)))] if people else []


def called_by(content: CardContent) -> list[PeopleSet]:
    """Return whom the card calls, for whichever of its calls."""
    return list(dict.fromkeys(each for part in content.parts for each in part.called))


def part_lines(part: CardContent, now: datetime) -> list[list[str | Element]]:
    """Return by which rules a part is asked, what it needs and until when, line by line."""
    request = part.request
    lines: list[list[str | Element]] = [[bold("Rule "), *rules(request.requirement)]]
    if request.requirement.message:
        said = shorten(one_line(request.requirement.message), MESSAGE_OF_POLICY_MAX_CHARS)
        lines.append([bold("Policy says "), said])
    if request.is_pending:
        lines += [each for each in [stands_for(part)] if each]
        if not request.is_held:
            lines.append([bold("Needs "), needs(rules_of(part))])
        lines.append(time_line(request, now))
    if request.followed_up != NOTHING_YET:
        lines.append([bold("So far "), *followed_up_in_words(request)])
    if request.asking_back.asked:
        lines.append(so_far_line(request))
    return lines
