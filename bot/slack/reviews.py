"""The windows that show and decide nothing: full view, its pages, details, the rejection's form.

Each listener acks at once, because a trigger lives three seconds, and opens its window as an
errand, for a person who was looked up first. Opening the full view is stored: its own nonce is what
the last page decides with.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import CardKind, Pressed
from approvals.domain.decision import Verdict
from approvals.domain.edit_errors import CardOutdated
from approvals.domain.errors import CardMismatch, Refusal
from approvals.domain.ids import UserId
from approvals.operations.click import Answer, Click, FullView, WindowUse
from approvals.operations.decide import open_full_view, open_window
from approvals.operations.desk import Desk
from approvals.operations.ports import CardContent
from approvals.operations.read_card import read_cards
from approvals.operations.read_window import MayApprove, who_may_approve
from bot.slack import buttons, modals, words
from bot.slack.digest_view import DIGEST_VIEW, Walk, review_page, walk_at
from bot.slack.door_parts import DoorParts
from bot.slack.full_view import ViewPlace, read_place, view_page
from bot.slack.notices import Say, in_new_window, in_window, to_person
from bot.slack.payloads import ButtonPress, ViewEvent, button_press
from bot.slack.reason_form import reason_form
from bot.slack.routing import Ack, Delivery, Listener, RouteKey
from bot.slack.sentences import refusal_sentence, unreadable_sentence
from bot.slack.store_then_ack import answered
from bot.slack.web_api import CallFailed

APPROVERS_TIMEOUT_S = 0.5
"""Past it Details say that who may approve could not be read: the trigger lives three seconds."""

Work = Callable[[ButtonPress, Say], Coroutine[Any, Any, None]]
Sentence = Callable[[Refusal, ApprovalRequest | None], str]


class Reviews:
    """Opens, turns and replaces windows."""

    def __init__(self, parts: DoorParts) -> None:
        self._parts = parts

    def routes(self) -> dict[RouteKey, Listener]:
        """Return the listeners by action."""
        return {
            ("block_actions", buttons.REVIEW): self.acked(self.open_full),
            ("block_actions", buttons.REVIEW_ALL): self.acked(self._open_review),
            ("block_actions", buttons.NEXT_CALL): self.acked(self._next_call),
            ("block_actions", buttons.DETAILS): self.acked(self._open_details),
            ("block_actions", buttons.VIEW_NEXT): self.acked(self._turn_forward),
            ("block_actions", buttons.VIEW_BACK): self.acked(self._turn_back),
        }

    def say_to(self, delivery: Delivery, acted: ButtonPress | ViewEvent) -> Say:
        """Return how to answer a delivery: in the window it came from, else privately."""
        answers, recipient = self._parts.answers, delivery.recipient
        if isinstance(acted, ButtonPress) and acted.is_home:
            return in_new_window(self._parts.api, answers, recipient, trigger_id=acted.trigger_id)
        view_id = acted.view.id if acted.view else None
        if view_id is None:
            return to_person(answers, recipient)
        return in_window(self._parts.api, answers, recipient, view_id=view_id)

    async def open_full(self, press: ButtonPress, say: Say) -> None:
        """Store that this person opened the full view, and show its first page."""
        opened = await open_full_view(self._parts.desk, click_of(press, Verdict.APPROVE))
        if isinstance(opened, FullView):
            await self.show(press, view_page(opened.content), say)
        else:
            await self._refuse(opened, say, unreadable_sentence)

    async def _open_review(self, press: ButtonPress, say: Say) -> None:
        """Show the first call of a burst that is to be decided."""
        click = click_of(press, Verdict.APPROVE)
        burst = await self._burst(press, click)
        await self._show_call(
            press, click, say, place=walk_at(burst.parts, None, click.pressed.user)
        )

    async def _next_call(self, press: ButtonPress, say: Say) -> None:
        await self.go_on(press, say)

    async def go_on(
        self, press: ButtonPress, say: Say, *, said: str = "", stays: bool = False
    ) -> None:
        """Turn a review to the next call, or draw the same again where it *stays*.

        *said* tells what was just done. After it nothing more is turned to than can be decided.
        """
        click = click_of(press, Verdict.APPROVE)
        content = await open_window(self._parts.desk, click, use=WindowUse.LOOK)
        if isinstance(content, Answer):
            await self._refuse(content, say, unreadable_sentence)
            return
        burst = await self._burst(press, click)
        _, here = walk_at(burst.parts, click.request_id, click.pressed.user)
        named = click.request_id if stays else here.following
        if named is None or (said and not stays and not here.left):
            await say(f"{said} {words.NOTHING_LEFT}".strip())
            return
        card = burst.card
        on_card = replace(click.pressed, nonce=card.nonce, channel=card.channel, ts=card.ts)
        place = walk_at(burst.parts, named, click.pressed.user)
        await self._show_call(press, replace(click, pressed=on_card), say, place=place, said=said)

    async def _show_call(
        self,
        press: ButtonPress,
        click: Click,
        say: Say,
        *,
        place: tuple[CardContent, Walk],
        said: str = "",
    ) -> None:
        part, walk = place
        shown = replace(click, request_id=part.request.id, digest=None, others=len(part.alike))
        opened = await open_full_view(self._parts.desk, shown)
        if not isinstance(opened, FullView):
            await self._refuse(opened, say, unreadable_sentence)
            return
        now = self._parts.desk.clock.now()
        await self.show(press, review_page(opened.content, walk, now=now, said=said), say)

    async def _burst(self, press: ButtonPress, click: Click) -> CardContent:
        """Return what the message tells whose calls are gone through: the first, or a rung's.

        Raises:
            CardMismatch: there is none.
        """
        walk = read_place(press.view.private_metadata).walk if press.view else click.pressed.nonce
        contents = await read_cards(self._parts.desk, click.request_id)
        asking = [content for content in contents if content.card.asks]
        named = [content for content in asking if content.card.nonce == walk]
        for content in [*named, *asking]:
            return content
        raise CardMismatch

    async def open_reason_form(self, press: ButtonPress, say: Say, verdict: Verdict) -> None:
        """Ask who may give *verdict* why; the form's submission is the decision."""
        click = click_of(press, verdict)
        content = await open_window(self._parts.desk, click, use=WindowUse.DECIDE)
        if isinstance(content, Answer):
            await self._refuse(content, say)
        else:
            await self.show(press, reason_form(content, verdict), say)

    async def _open_details(self, press: ButtonPress, say: Say) -> None:
        desk = self._parts.desk
        click = click_of(press, Verdict.APPROVE)
        content = await open_window(desk, click, use=WindowUse.LOOK)
        if isinstance(content, Answer):
            await self._refuse(content, say, unreadable_sentence)
            return
        may_approve = await self._may_approve(content)
        view = modals.details_modal(content, desk.clock.now(), may_approve=may_approve)
        await self.show(press, view, say)

    async def _may_approve(self, content: CardContent) -> MayApprove | None:
        if not content.request.is_pending:
            return None
        try:
            async with asyncio.timeout(APPROVERS_TIMEOUT_S):
                return await who_may_approve(self._parts.desk, content.request)
        except TimeoutError:
            return MayApprove(is_complete=False)

    async def _refuse(
        self, answer: Answer, say: Say, sentence: Sentence = refusal_sentence
    ) -> None:
        assert answer.refusal is not None
        await say(sentence(answer.refusal, answer.request))

    async def _turn_forward(self, press: ButtonPress, say: Say) -> None:
        await self._turn(press, say, by=1)

    async def _turn_back(self, press: ButtonPress, say: Say) -> None:
        await self._turn(press, say, by=-1)

    async def _turn(self, press: ButtonPress, say: Say, *, by: int) -> None:
        assert press.view is not None
        place = read_place(press.view.private_metadata)
        click = click_of(press, Verdict.APPROVE)
        content = await open_window(self._parts.desk, click, use=WindowUse.LOOK)
        if isinstance(content, Answer):
            await self._refuse(content, say, unreadable_sentence)
            return
        if place.digest is not None and place.digest != content.request.call.digest:
            # Pages of two calls in one reading would approve what nobody has read whole.
            raise CardOutdated(request=content.request)
        page = place.page + by
        if is_review(press):
            burst = await self._burst(press, click)
            _, walk = walk_at(burst.parts, click.request_id, click.pressed.user)
            now = self._parts.desk.clock.now()
            await self.show(press, review_page(content, walk, now=now, page=page), say)
        else:
            await self.show(press, view_page(content, page), say)

    async def show(self, press: ButtonPress, view: dict[str, Any], say: Say) -> None:
        """Open a window, or turn the one that was pressed in."""
        api = self._parts.api
        try:
            if press.view is None:
                await api.call("views.open", trigger_id=press.trigger_id, view=view)
            else:
                await api.call(
                    "views.update", view_id=press.view.id, hash=press.view.hash, view=view
                )
        except CallFailed as failure:
            if failure.code != "hash_conflict":
                await say(words.VIEW_NOT_OPENED.format(code=failure.code))

    def acked(self, work: Work) -> Listener:
        """Return the listener that acks at once and does *work* as an errand."""

        async def listener(delivery: Delivery) -> Ack:
            press = button_press(delivery.body)
            say = self.say_to(delivery, press)
            told = answered(self._refusals_told(work, press, say), say)
            self._parts.errands.start(told, name="window")
            return Ack()

        return listener

    async def _refusals_told(self, work: Work, press: ButtonPress, say: Say) -> None:
        try:
            await work(press, say)
        except Refusal as refusal:
            await say(refusal_sentence(refusal))


def is_review(press: ButtonPress) -> bool:
    """Whether a button was pressed in the review of a burst."""
    return press.view is not None and press.view.callback_id == DIGEST_VIEW


async def sent_click(desk: Desk, event: ViewEvent, verdict: Verdict) -> Click:
    """Return the click a submitted form is: it stands on the card whose nonce it remembers.

    Raises:
        CardMismatch: the form is not ours.
    """
    place = read_place(event.view.private_metadata)
    return Click(
        request_id=place.request_id,
        verdict=verdict,
        pressed=await _pressed_from(desk, place, event.sender.user),
        team=event.sender.team,
        digest=place.digest,
        others=place.others,
    )


async def _pressed_from(desk: Desk, place: ViewPlace, user: UserId) -> Pressed:
    """Return what *user* pressed by sending a form: it stands on the card it remembers."""
    contents = await read_cards(desk, place.request_id)
    named = [each.card for each in contents if each.card.nonce == place.nonce]
    card = next((each for each in named if each.kind is not CardKind.COPY), None)
    return Pressed(
        nonce=place.nonce,
        channel=card.channel if card else None,
        ts=card.ts if card else None,
        user=user,
    )


def click_of(press: ButtonPress, verdict: Verdict) -> Click:
    """Return the click a button press is.

    Raises:
        CardMismatch: its value is not ours.
    """
    value = buttons.read_button_value(press.value)
    return Click(
        request_id=value.request_id,
        verdict=verdict,
        pressed=Pressed(
            nonce=value.nonce, channel=press.channel, ts=press.ts, user=press.sender.user
        ),
        team=press.sender.team,
        digest=value.digest,
        others=value.others,
    )
