"""Slash commands: `/agent …` starts and steers tasks, `/approvals` explains.

Names come from the settings. The acknowledgement is the private answer, within a second of
receipt; "still on it" stands there when it takes longer, and the answer follows. Without words the
form opens. The same delivery twice does one thing (case E8).
"""

from bot.slack import task_words, words
from bot.slack.agent_choice import Agents
from bot.slack.command_words import Verb, read_words
from bot.slack.door_parts import DoorParts
from bot.slack.notices import to_person
from bot.slack.payloads import CommandCall, command_call
from bot.slack.routing import Ack, Delivery, Listener, RouteKey
from bot.slack.seen import Seen
from bot.slack.store_then_ack import StoreThenAck
from bot.slack.task_form import TaskForm
from bot.slack.task_verbs import Asker, TaskVerbs


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
        command_call(delivery.body)
        agent = self._parts.settings.command_agent
        return ephemeral(words.APPROVALS_HELP.format(agent=agent))

    async def _agent(self, delivery: Delivery) -> Ack:
        call = command_call(delivery.body)
        if not self._agents():
            return ephemeral(words.AGENT_OFF)
        if not self._seen.takes(call.trigger_id):
            return Ack()
        asked = read_words(call.text)
        if asked.verb is Verb.RUN and not asked.text:
            self._form.open(call.trigger_id, delivery, channel=call.channel, agent=asked.agent)
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
            when_late=ephemeral(task_words.STILL_WORKING),
        )


def ephemeral(text: str) -> Ack:
    """Return an acknowledgement that shows *text* to whoever typed the command."""
    return Ack(payload={"response_type": "ephemeral", "text": text})


def _asker(call: CommandCall) -> Asker:
    return Asker(
        user=call.sender.user,
        team=call.sender.team,
        channel=call.channel,
        command=call.command,
    )
