"""Slash commands: `/agent …` starts and steers tasks, `/approvals …` shows what waits.

Names come from the settings. The acknowledgement is the private answer, within a second of
receipt; "still on it" stands there when it takes longer, and the answer follows. Without words the
form opens. The same delivery twice does one thing (case E8).
"""

from approvals.operations.check_reader import Reader
from approvals.operations.desk import Desk
from bot.slack import words
from bot.slack.agent_choice import Agents
from bot.slack.command_words import Verb, read_words
from bot.slack.door_parts import DoorParts
from bot.slack.notices import to_person
from bot.slack.payloads import CommandCall, command_call
from bot.slack.private_answers import Blocks, shown
from bot.slack.routing import Ack, Delivery, Listener, RouteKey
from bot.slack.seen import Seen
from bot.slack.store_then_ack import StoreThenAck
from bot.slack.task_form import TaskForm
from bot.slack.task_verbs import Asker, TaskVerbs
from bot.slack.verbs.reply import Reply
from bot.slack.verbs.table import answer_typed
from bot.slack.verbs.verb import Asked


class Commands:
    """The listeners of our slash commands."""

    def __init__(
        self, parts: DoorParts, *, verbs: TaskVerbs, form: TaskForm, agents: Agents
    ) -> None:
        self._parts = parts
        self._verbs = verbs
        self._form = form
        self._agents = agents
        self._storing = StoreThenAck(parts.errands, budget_s=parts.settings.ack_budget_s)
        self._seen = Seen()

    def routes(self) -> dict[RouteKey, Listener]:
        """Return the listeners by command."""
        settings = self._parts.settings
        return {
            ("command", settings.command_agent): self._agent,
            ("command", settings.command_approvals): self._approvals,
        }

    async def _approvals(self, delivery: Delivery) -> Ack:
        call = command_call(delivery.body)
        if not self._seen.takes(call.trigger_id):
            return Ack()
        recipient, answers = delivery.recipient, self._parts.answers

        async def tell(reply: Reply, _: bool) -> None:
            await answers.tell(recipient, reply.text, blocks=reply.blocks)

        return await self._storing.run(
            delivery,
            answer_typed(_asked(self._parts.desk, call)),
            say=to_person(answers, recipient),
            tell=tell,
            in_time=lambda reply: ephemeral(reply.text, reply.blocks),
            when_late=ephemeral(words.STILL_WORKING),
        )

    async def _agent(self, delivery: Delivery) -> Ack:
        call = command_call(delivery.body)
        if not self._agents():
            return ephemeral(words.AGENT_OFF)
        if not self._seen.takes(call.trigger_id):
            return Ack()
        asked = read_words(call.text)
        if asked.verb is Verb.RUN and not asked.text:
            self._form.open(
                call.trigger_id,
                delivery,
                sender=call.sender,
                channel=call.channel,
                agent=asked.agent,
            )
            return Ack()
        say = to_person(self._parts.answers, delivery.recipient)

        async def tell(sentence: str, _: bool) -> None:
            await say(sentence)

        return await self._storing.run(
            delivery,
            self._verbs.answer(asked, _asker(call)),
            say=say,
            tell=tell,
            in_time=ephemeral,
            when_late=ephemeral(words.STILL_WORKING),
        )


def ephemeral(text: str, blocks: Blocks = ()) -> Ack:
    """Return an acknowledgement that shows *text*, as *blocks* if any, to whoever typed."""
    return Ack(payload={"response_type": "ephemeral", **shown(text, blocks)})


def _asked(desk: Desk, call: CommandCall) -> Asked:
    return Asked(
        desk=desk,
        reader=Reader(user=call.sender.user, team=call.sender.team),
        channel=call.channel,
        command=call.command,
        text=call.text,
        words=(),
        trigger_id=call.trigger_id,
    )


def _asker(call: CommandCall) -> Asker:
    return Asker(
        user=call.sender.user,
        team=call.sender.team,
        channel=call.channel,
        command=call.command,
    )
