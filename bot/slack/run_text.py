"""The words of a run: its status line, how far it has come, and the message's `text` for phones.

Pure functions of `RunContent`; used by its messages and by the private answers of `/agent status`
and `/agent list`. What a person or an agent wrote stands quoted or cut, never parsed.
"""

from datetime import datetime

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.display import one_line, shorten
from approvals.domain.run import Run, RunStatus
from approvals.operations.run_messenger import RunContent
from bot.slack.card_text import counted, length
from bot.slack.cards import approvals_needed
from bot.slack.escaping import untrusted
from bot.slack.rich_text import Element, bold, channel, code, joined, moment, person

WAITS_MAX = 5
REASON_MAX_CHARS = 500
NAME_MAX_CHARS = 80
PHONE_MAX_CHARS = 110
_SIGNS = {
    RunStatus.QUEUED: "⏳",
    RunStatus.RUNNING: "▶",
    RunStatus.PAUSED: "⏸",
    RunStatus.SUCCEEDED: "💬",
    RunStatus.FAILED: "❌",
    RunStatus.CANCELLED: "🚫",
}


def status_words(run: Run, now: datetime) -> str:
    """Return where a run stands in a few plain words, with a sign; nothing untrusted in them."""
    sign = _SIGNS[run.status]
    match run.status:
        case RunStatus.QUEUED:
            return f"{sign} queued"
        case RunStatus.RUNNING:
            return f"{sign} running, {_step(run)}"
        case RunStatus.PAUSED:
            return f"{sign} waiting"
        case RunStatus.SUCCEEDED:
            return f"{sign} answered {spent(run, now)}"
        case RunStatus.FAILED:
            return f"{sign} failed {spent(run, now)}"
        case RunStatus.CANCELLED:
            return f"{sign} cancelled {spent(run, now)}"


def status_line(content: RunContent, now: datetime) -> list[str | Element]:
    """Return the root message's line: where the run stands, and what it waits for."""
    run = content.run
    words: list[str | Element] = [bold(_capital(status_words(run, now)))]
    if run.status is RunStatus.RUNNING:
        words += [": ", code(_name(run.activity))] if run.activity else [": thinking"]
    if run.status is RunStatus.CANCELLED and run.ended_by:
        words += [" by ", person(run.ended_by)]
    if run.status is RunStatus.FAILED and run.reason:
        words += [": ", shorten(one_line(run.reason), REASON_MAX_CHARS)]
    return joined([words, *(["• ", *each] for each in waits(content))], "\n")


def spent(run: Run, now: datetime) -> str:
    """Return the time and the tokens a run has taken: `after 3 min 2 s, 1,234 tokens`."""
    took = (run.ended_at or now) - run.created_at
    tokens = f", {counted(run.tokens, 'token')}" if run.tokens else ""
    return f"after {length(took)}{tokens}"


def phone_text(content: RunContent, now: datetime) -> str:
    """Return the root message's `text`, escaped: who asked what of whom, and where it stands."""
    run = content.run
    start = f"{_capital(status_words(run, now))}: "
    who = f"<@{run.starter}> asked {untrusted(run.agent, 30)}: "
    return start + who + untrusted(run.task, PHONE_MAX_CHARS)


def waits(content: RunContent, *, most: int = WAITS_MAX) -> list[list[str | Element]]:
    """Return for whom a run waits and until when, a line for each of at most *most* calls."""
    if content.run.has_ended:
        return []
    lines = [_wait(content, request) for request in content.requests[:most]]
    more = len(content.requests) - most
    return [*lines, [f"and {more} more"]] if more > 0 else lines


def _wait(content: RunContent, request: ApprovalRequest) -> list[str | Element]:
    tool = code(_name(request.call.tool))
    if request.is_pending:
        needs = approvals_needed(request.requirement)
        line: list[str | Element] = ["waits for ", needs, " to decide ", tool]
        return [*line, *_where(content, request), " until ", moment(request.expires_at)]
    if request.id in content.interrupted:
        asks = ": somebody has to say on its card what became of it"
        return [tool, " was interrupted", *_where(content, request), asks]
    return [tool, " is approved and runs next"]


def _where(content: RunContent, request: ApprovalRequest) -> list[str | Element]:
    """Name the card's channel only where it is not the one the task is told in."""
    return [] if request.channel == content.run.channel else [" in ", channel(request.channel)]


def _step(run: Run) -> str:
    return f"step {run.steps + 1}"


def _name(text: str | None) -> str:
    return shorten(one_line(text or "?"), NAME_MAX_CHARS)


def _capital(words: str) -> str:
    sign, rest = words.split(" ", 1)
    return f"{sign} {rest[0].upper()}{rest[1:]}"
