"""`/approvals mine`, `history`, `stats`: what was asked for you, what ended here, in numbers."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.display import one_line, shorten
from approvals.domain.look_errors import MisusedVerb
from approvals.operations.check_reader import fit_reader, refuse_outsider
from approvals.operations.snapshot import Ending
from bot.slack.card_text import (
    call_in_words,
    counted,
    length,
    minutes_left,
)
from bot.slack.endings import ended_words_of, ending_words
from bot.slack.rich_text import bold, channel, code, person
from bot.slack.verbs.reply import Line, Reply, told
from bot.slack.verbs.verb import Asked, Verb, nothing_more

LISTED_MAX = 15
DAYS, DAYS_MAX = 7, 90
COUNTED_MAX = 10_000
_TOOLS_MAX = 5


async def _mine(asked: Asked) -> Reply:
    nothing_more(asked)
    await fit_reader(asked.desk, asked.reader)
    user = asked.reader.user
    found = await asked.desk.store.look(
        lambda snapshot: snapshot.asked_for(user, limit=LISTED_MAX + 1)
    )
    if not found:
        return told([[bold("Nothing was asked by you or for you.")]])
    now = asked.desk.clock.now()
    return told([[bold("Asked by you or for you"), ", newest first:"], *_listed(found, now)])


async def _history(asked: Asked) -> Reply:
    nothing_more(asked)
    here = asked.channel
    await refuse_outsider(asked.desk, asked.reader, here)
    found = await asked.desk.store.look(
        lambda snapshot: snapshot.recent(here, limit=LISTED_MAX + 1)
    )
    if not found:
        return told([[bold("Nothing has ended in this channel yet.")]])
    now = asked.desk.clock.now()
    return told([[bold("Ended in this channel"), ", newest first:"], *_listed(found, now)])


async def _stats(asked: Asked) -> Reply:
    days = _days(asked)
    here = asked.channel
    await refuse_outsider(asked.desk, asked.reader, here)
    since = asked.desk.clock.now() - timedelta(days=days)
    found = await asked.desk.store.look(
        lambda snapshot: snapshot.endings(here, since=since, limit=COUNTED_MAX)
    )
    when = "in the last day" if days == 1 else f"in the last {days} days"
    if not found:
        return told([[bold(f"Nothing was asked here {when}.")]])
    return told(_numbers(found, when))


def _listed(found: Sequence[ApprovalRequest], now: datetime) -> list[Line]:
    lines = [_line(request, now) for request in found[:LISTED_MAX]]
    if len(found) > LISTED_MAX:
        lines.append([f"and older ones; the newest {LISTED_MAX} are shown."])
    return lines


def _line(request: ApprovalRequest, now: datetime) -> Line:
    start: Line = ["• ", code(request.short_id), f" {call_in_words(request)} in "]
    where = [*start, channel(request.channel), " – "]
    if request.is_pending or request.ended_at is None:
        return [*where, f"pending, {minutes_left(request, now)}"]
    by: Line = [" by ", person(request.ended_by)] if request.ended_by else []
    return [*where, ended_words_of(request), *by, f", {length(now - request.ended_at)} ago"]


def _numbers(found: Sequence[Ending], when: str) -> list[Line]:
    decided = [each.took for each in found if each.took is not None and _by_people(each)]
    more = " at least" if len(found) >= COUNTED_MAX else ""
    lines: list[Line] = [[bold(f"{counted(len(found), 'request')}{more} {when}"), ":"]]
    endings = Counter(_words(each) for each in found)
    lines += [[f"• {words}: {number:,}"] for words, number in endings.most_common()]
    if decided:
        middle = timedelta(seconds=median(took.total_seconds() for took in decided))
        lines.append([f"People took {length(middle)} in the middle."])
    tools = Counter(each.tool for each in found).most_common(_TOOLS_MAX)
    names = [f"{shorten(one_line(tool), 60)} ({number:,})" for tool, number in tools]
    return [*lines, [f"Asked most: {', '.join(names)}."]]


def _words(ending: Ending) -> str:
    return ending_words(ending.status, ending.cause) if ending.cause else "⏳ Pending"


def _by_people(ending: Ending) -> bool:
    return ending.cause in (Cause.PEOPLE, Cause.PERSON)


def _days(asked: Asked) -> int:
    if not asked.words:
        return DAYS
    text = asked.words[0].text
    is_number = text.isascii() and text.isdecimal() and len(text) <= 4
    if len(asked.words) > 1 or not is_number or not 1 <= int(text) <= DAYS_MAX:
        raise MisusedVerb(f"Give a number of days, from 1 to {DAYS_MAX}.")
    return int(text)


MINE = Verb(
    name="mine",
    does="lists what was asked by you or for you, in all channels, and how it went",
    answer=_mine,
)
HISTORY = Verb(
    name="history",
    does="lists what has ended in this channel",
    details="Members of the channel see it.",
    answer=_history,
)
STATS = Verb(
    name="stats",
    usage="[DAYS]",
    does=f"counts how this channel's requests ended, in the last {DAYS} days if you say no number",
    details=f"At most {DAYS_MAX} days. Members of the channel see it.",
    answer=_stats,
)
