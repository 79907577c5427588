"""`/approvals list`: everything that is pending in this channel."""

from collections.abc import Sequence

from approvals.domain.approval_request import ApprovalRequest
from approvals.operations.check_reader import refuse_outsider
from bot.slack.card_text import counted
from bot.slack.rich_text import bold
from bot.slack.verbs.lines import pending_line
from bot.slack.verbs.reply import Line, Reply, told
from bot.slack.verbs.verb import Asked, Verb, nothing_more

LISTED_MAX = 15


async def _answer(asked: Asked) -> Reply:
    nothing_more(asked)
    channel = asked.channel
    await refuse_outsider(asked.desk, asked.reader, channel)

    found: tuple[int, Sequence[ApprovalRequest]] = await asked.desk.store.look(
        lambda snapshot: (
            snapshot.count_pending(channel),
            snapshot.pending(limit=LISTED_MAX, channel=channel),
        )
    )
    count, shown = found
    if not count:
        return told([[bold("Nothing is pending in this channel.")]])
    verb = "is" if count == 1 else "are"
    start: Line = [
        bold(f"{counted(count, 'request')} {verb} pending here"),
        ", first to close first:",
    ]
    now = asked.desk.clock.now()
    lines: list[Line] = [start]
    lines += [pending_line(each, now, is_here=True) for each in shown]
    if count > len(shown):
        lines.append([f"and {count - len(shown)} that close later."])
    return told(lines)


LIST = Verb(
    name="list",
    does="lists what is pending in this channel, whoever it waits for",
    details="Members of the channel see it.",
    answer=_answer,
)
