"""`/approvals`: what waits for whoever asks, in all channels."""

from approvals.operations.read_waiting import waiting_for
from bot.slack.card_text import counted
from bot.slack.rich_text import bold, code
from bot.slack.verbs.freezing import frozen_line
from bot.slack.verbs.lines import pending_line
from bot.slack.verbs.reply import Line, Reply, told
from bot.slack.verbs.verb import Asked, Verb, nothing_more

LISTED_MAX = 15
INCOMPLETE = (
    "Some could not be judged: Slack did not say just now who is in which group, or too many wait. "
    "Try again in a moment."
)


async def _answer(asked: Asked) -> Reply:
    nothing_more(asked)
    waiting = await waiting_for(asked.desk, asked.reader)
    now, count = asked.desk.clock.now(), len(waiting.requests)
    shown = waiting.requests[:LISTED_MAX]
    lines: list[Line] = [frozen_line(each) for each in await asked.desk.store.freezes()]
    lines.append(_headline(count, waiting.pending))
    lines += [pending_line(each, now, is_here=each.channel == asked.channel) for each in shown]
    if count > len(shown):
        lines.append([f"and {count - len(shown)} that close later."])
    if shown:
        show = code(f"{asked.command} show ID")
        lines.append(["Decide on their cards or in my Home tab. ", show, " tells all about one."])
    if not waiting.is_complete:
        lines.append([INCOMPLETE])
    return told(lines)


def _headline(count: int, pending: int) -> Line:
    if count:
        verb = "waits" if count == 1 else "wait"
        return [bold(f"{counted(count, 'request')} {verb} for you"), ", first to close first:"]
    if pending:
        others = counted(pending, "request")
        return [bold("Nothing waits for you."), f" {others} wait{'s' * (pending == 1)} for others."]
    return [bold("Nothing waits for you"), ", nor for anybody else."]


WAITING = Verb(
    name="waiting",
    does="lists what waits for you, in all channels (so does the command alone)",
    details=(
        "What waits for you is what you could approve now: by the policy and the groups of this "
        "moment, without what was asked by or for you, and without what you have approved."
    ),
    answer=_answer,
)
