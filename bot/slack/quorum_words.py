"""A quorum in words: whose approvals a request needs, and how far they have come.

Used by cards, windows, notifications and private sentences, so that all of them say the same.
Names are the policy's own; callers escape what stands in mrkdwn.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from approvals.domain.decision import Decision, Verdict
from approvals.domain.display import one_line, shorten
from approvals.domain.question import is_named
from approvals.domain.quorum import Progress, Rules, progress
from approvals.domain.requirement import Slot
from approvals.operations.ports import CardContent
from bot.slack.rich_text import Element, bold, joined, moment, person, section

WORDS_MAX_CHARS = 300
NAME_MAX_CHARS = 80
PEOPLE_MAX = 30
_COUNTED_ANEW = (
    "That is enough if all of them may still approve, which has to be checked anew: "
    "one of them has to press Approve again."
)


def needs(rules: Rules) -> str:
    """Return whose approvals *rules* ask for; a rule that another one covers is left out."""
    return slots_in_words(progress(rules, ()).missing) or "an approval"


def slots_in_words(slots: Iterable[Slot]) -> str:
    """Return ``1 of sre and 2 of leads or owners``."""
    words = (f"{slot.count} of {_sets(slot)}" for slot in slots)
    return shorten(" and ".join(words), WORDS_MAX_CHARS)


def _sets(slot: Slot) -> str:
    """Name the sets of *slot*; whom a question names stands on its card, by mention."""
    own = [_name(each) for each in slot.of if not is_named(each)]
    return " or ".join([*own, *(["those it names"] if len(own) < len(slot.of) else [])])


def rules_of(content: CardContent) -> Rules:
    """Return whose approvals count: by the policy of now, else as it was asked."""
    return content.rules or content.request.requirement.slots_by_rule


def progress_of(content: CardContent) -> Progress:
    """Return how far the approvals that count have come."""
    return progress(rules_of(content), [each.sets for each in approvals(content)])


def so_far(content: CardContent) -> list[Element]:
    """Return who has approved a pending request and what is missing; empty before the first."""
    given = approvals(content)
    if not given:
        return []
    standing = [each for each in given if each.sets]
    gone = [each for each in given if not each.sets]
    state = progress_of(content)
    if content.request.held_until is not None:
        return [section(*_held(standing, content.request.held_until))]
    line: list[str | Element] = [bold(f"{state.filled} of {state.needed}: ")]
    if standing:
        line += ["approved by ", *_people(standing), ", " if state.missing else ". "]
    line.append(f"needs {slots_in_words(state.missing)}." if state.missing else _COUNTED_ANEW)
    if gone:
        line += [" No longer counted: ", *_people(gone), ", who may not approve any more."]
    return [section(*line)]


def _held(standing: Sequence[Decision], until: datetime) -> list[str | Element]:
    return [
        bold("Approved by "),
        *_people(standing),
        ". It runs ",
        moment(until, seconds=True),
        " unless somebody who may approve presses Stop.",
    ]


def approvals(content: CardContent) -> list[Decision]:
    """Return the approvals given, those that count no more included."""
    return [each for each in content.decisions if each.verdict is Verdict.APPROVE]


def _people(decisions: Sequence[Decision]) -> list[str | Element]:
    names = joined(([person(each.user)] for each in decisions[:PEOPLE_MAX]), ", ")
    more = len(decisions) - PEOPLE_MAX
    return [*names, f" and {more} more"] if more > 0 else names


def _name(text: str) -> str:
    return shorten(one_line(text), NAME_MAX_CHARS)
