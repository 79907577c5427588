"""Ask…: the button opens a form, the form's submission puts the question to the agent.

Answer…: the same for the person it acts for, where it cannot be asked itself. The listeners hold
no rule of their own: who may ask and answer is the word of `ask_back` and `answer_back`, which
check everything again when the form is sent.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from approvals.domain.ask_back_errors import AskBackEmpty, NobodyAnswers
from approvals.domain.asking_back import who_answers
from approvals.domain.decision import Verdict
from approvals.domain.edit_errors import EditorMayNotApprove
from approvals.domain.errors import CardMismatch, SelfApproval
from approvals.operations.answer_back import answer_back
from approvals.operations.ask_back import NOT_YOURS, ask_back
from approvals.operations.click import Answer, WindowUse
from approvals.operations.decide import open_window
from bot.slack import buttons
from bot.slack.ask_back_form import (
    ANSWER_BACK_FORM,
    ASK_BACK_FORM,
    QUESTION_BLOCK,
    answer_back_modal,
    answered_question,
    ask_back_modal,
    asked_question,
)
from bot.slack.door_parts import DoorParts
from bot.slack.forms import Forms, replaced, wrong
from bot.slack.notices import Say
from bot.slack.payloads import ButtonPress, ViewEvent, view_event
from bot.slack.reviews import Reviews, click_of, sent_click
from bot.slack.routing import Ack, Delivery, Listener, RouteKey
from bot.slack.sentences import refusal_sentence

ASKED = "✅ Your words are stored. They stand in the thread of the card."

Store = Callable[[ViewEvent], Coroutine[Any, Any, Answer]]


class AskBacks:
    """The listeners that let approvers ask back."""

    def __init__(self, parts: DoorParts, reviews: Reviews) -> None:
        self._parts = parts
        self._reviews = reviews
        self._forms = Forms(parts)

    def routes(self) -> dict[RouteKey, Listener]:
        """Return the listeners by action and by form."""
        return {
            ("block_actions", buttons.ASK_BACK): self._reviews.acked(self._open),
            ("view_submission", ASK_BACK_FORM): self._ask,
            ("block_actions", buttons.ANSWER_BACK): self._reviews.acked(self._open_answer),
            ("view_submission", ANSWER_BACK_FORM): self._answer,
        }

    async def _open(self, press: ButtonPress, say: Say) -> None:
        click = click_of(press, Verdict.APPROVE)
        content = await open_window(self._parts.desk, click, use=WindowUse.ASK_BACK)
        if isinstance(content, Answer):
            await say(_sentence(content))
        elif who_answers(content.request) is None:
            refusal = NobodyAnswers(request=content.request)
            await say(_sentence(Answer(request=content.request, refusal=refusal)))
        else:
            form = ask_back_modal(content, self._parts.desk.clock.now())
            await self._reviews.show(press, form, say)

    async def _open_answer(self, press: ButtonPress, say: Say) -> None:
        click = click_of(press, Verdict.REJECT)
        content = await open_window(self._parts.desk, click, use=WindowUse.ANSWER_BACK)
        if isinstance(content, Answer):
            await say(_sentence(content))
        else:
            await self._reviews.show(press, answer_back_modal(content), say)

    async def _answer(self, delivery: Delivery) -> Ack:
        return await self._saved(delivery, self._answered)

    async def _ask(self, delivery: Delivery) -> Ack:
        return await self._saved(delivery, self._submitted)

    async def _saved(self, delivery: Delivery, store: Store) -> Ack:
        event = view_event(delivery.body)
        return await self._forms.saved(
            delivery,
            store(event),
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
        return await ask_back(desk, click, question=asked_question(event.view))

    async def _answered(self, event: ViewEvent) -> Answer:
        desk = self._parts.desk
        try:
            click = await sent_click(desk, event, Verdict.REJECT)
            number = answered_question(event.view)
        except CardMismatch as refusal:
            return Answer(refusal=refusal)
        return await answer_back(desk, click, number=number, words=asked_question(event.view))


def _acknowledged(answer: Answer) -> Ack:
    if isinstance(answer.refusal, AskBackEmpty):
        return wrong({QUESTION_BLOCK: answer.refusal.message})
    return replaced(_sentence(answer)) if answer.refusal else Ack()


def _sentence(answer: Answer) -> str:
    if isinstance(answer.refusal, SelfApproval | EditorMayNotApprove):
        return NOT_YOURS
    if answer.refusal is not None:
        return refusal_sentence(answer.refusal, answer.request)
    return ASKED
