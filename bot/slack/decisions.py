"""Approve and Reject: a button or a submitted form becomes a `Click`, `decide()` the answer.

The listeners of everything that decides. They hold no rule of their own: who may decide, and
whether it is too late, is `decide()`'s word. An accepted click shows on the card, which the outbox
draws; every other click is answered privately.
"""

from dataclasses import replace

from approvals.domain.decision import Verdict
from approvals.domain.edit_errors import ReasonRequired
from approvals.domain.errors import CardMismatch, FullViewRequired, Refusal, RequestUnknown
from approvals.domain.requirement import WantedReason
from approvals.operations.answer_inquiry import answer_inquiry
from approvals.operations.check_reader import Reader
from approvals.operations.decide import Answer, decide
from bot.slack import buttons, reason_form, words
from bot.slack.door_parts import DoorParts
from bot.slack.errands import LOGGER
from bot.slack.forms import Forms, replaced, wrong
from bot.slack.home_tab import HomeTab
from bot.slack.notices import Say
from bot.slack.payloads import ButtonPress, ViewEvent, button_press, view_event
from bot.slack.reviews import Reviews, click_of, is_review, sent_click
from bot.slack.routing import Ack, Delivery, Listener, RouteKey
from bot.slack.sentences import recorded_sentence, refusal_sentence
from bot.slack.store_then_ack import StoreThenAck

Asks = frozenset[WantedReason]
"""When a form asks for the reason, before anything is decided."""
_ALWAYS: Asks = frozenset({WantedReason.ALWAYS})


class Decisions:
    """The listeners that decide."""

    def __init__(self, parts: DoorParts, reviews: Reviews, home: HomeTab) -> None:
        self._parts = parts
        self._reviews = reviews
        self._home = home
        self._forms = Forms(parts)
        self._storing = StoreThenAck(parts.errands, budget_s=parts.settings.ack_budget_s)

    def routes(self) -> dict[RouteKey, Listener]:
        """Return the listeners by action and by form."""
        return {
            ("block_actions", buttons.APPROVE): self._approve,
            ("block_actions", buttons.REJECT): self._reject,
            ("block_actions", buttons.STOP): self._stop,
            **{
                ("block_actions", action): self._choosing(place)
                for place, action in enumerate(buttons.ANSWERS)
            },
            ("block_actions", buttons.VIEW_APPROVE): self._approve,
            ("block_actions", buttons.VIEW_REJECT): self._reject,
            ("view_submission", reason_form.REJECT_REASON): self._submit_reason,
            ("view_submission", reason_form.APPROVE_REASON): self._submit_reason,
        }

    async def _approve(self, delivery: Delivery) -> Ack:
        """Ask for the reason where one is always wanted, which decides nothing; else decide."""
        return await self._decide(delivery, Verdict.APPROVE, asks=_ALWAYS)

    def _choosing(self, place: int) -> Listener:
        """Return the listener of the button of an inquiry's option."""

        async def listener(delivery: Delivery) -> Ack:
            return await self._decide(delivery, Verdict.APPROVE, asks=frozenset(), chosen=place)

        return listener

    async def _reject(self, delivery: Delivery) -> Ack:
        """Ask for the reason where one is wanted, which decides nothing; else decide."""
        return await self._decide(delivery, Verdict.REJECT, asks=_ALWAYS | {WantedReason.ON_REJECT})

    async def _stop(self, delivery: Delivery) -> Ack:
        """Reject at once what is held back: there are seconds, and none for a form."""
        return await self._decide(delivery, Verdict.REJECT, asks=frozenset())

    async def _submit_reason(self, delivery: Delivery) -> Ack:
        event = view_event(delivery.body)
        return await self._forms.saved(
            delivery,
            self._submitted(event),
            say=self._say(delivery, event),
            sentence=_sentence,
            in_time=_acknowledged,
        )

    async def _submitted(self, event: ViewEvent) -> Answer:
        """Decide from a form."""
        desk, verdict = self._parts.desk, reason_form.VERDICTS[event.view.callback_id]
        try:
            click = await sent_click(desk, event, verdict)
        except CardMismatch as refusal:
            return Answer(refusal=refusal)
        request = await desk.store.request(click.request_id)
        reason = reason_form.given_reason(event.view, request)
        return await decide(desk, replace(click, reason=reason))

    async def _decide(
        self, delivery: Delivery, verdict: Verdict, *, asks: Asks, chosen: int | None = None
    ) -> Ack:
        press = button_press(delivery.body)
        say = self._say(delivery, press)

        async def tell(answer: Answer, is_late: bool) -> None:
            if isinstance(answer.refusal, ReasonRequired):
                await self._ask_why(press, verdict, say)
            else:
                await self._tell(answer, press, say, is_late=is_late)

        work = self._answer(press, verdict, asks=asks, chosen=chosen)
        return await self._storing.run(delivery, work, say=say, tell=tell)

    async def _answer(
        self, press: ButtonPress, verdict: Verdict, *, asks: Asks, chosen: int | None
    ) -> Answer:
        try:
            click = click_of(press, verdict)
        except Refusal as refusal:
            return Answer(refusal=refusal)
        if chosen is not None:
            return await answer_inquiry(self._parts.desk, click, {0: str(chosen)})
        return await decide(self._parts.desk, click, asks_why=asks)

    async def _ask_why(self, press: ButtonPress, verdict: Verdict, say: Say) -> None:
        try:
            await self._reviews.open_reason_form(press, say, verdict)
        except Refusal as refusal:
            await say(refusal_sentence(refusal))

    async def _tell(self, answer: Answer, press: ButtonPress, say: Say, *, is_late: bool) -> None:
        if isinstance(answer.refusal, FullViewRequired) and press.view is None:
            await self._reviews.open_full(press, say)
        elif isinstance(answer.refusal, RequestUnknown) and self._is_anothers(press):
            await say(self._other_gateway(press))
        elif not is_late and is_review(press):
            stays = answer.refusal is not None
            await self._reviews.go_on(press, say, said=_sentence(answer), stays=stays)
        elif answer.refusal is not None or is_late or press.view is not None:
            await say(_sentence(answer))
        if press.is_home:
            self._home.draw(Reader(user=press.sender.user, team=press.sender.team))

    def _is_anothers(self, press: ButtonPress) -> bool:
        return press.gateway is not None and press.gateway != self._parts.gateway

    def _other_gateway(self, press: ButtonPress) -> str:
        assert press.gateway is not None
        ours = self._parts.gateway
        LOGGER.error(
            "gateway %s uses this Slack app too, with another store: a click on its card came to"
            " gateway %s; stop one of them or give it an app of its own",
            press.gateway,
            ours,
        )
        self._parts.health.other_gateways.add(press.gateway)
        return words.OTHER_GATEWAY.format(theirs=press.gateway, ours=ours)

    def _say(self, delivery: Delivery, acted: ButtonPress | ViewEvent) -> Say:
        return self._reviews.say_to(delivery, acted)


def _sentence(answer: Answer) -> str:
    if answer.refusal is not None:
        return refusal_sentence(answer.refusal, answer.request)
    assert answer.decision is not None
    assert answer.request is not None
    return recorded_sentence(answer.decision, answer.request)


def _acknowledged(answer: Answer) -> Ack:
    """Close the form, or say what is wrong: beside the field where it can be mended there."""
    if isinstance(answer.refusal, ReasonRequired):
        return wrong({reason_form.REASON_BLOCK: answer.refusal.message})
    return Ack() if answer.decision else replaced(_sentence(answer))
