"""What people are told privately about agent tasks: started, refused, how it stands, how to ask.

mrkdwn; everything people or agents wrote is escaped here. Called by the command, mentions, the
form and the buttons of a run.
"""

from collections.abc import Sequence
from datetime import datetime

from approvals.domain import errors, run_errors
from approvals.domain.run import Run, RunNote, RunStatus
from approvals.operations.run_messenger import RunContent
from bot.slack.agent_choice import listed as listed_agents
from bot.slack.card_text import counted, length
from bot.slack.command_words import Verb
from bot.slack.escaping import escape, untrusted
from bot.slack.rich_text import as_mrkdwn
from bot.slack.run_text import status_line, status_words, waits

LISTED_MAX = 10
_WAITS_LISTED_MAX = 2
CANCELLED = "🚫 `{id}` is cancelled. What it asked is withdrawn."
NO_TASKS = "There are no agent tasks in this channel yet."
NOTHING_DONE = "Nothing was started or changed."
NOT_SAVED = (
    "⚠ Sayso cannot store anything just now, so nothing was started or changed ({code}). "
    "Try again in a moment."
)
MENTION_FIRST = (
    "Begin the message with my name and say what to do: `@{name} restart the checkout service`. "
    "Nothing was started."
)
USAGE = {
    Verb.RUN: (
        "`{c} run TASK [key=value …]` starts a task (`{c} TASK` is the same); `agent=NAME` chooses "
        "the agent, other keys at the end are handed to it as they are"
    ),
    Verb.STATUS: "`{c} status [ID]` tells how a task stands, yours if you name none",
    Verb.LIST: "`{c} list` lists the tasks of this channel",
    Verb.CANCEL: "`{c} cancel ID` cancels a task and withdraws what it asks",
    Verb.CONTINUE: (
        "`{c} continue ID WORDS` says more to a task; one that has ended goes on as a new one"
    ),
    Verb.HELP: "`{c} help [VERB]` shows this",
}
_NOBODY_WORDS = (
    "Words never approve anything: what needs a say-so is decided with the buttons of its card."
)


def help_text(
    command: str, *, about: Verb | None, mistake: str | None, agents: Sequence[str]
) -> str:
    """Return how to use the command; *mistake* comes first, *agents* are those of this channel."""
    verbs = [about] if about else list(USAGE)
    lines = [f"• {USAGE[verb].format(c=command)}" for verb in verbs]
    if mistake:
        lines.insert(0, f"{mistake} {NOTHING_DONE}")
    if about in (None, Verb.RUN):
        names = (
            f"Agents here: {listed_agents(agents)}." if agents else "No agent may be started here."
        )
        lines.append(names)
    if about is None:
        lines.append(_NOBODY_WORDS)
    return "\n".join(lines)


def thread_help(name: str, run: Run) -> str:
    """Return what can be said to us in the thread of a task."""
    goes_on = "starts it again with them" if run.has_ended else "says more to it, at its next step"
    lines = [
        f"This is the thread of task `{run.short_id}`. Here:",
        f"• `{name} WORDS` {goes_on}",
        f"• `{name} status` tells how it stands",
        *(() if run.has_ended else (f"• `{name} cancel` cancels it and withdraws what it asks",)),
        f"• `{name} list` lists the tasks of this channel",
        "A new task is started outside of this thread.",
        _NOBODY_WORDS,
    ]
    return "\n".join(lines)


def queued(run: Run) -> str:
    """Return what the starter of a new run is told."""
    goes_on = " It goes on where the task before it ended." if run.continues else ""
    return (
        f"Queued as `{run.short_id}` for {untrusted(run.agent, 80)}.{goes_on} "
        "Everything else is told in its thread."
    )


def kept(note: RunNote) -> str:
    """Return what somebody is told whose words a run will read."""
    return (
        f"`{note.run_id[-6:]}` reads this at its next step. It decides nothing: "
        "what waits for a say-so is decided with the buttons of its card."
    )


def status_of(content: RunContent, now: datetime) -> str:
    """Return how one run stands."""
    run = content.run
    when = f"{length(now - run.created_at)} ago"
    who = f"`{run.short_id}` – {untrusted(run.agent, 80)}, asked by <@{run.starter}> {when}: "
    parts = [who + untrusted(run.task, 200), as_mrkdwn(status_line(content, now))]
    if run.has_ended:
        parts.append(f"{counted(run.steps, 'step')} in all.")
    elif run.steps or run.tokens:
        parts.append(f"{counted(run.steps, 'step')}, {counted(run.tokens, 'token')} so far.")
    if run.status is RunStatus.SUCCEEDED:
        parts.append("The answer stands in its thread.")
    return "\n".join(parts)


def listed(contents: Sequence[RunContent], now: datetime) -> str:
    """Return the runs of a channel, those that have not ended first, with whom they wait for."""
    if not contents:
        return NO_TASKS
    lines = [line for content in contents[:LISTED_MAX] for line in _listed(content, now)]
    if len(contents) > LISTED_MAX:
        lines.append(f"and older ones; the newest {LISTED_MAX} are shown.")
    return "\n".join(lines)


def _listed(content: RunContent, now: datetime) -> list[str]:
    run = content.run
    line = (
        f"• `{run.short_id}` {status_words(run, now)} – <@{run.starter}> "
        f"{length(now - run.created_at)} ago: {untrusted(run.task, 80)}"
    )
    waiting = waits(content, most=_WAITS_LISTED_MAX)
    return [line, *(f"      ◦ {as_mrkdwn(each)}" for each in waiting)]


def refused(refusal: errors.Refusal) -> str:
    """Return what somebody is told whose wish about a task was refused."""
    if isinstance(refusal, run_errors.NoSuchAgent):
        return f"{refusal.message} {NOTHING_DONE}"
    if isinstance(refusal, errors.StoreUnavailable):
        return NOT_SAVED.format(code=escape(refusal.code))
    if isinstance(refusal, run_errors.RunEnded):
        return _ended(refusal)
    if isinstance(refusal, errors.CardMismatch):
        return (
            "This button does not belong to the message that was posted for the task. "
            f"{NOTHING_DONE} Use `cancel` with the task's id."
        )
    return f"{untrusted(_REASONS.get(refusal.code, refusal.message), 1_000)} {NOTHING_DONE}"


_REASONS = {
    errors.GuestMayNotDecide.code: "Guests of the workspace may not start or steer agent tasks.",
    errors.ExternalMayNotDecide.code: (
        "People of another organisation may not start or steer agent tasks."
    ),
    errors.BotMayNotDecide.code: "Bots and workflows may not start or steer agent tasks.",
    errors.DeactivatedMayNotDecide.code: "This account is deactivated.",
    errors.ChannelUnknown.code: (
        "Sayso has no rules for this channel, so no agent may be started here. "
        "Whoever runs Sayso adds it to the policy."
    ),
}


def _ended(refusal: errors.Refusal) -> str:
    run = refusal.facts.get("run")
    if not isinstance(run, Run):
        return f"{untrusted(refusal.message, 500)} {NOTHING_DONE}"
    by = f" by <@{run.ended_by}>" if run.ended_by else ""
    return f"`{run.short_id}` has already ended: {run.status}{by}. {NOTHING_DONE}"
