"""Extend: the button opens a form, the form's submission gives the request more time.

The listeners hold no rule of their own: who may extend, and how far, is `extend_request`'s word,
which checks everything again when the form is sent.
"""

from approvals.domain.decision import Verdict
from approvals.domain.edit_errors import EditorMayNotApprove
from approvals.domain.errors import CardMismatch, SelfApproval
from approvals.operations.click import Answer, WindowUse
from approvals.operations.decide import open_window
from approvals.operations.extend_request import NOT_YOURS, extend_request
from bot.slack import buttons
from bot.slack.door_parts import DoorParts
from bot.slack.extend_form import EXTEND_FORM, chosen_until, extend_modal
from bot.slack.forms import Forms, replaced
from bot.slack.notices import Say
from bot.slack.payloads import ButtonPress, ViewEvent, view_event
from bot.slack.reviews import Reviews, click_of, sent_click
from bot.slack.routing import Ack, Delivery, Listener, RouteKey
from bot.slack.sentences import extended_sentence, refusal_sentence


class Extensions:
    """The listeners that give requests more time."""

    def __init__(self, parts: DoorParts, reviews: Reviews) -> None:
        self._parts = parts
        self._reviews = reviews
        self._forms = Forms(parts)

    def routes(self) -> dict[RouteKey, Listener]:
        """Return the listeners by action and by form."""
        return {
            ("block_actions", buttons.EXTEND): self._reviews.acked(self._open),
            ("view_submission", EXTEND_FORM): self._extend,
        }

    async def _open(self, press: ButtonPress, say: Say) -> None:
        click = click_of(press, Verdict.APPROVE)
        content = await open_window(self._parts.desk, click, use=WindowUse.EXTEND)
        if isinstance(content, Answer):
            await say(_sentence(content))
            return
        await self._reviews.show(press, extend_modal(content, self._parts.desk.clock.now()), say)

    async def _extend(self, delivery: Delivery) -> Ack:
        event = view_event(delivery.body)
        return await self._forms.saved(
            delivery,
            self._submitted(event),
            say=self._reviews.say_to(delivery, event),
            sentence=_sentence,
            in_time=lambda answer: replaced(_sentence(answer)) if answer.refusal else Ack(),
        )

    async def _submitted(self, event: ViewEvent) -> Answer:
        desk = self._parts.desk
        try:
            click = await sent_click(desk, event, Verdict.APPROVE)
            until = chosen_until(event.view)
        except CardMismatch as refusal:
            return Answer(refusal=refusal)
        return await extend_request(desk, click, until=until)


def _sentence(answer: Answer) -> str:
    if isinstance(answer.refusal, SelfApproval | EditorMayNotApprove):
        return NOT_YOURS
    if answer.refusal is not None:
        return refusal_sentence(answer.refusal, answer.request)
    assert answer.request is not None
    return extended_sentence(answer.request)
