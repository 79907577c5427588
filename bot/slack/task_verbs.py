"""The verbs of agent tasks: what was asked for becomes an operation, what came of it a sentence.

Used by every way people can ask: the slash command, mentions, the form. Who may do what is
`check_starter`'s word, asked before each verb. Nothing here reads what a card is about.
"""

from dataclasses import dataclass

from approvals.domain import run_errors
from approvals.domain.errors import Refusal
from approvals.domain.ids import ChannelId, TeamId, UserId
from approvals.domain.run import Run, RunNote
from approvals.domain.task_rule import TaskVerb
from approvals.operations.cancel_run import cancel_run
from approvals.operations.check_starter import may_run
from approvals.operations.continue_run import continue_run
from approvals.operations.deliver_run import read_run_content
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.run_messenger import RunContent
from approvals.operations.start_run import Task, refuse_unusable, start_run
from bot.slack import task_words
from bot.slack.agent_choice import Agents, agents_in, choose
from bot.slack.command_words import Verb, Words
from bot.slack.errands import LOGGER, error_id
from bot.slack.sentences import error_sentence

RUNS_READ_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, where, and what they call us."""

    user: UserId
    team: TeamId
    channel: ChannelId
    command: str
    """What help is written with: `/agent`, or our name."""
    thread_ts: str | None = None
    """The thread it was asked in; a new task is told there."""
    said_with: str | None = None
    """The message or form it was asked with, where Slack may deliver that again."""


class TaskVerbs:
    """Does what people ask about tasks and says what came of it."""

    def __init__(self, desk: Desk, agents: Agents) -> None:
        self._desk = desk
        self._agents = agents

    async def answer(self, words: Words, asker: Asker) -> str:
        """Return the private answer to *words*; never raises."""
        try:
            return await self._do(words, asker)
        except Refusal as refusal:
            return task_words.refused(refusal)
        except Exception:
            incident = error_id()
            LOGGER.exception("error id %s: a task verb failed", incident)
            return error_sentence(incident)

    async def start(self, text: str, agent: str | None, asker: Asker) -> Run:
        """Start a task.

        Raises:
            NoSuchAgent, TaskEmpty, TaskTooLong; those of `may_run`
            StoreUnavailable: nothing was stored.
        """
        refuse_unusable(text)
        here = agents_in(self._agents(), asker.channel)
        meant = agent or (here[0] if len(here) == 1 else None)
        await self._may(asker, TaskVerb.RUN, meant)
        task = Task(
            agent=choose(self._agents(), asker.channel, agent),
            starter=asker.user,
            team=asker.team,
            channel=asker.channel,
            text=text,
            thread_ts=asker.thread_ts,
            said_with=asker.said_with,
        )
        return await start_run(self._desk, task)

    async def go_on(self, run: Run, text: str, asker: Asker) -> str:
        """Say more to the conversation of *run*; the words decide nothing (case X6).

        Raises:
            TaskEmpty, TaskTooLong, TooManyNotes; those of `may_run`
            StoreUnavailable: nothing was stored.
        """
        await self._may(asker, TaskVerb.CONTINUE, run.agent)
        thread = await self._desk.store.write(lambda tx: tx.run_thread(run.id))
        said = Task(
            agent=run.agent,
            starter=asker.user,
            team=asker.team,
            channel=run.channel,
            text=text,
            thread_ts=thread.replies_to if thread else asker.thread_ts,
            said_with=asker.said_with,
        )
        found = await continue_run(self._desk, run.id, said)
        return task_words.kept(found) if isinstance(found, RunNote) else task_words.queued(found)

    async def status(self, run: Run, asker: Asker) -> str:
        """Say how *run* stands."""
        await self._may(asker, TaskVerb.STATUS, run.agent)
        content = await self._desk.store.write(lambda tx: read_run_content(tx, run.id))
        if content is None:
            raise run_errors.RunUnknown
        return task_words.status_of(content, self._desk.clock.now())

    async def cancel(self, run: Run, asker: Asker) -> str:
        """Cancel *run*."""
        ended = await cancel_run(self._desk, run.id, person=asker.user, team=asker.team)
        return task_words.CANCELLED.format(id=ended.short_id)

    def help(self, words: Words, asker: Asker) -> str:
        """Say how tasks are asked for."""
        return task_words.help_text(
            asker.command,
            about=words.about,
            mistake=words.mistake,
            agents=agents_in(self._agents(), asker.channel),
        )

    async def _do(self, words: Words, asker: Asker) -> str:
        match words.verb:
            case Verb.HELP:
                return self.help(words, asker)
            case Verb.RUN:
                return task_words.queued(await self.start(words.text, words.agent, asker))
            case Verb.LIST:
                return await self._list(asker)
            case Verb.STATUS:
                return await self.status(await self._found(words, asker, TaskVerb.STATUS), asker)
            case Verb.CANCEL:
                return await self.cancel(await self._found(words, asker, TaskVerb.CANCEL), asker)
            case Verb.CONTINUE:
                run = await self._found(words, asker, TaskVerb.CONTINUE)
                return await self.go_on(run, words.text, asker)

    async def _list(self, asker: Asker) -> str:
        await self._may(asker, TaskVerb.LIST, None)
        listed = await self._desk.store.write(lambda tx: _contents(tx, asker.channel))
        return task_words.listed(listed, self._desk.clock.now())

    async def _found(self, words: Words, asker: Asker, verb: TaskVerb) -> Run:
        """Return the run that is meant: the one named, else the asker's own newest."""
        short_id = words.short_id
        if short_id is None:
            run = await self._newest(asker)
        else:
            run = await self._desk.store.write(
                lambda tx: tx.run_by_short_id(asker.channel, short_id)
            )
        if run is None:
            # Who may not even ask learns no more than that.
            await self._may(asker, verb, None)
            raise run_errors.RunUnknown
        return run

    async def _newest(self, asker: Asker) -> Run | None:
        runs = await self._desk.store.write(
            lambda tx: tx.runs_in(asker.channel, limit=RUNS_READ_MAX)
        )
        own = (run for run in runs if run.starter == asker.user)
        return next(own, runs[0] if runs else None)

    async def _may(self, asker: Asker, verb: TaskVerb, agent: str | None) -> None:
        await may_run(
            self._desk,
            person=asker.user,
            team=asker.team,
            channel=asker.channel,
            agent=agent,
            verb=verb,
        )


def _contents(tx: Transaction, channel: ChannelId) -> list[RunContent]:
    runs = tx.runs_in(channel, limit=task_words.LISTED_MAX + 1)
    read = (read_run_content(tx, run.id) for run in runs)
    return [content for content in read if content is not None]
