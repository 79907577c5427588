"""The form that starts a task: opened by the command without words and by "Hand to agent".

Opened at once, because a trigger lives three seconds: who may never start anything gets none, and
all else is asked when it is submitted. What is wrong is said beside the field; a form submitted
twice starts one task.
"""

import asyncio

from approvals.domain import run_errors
from approvals.domain.errors import Refusal
from approvals.domain.ids import ChannelId
from approvals.operations.check_starter import may_ever_start
from bot.slack import task_words
from bot.slack.agent_choice import Agents, agents_in
from bot.slack.door_parts import DoorParts
from bot.slack.errands import LOGGER, error_id
from bot.slack.escaping import unescape
from bot.slack.forms import Forms, Started, show_form, wrong
from bot.slack.message_payloads import message_action
from bot.slack.notices import Say, to_person
from bot.slack.payloads import Malformed, Sender, ViewEvent, ViewState, view_event
from bot.slack.routing import Ack, Delivery, Listener, RouteKey
from bot.slack.seen import Seen
from bot.slack.sentences import error_sentence
from bot.slack.task_form_view import (
    AGENT_ACTION,
    AGENT_BLOCK,
    CHANNEL_ACTION,
    CHANNEL_BLOCK,
    TASK_ACTION,
    TASK_BLOCK,
    TASK_FORM,
    task_form_view,
)
from bot.slack.task_verbs import Asker, TaskVerbs

HAND_TO_AGENT = "sayso:hand_to_agent"
"""Callback id of the message shortcut; stands in manifest.yml."""

LOOK_UP_MAX_S = 1.0
"""How long the form waits for the directory; its trigger lives three seconds."""


class TaskForm:
    """The listeners of the form, and what opens it."""

    def __init__(self, parts: DoorParts, *, verbs: TaskVerbs, agents: Agents) -> None:
        self._parts = parts
        self._verbs = verbs
        self._agents = agents
        self._forms = Forms(parts)
        self._seen = Seen()

    def routes(self) -> dict[RouteKey, Listener]:
        """Return the listeners by form and by shortcut."""
        return {
            ("view_submission", TASK_FORM): self._submit,
            ("message_action", HAND_TO_AGENT): self._hand_over,
        }

    def open(
        self,
        trigger_id: str,
        delivery: Delivery,
        *,
        sender: Sender,
        channel: ChannelId,
        agent: str | None = None,
        text: str = "",
    ) -> None:
        """Open the form as an errand; the caller acks at once."""
        agents = sorted(each.name for each in self._agents())
        here = agents_in(self._agents(), channel)
        view = task_form_view(
            agents, chosen=agent or (here[0] if here else None), channel=channel, text=text
        )
        say = to_person(self._parts.answers, delivery.recipient)

        async def show() -> None:
            if await self._may_see(sender, channel, say):
                await show_form(self._parts, trigger_id, view, say)

        self._parts.errands.start(show(), name="task form")

    async def _may_see(self, sender: Sender, channel: ChannelId, say: Say) -> bool:
        """Whether to show the form; who may start nothing anywhere is told so instead."""
        try:
            async with asyncio.timeout(LOOK_UP_MAX_S):
                await may_ever_start(
                    self._parts.desk, person=sender.user, team=sender.team, channel=channel
                )
        except TimeoutError:
            return True  # asked again when it is submitted
        except Refusal as refusal:
            await say(task_words.refused(refusal))
            return False
        return True

    async def _hand_over(self, delivery: Delivery) -> Ack:
        action = message_action(delivery.body)
        if self._seen.takes(action.trigger_id):
            self.open(
                action.trigger_id,
                delivery,
                sender=action.sender,
                channel=action.channel,
                text=unescape(action.text),
            )
        return Ack()

    async def _submit(self, delivery: Delivery) -> Ack:
        event = view_event(delivery.body)
        if not self._seen.takes(event.view.id):
            return Ack()
        channel = _chosen_channel(event.view)
        work = self._started(event, channel)
        return await self._forms.started(delivery, event, work, channel=channel)

    async def _started(self, event: ViewEvent, channel: ChannelId) -> Started:
        asker = Asker(
            user=event.sender.user,
            team=event.sender.team,
            channel=channel,
            command=self._parts.settings.command_agent,
            said_with=f"form {event.view.id}",
        )
        text = event.view.typed(TASK_BLOCK, TASK_ACTION) or ""
        try:
            run = await self._verbs.start(text, _chosen_agent(event.view), asker)
        except Refusal as refusal:
            self._seen.forgets(event.view.id)
            block = _block_of(refusal, has_agents=AGENT_BLOCK in event.view.values)
            return wrong({block: task_words.refused(refusal)})
        except Exception:
            self._seen.forgets(event.view.id)
            incident = error_id()
            LOGGER.exception("error id %s: a form could not be taken", incident)
            return wrong({TASK_BLOCK: error_sentence(incident)})
        return task_words.queued(run)


def _block_of(refusal: Refusal, *, has_agents: bool) -> str:
    if isinstance(refusal, run_errors.TaskEmpty | run_errors.TaskTooLong):
        return TASK_BLOCK
    return (
        AGENT_BLOCK if isinstance(refusal, run_errors.NoSuchAgent) and has_agents else CHANNEL_BLOCK
    )


def _chosen_agent(view: ViewState) -> str | None:
    option = view.values.get(AGENT_BLOCK, {}).get(AGENT_ACTION, {}).get("selected_option")
    value = option.get("value") if isinstance(option, dict) else None
    return value if isinstance(value, str) else None


def _chosen_channel(view: ViewState) -> ChannelId:
    state = view.values.get(CHANNEL_BLOCK, {}).get(CHANNEL_ACTION, {})
    chosen = state.get("selected_conversation") if isinstance(state, dict) else None
    if not isinstance(chosen, str):
        raise Malformed("view.state names no channel")
    return ChannelId(chosen)
