"""Edit…: opens the form of a call's arguments, and takes it when it is submitted.

The listeners hold no rule of their own: who may change what is `edit_request`'s word, asked again
at the submission. What does not fit is said beside its field; what was changed shows on the card.
"""

from approvals.domain import edit_errors
from approvals.domain.decision import Verdict
from approvals.domain.display import one_line, shorten
from approvals.domain.errors import CardMismatch
from approvals.operations.click import Answer
from approvals.operations.edit_request import edit_request
from approvals.operations.open_edit import open_edit
from bot.slack import buttons
from bot.slack.door_parts import DoorParts
from bot.slack.edit_form_view import EDIT_FORM, VALUE_ACTION, block_of, edit_form_view, place_in
from bot.slack.forms import Forms, replaced, wrong
from bot.slack.notices import Say
from bot.slack.payloads import ButtonPress, ViewEvent, ViewState, view_event
from bot.slack.reviews import Reviews, click_of, sent_click
from bot.slack.routing import Ack, Delivery, Listener, RouteKey
from bot.slack.sentences import edited_sentence, refusal_sentence

_WRONG_MAX_CHARS = 300


class Edits:
    """The listeners of the form."""

    def __init__(self, parts: DoorParts, reviews: Reviews) -> None:
        self._parts = parts
        self._reviews = reviews
        self._forms = Forms(parts)

    def routes(self) -> dict[RouteKey, Listener]:
        """Return the listeners by action and by form."""
        return {
            ("block_actions", buttons.EDIT): self._reviews.acked(self._open),
            ("view_submission", EDIT_FORM): self._submit,
        }

    async def _open(self, press: ButtonPress, say: Say) -> None:
        window = await open_edit(self._parts.desk, click_of(press, Verdict.APPROVE))
        if isinstance(window, Answer):
            assert window.refusal is not None
            await say(refusal_sentence(window.refusal, window.request))
            return
        await self._reviews.show(press, edit_form_view(window), say)

    async def _submit(self, delivery: Delivery) -> Ack:
        event = view_event(delivery.body)
        return await self._forms.saved(
            delivery,
            self._submitted(event),
            say=self._reviews.say_to(delivery, event),
            sentence=_sentence,
            in_time=_acknowledged,
        )

    async def _submitted(self, event: ViewEvent) -> Answer:
        desk = self._parts.desk
        try:
            click = await sent_click(desk, event, Verdict.APPROVE)
        except CardMismatch as refusal:
            return Answer(refusal=refusal)
        return await edit_request(desk, click, _given(event.view))


def _given(view: ViewState) -> dict[int, str | None]:
    """Return the text of each field, None for an empty one; exactly as it was typed."""
    given: dict[int, str | None] = {}
    for block_id in view.values:
        place = place_in(block_id)
        if place is not None:
            given[place] = view.held(block_id, VALUE_ACTION)
    return given


def _acknowledged(answer: Answer) -> Ack:
    """Close the form, or say what is wrong: beside a field where it can be mended there."""
    if isinstance(answer.refusal, edit_errors.InvalidEdit):
        wrong = answer.refusal.facts.get("fields", {})
        return _errors({block_of(place): sentence for place, sentence in wrong.items()})
    if isinstance(answer.refusal, edit_errors.EditDenied | edit_errors.NobodyElseToApprove):
        return _errors({block_of(0): answer.refusal.message})
    return Ack() if answer.refusal is None else replaced(_sentence(answer))


def _errors(sentences: dict[str, str]) -> Ack:
    return wrong(
        {block: shorten(one_line(said), _WRONG_MAX_CHARS) for block, said in sentences.items()}
    )


def _sentence(answer: Answer) -> str:
    if answer.refusal is not None:
        return refusal_sentence(answer.refusal, answer.request)
    assert answer.request is not None
    return edited_sentence(answer.request)
