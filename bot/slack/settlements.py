"""The buttons under an interrupted call of a run: it happened, run it again, give up.

The listeners hold no rule of their own: who may say it is `settle_call`'s word. What was said shows
on the card, which the outbox draws; every other click is answered privately.
"""

from approvals.domain.decision import Verdict
from approvals.domain.errors import Refusal
from approvals.domain.permit import Settlement
from approvals.operations.click import Answer
from approvals.operations.settle_call import settle_call
from bot.slack import buttons
from bot.slack.door_parts import DoorParts
from bot.slack.notices import Say, to_person
from bot.slack.payloads import ButtonPress, button_press
from bot.slack.reviews import click_of
from bot.slack.routing import Ack, Delivery, Listener, RouteKey
from bot.slack.sentences import refusal_sentence, settled_sentence
from bot.slack.store_then_ack import StoreThenAck

_SETTLEMENTS = {
    buttons.HAPPENED: Settlement.HAPPENED,
    buttons.AGAIN: Settlement.AGAIN,
    buttons.GAVE_UP: Settlement.GAVE_UP,
}


class Settlements:
    """The listeners that take a person's word for what became of a call."""

    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts
        self._storing = StoreThenAck(parts.errands, budget_s=parts.settings.ack_budget_s)

    def routes(self) -> dict[RouteKey, Listener]:
        """Return the listeners by action."""
        return {("block_actions", action): self._settle for action in _SETTLEMENTS}

    async def _settle(self, delivery: Delivery) -> Ack:
        press = button_press(delivery.body)
        settlement = _SETTLEMENTS[press.action_id]
        say: Say = to_person(self._parts.answers, delivery.recipient)

        async def tell(answer: Answer, is_late: bool) -> None:
            if answer.refusal is not None:
                await say(refusal_sentence(answer.refusal, answer.request))
            elif is_late:
                await say(settled_sentence(settlement))

        return await self._storing.run(
            delivery, self._answer(press, settlement), say=say, tell=tell
        )

    async def _answer(self, press: ButtonPress, settlement: Settlement) -> Answer:
        try:
            # The verdict of the click is not read.
            click = click_of(press, Verdict.APPROVE)
        except Refusal as refusal:
            return Answer(refusal=refusal)
        return await settle_call(self._parts.desk, click, settlement)
