"""Slash commands: `/agent TEXT` starts a task, `/approvals` explains. Names come from the settings.

The ack goes out before anything else is done; who typed it is looked up, the task is started
through the injected `start_task`, and whatever refuses is told privately. The same delivery twice
starts one task (case E8).
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from approvals.domain import errors
from approvals.domain.decision import Approver, refuse_unfit
from approvals.domain.ids import ChannelId, TeamId, UserId
from approvals.operations.ports import DirectoryUnavailable
from bot.slack import words
from bot.slack.door_parts import DoorParts
from bot.slack.errands import LOGGER, error_id
from bot.slack.escaping import escape
from bot.slack.payloads import CommandCall, command_call
from bot.slack.private_answers import Recipient
from bot.slack.routing import Ack, Delivery, Listener, RouteKey
from bot.slack.sentences import error_sentence
from bot.slack.task_thread import SlackThread

SEEN_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStart:
    """What a person asked an agent to do, where, and the thread to tell it in."""

    text: str
    channel: ChannelId
    user: UserId
    team: TeamId
    thread: SlackThread


StartTask = Callable[[TaskStart], Awaitable[None]]
"""Accept a task and return promptly; a `Refusal` says why it is not accepted."""


class Commands:
    """The listeners of our slash commands."""

    def __init__(self, parts: DoorParts, *, start_task: StartTask | None) -> None:
        self._api = parts.api
        self._directory = parts.desk.directory
        self._answers = parts.answers
        self._errands = parts.errands
        self._settings = parts.settings
        self._start_task = start_task
        self._seen: OrderedDict[str, None] = OrderedDict()

    def routes(self) -> dict[RouteKey, Listener]:
        """Return the listeners by command."""
        return {
            ("command", self._settings.command_agent): self._agent,
            ("command", self._settings.command_approvals): self._approvals,
        }

    async def _approvals(self, delivery: Delivery) -> Ack:
        command_call(delivery.body)
        return _ephemeral(words.APPROVALS_HELP.format(agent=self._settings.command_agent))

    async def _agent(self, delivery: Delivery) -> Ack:
        call = command_call(delivery.body)
        if not call.text:
            return _ephemeral(words.AGENT_USAGE.format(command=call.command))
        if self._start_task is None:
            return _ephemeral(words.AGENT_OFF)
        if self._is_new(call.trigger_id):
            start = self._start(call, self._start_task, delivery.recipient)
            self._errands.start(start, name="task start")
        return Ack()

    def _is_new(self, trigger_id: str) -> bool:
        if trigger_id in self._seen:
            return False
        self._seen[trigger_id] = None
        if len(self._seen) > SEEN_MAX:
            self._seen.popitem(last=False)
        return True

    async def _start(self, call: CommandCall, start_task: StartTask, to: Recipient) -> None:
        sentence = await self._attempt(call, start_task)
        if sentence is not None:
            await self._answers.tell(to, sentence)

    async def _attempt(self, call: CommandCall, start_task: StartTask) -> str | None:
        thread = SlackThread(
            self._api, channel=call.channel, asked_by=call.sender.user, prompt=call.text
        )
        try:
            await self._refuse_unfit(call)
            await start_task(
                TaskStart(
                    text=call.text,
                    channel=call.channel,
                    user=call.sender.user,
                    team=call.sender.team,
                    thread=thread,
                )
            )
        except DirectoryUnavailable:
            return words.STARTED_BY_NOBODY
        except errors.DecisionRefused:
            return words.ONLY_MEMBERS
        except errors.Refusal as refusal:
            return words.NOT_STARTED.format(why=escape(refusal.message))
        except Exception:
            incident = error_id()
            LOGGER.exception("error id %s: a task could not be started", incident)
            return error_sentence(incident)
        await thread.root_ts()
        return None

    async def _refuse_unfit(self, call: CommandCall) -> None:
        """Bots, guests, deactivated and external people start nothing (raises DecisionRefused)."""
        person = await self._directory.person(call.sender.user, call.sender.team)
        refuse_unfit(
            Approver(
                user=person.user,
                team=person.team,
                is_internal=person.is_internal,
                is_bot=person.is_bot,
                is_guest=person.is_guest,
                is_deactivated=person.is_deactivated,
                sets={},
            )
        )


def _ephemeral(text: str) -> Ack:
    return Ack(payload={"response_type": "ephemeral", "text": text})
