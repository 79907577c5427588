"""The Cancel button of a run's root message, which works while it runs, waits or is queued.

Who may press it is `cancel_run`'s word. The root message shows what came of it; every press that
changes nothing is answered privately.
"""

from approvals.domain import run_errors
from approvals.domain.errors import CardMismatch, Refusal
from approvals.operations.cancel_run import cancel_run
from bot.slack import buttons, task_words
from bot.slack.door_parts import DoorParts
from bot.slack.notices import to_person
from bot.slack.payloads import ButtonPress, button_press
from bot.slack.routing import Ack, Delivery, Listener, RouteKey
from bot.slack.store_then_ack import StoreThenAck


class RunButtons:
    """The listeners of a root message's buttons."""

    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts
        self._storing = StoreThenAck(parts.errands, budget_s=parts.settings.ack_budget_s)

    def routes(self) -> dict[RouteKey, Listener]:
        """Return the listeners by action."""
        return {("block_actions", buttons.CANCEL_RUN): self._cancel}

    async def _cancel(self, delivery: Delivery) -> Ack:
        press = button_press(delivery.body)
        say = to_person(self._parts.answers, delivery.recipient)

        async def tell(refusal: Refusal | None, is_late: bool) -> None:
            if refusal is not None:
                await say(task_words.refused(refusal))
            elif is_late:
                value = buttons.read_run_button_value(press.value)
                await say(task_words.CANCELLED.format(id=value.run_id[-6:]))

        return await self._storing.run(delivery, self._cancelled(press), say=say, tell=tell)

    async def _cancelled(self, press: ButtonPress) -> Refusal | None:
        try:
            await self._cancel_pressed(press)
        except Refusal as refusal:
            return refusal
        return None

    async def _cancel_pressed(self, press: ButtonPress) -> None:
        value, desk = buttons.read_run_button_value(press.value), self._parts.desk
        thread = await desk.store.write(lambda tx: tx.run_thread(value.run_id))
        if thread is None:
            raise run_errors.RunUnknown
        # A second post of the root (Slack's answer to the first was lost) may stop the task too.
        if thread.nonce != value.nonce or thread.channel != press.channel:
            raise CardMismatch
        await cancel_run(desk, value.run_id, person=press.sender.user, team=press.sender.team)
