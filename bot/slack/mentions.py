"""`@sayso …`: the verbs of `/agent` in a channel, and words to the agent in a task's thread.

Only `app_mentions:read` is needed: nothing is read but what was said to us. Words never decide
anything (case X6): a question is decided with the buttons of its card. Slack delivers an event up
to four times; it is acted on once.
"""

from approvals.domain.errors import Refusal
from approvals.domain.run import Run
from bot.slack import task_words, words
from bot.slack.agent_choice import Agents
from bot.slack.command_words import Verb, Words, read_bare_words, read_words
from bot.slack.door_parts import DoorParts
from bot.slack.errands import LOGGER, error_id
from bot.slack.identity import Identity
from bot.slack.message_payloads import Mention, mention
from bot.slack.private_answers import Recipient
from bot.slack.routing import Ack, Delivery, Listener, RouteKey
from bot.slack.seen import Seen
from bot.slack.sentences import error_sentence
from bot.slack.task_verbs import Asker, TaskVerbs

APP_MENTION = "app_mention"
OUR_NAME = "@sayso"


class Mentions:
    """The listener of messages that mention us."""

    def __init__(
        self, parts: DoorParts, *, identity: Identity, verbs: TaskVerbs, agents: Agents
    ) -> None:
        self._parts = parts
        self._identity = identity
        self._verbs = verbs
        self._agents = agents
        self._seen = Seen()

    def routes(self) -> dict[RouteKey, Listener]:
        """Return the listener by event."""
        return {("event_callback", APP_MENTION): self._mentioned}

    async def _mentioned(self, delivery: Delivery) -> Ack:
        said = mention(delivery.body, us=self._identity.bot_user)
        # An edited message comes as an event of its own; the message was acted on already.
        is_new = self._seen.takes(said.event_id, f"{said.channel} {said.ts}")
        if is_new and not said.is_bot:
            self._parts.errands.start(self._answer(said), name="mention")
        return Ack()

    async def _answer(self, said: Mention) -> None:
        sentence = await self._sentence(said)
        recipient = Recipient(user=said.sender.user, channel=said.channel, thread_ts=said.thread_ts)
        await self._parts.answers.tell(recipient, sentence)

    async def _sentence(self, said: Mention) -> str:
        if not self._agents():
            return words.AGENT_OFF
        try:
            run = await self._run_of(said)
            if run is not None:
                return await self._to_run(run, said)
        except Refusal as refusal:
            return task_words.refused(refusal)
        except Exception:
            incident = error_id()
            LOGGER.exception("error id %s: a mention could not be answered", incident)
            return error_sentence(incident)
        if not said.is_first:
            return task_words.MENTION_FIRST.format(name=OUR_NAME.removeprefix("@"))
        asked = read_words(said.text)
        if asked.verb is Verb.RUN and not asked.text:
            asked = Words(verb=Verb.HELP)
        return await self._verbs.answer(asked, _asker(said))

    async def _run_of(self, said: Mention) -> Run | None:
        thread_ts = said.thread_ts
        if thread_ts is None:
            return None
        return await self._parts.desk.store.write(
            lambda tx: tx.run_in_thread(said.channel, thread_ts)
        )

    async def _to_run(self, run: Run, said: Mention) -> str:
        """Do a bare verb about the run of this thread; everything else is said to its agent."""
        asked, asker = read_bare_words(said.text), _asker(said)
        if asked is None:
            return await self._verbs.go_on(run, said.text, asker)
        if asked.verb is Verb.STATUS and asked.short_id is None:
            return await self._verbs.status(run, asker)
        if asked.verb is Verb.CANCEL and asked.short_id is None:
            return await self._verbs.cancel(run, asker)
        if asked.verb is Verb.HELP and asked.about is None:
            return task_words.thread_help(OUR_NAME, run)
        return await self._verbs.answer(asked, asker)


def _asker(said: Mention) -> Asker:
    return Asker(
        user=said.sender.user,
        team=said.sender.team,
        channel=said.channel,
        command=OUR_NAME,
        thread_ts=said.thread_ts,
        said_with=f"message {said.channel} {said.ts}",
    )
