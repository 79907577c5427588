"""Answer…: opens the form of an inquiry, and takes it when it is submitted.

Who may answer is the word of `answer_inquiry`, asked again at the submission. What does not fit is
said beside its field. An option with a button of its own needs no form: see `decisions`.
"""

from approvals.domain.inquiry_errors import InvalidAnswer
from approvals.operations.answer_inquiry import answer_inquiry, open_inquiry
from approvals.operations.click import Answer, Click
from approvals.operations.desk import Desk
from bot.slack import buttons
from bot.slack.answer_form import ANSWER_FORM, answer_form_view
from bot.slack.form_fields import given_in
from bot.slack.forms import wrong_fields
from bot.slack.payloads import ViewState
from bot.slack.routing import Ack
from bot.slack.sentences import recorded_sentence
from bot.slack.windows import View, Window


async def _form(desk: Desk, click: Click) -> View | Answer:
    content = await open_inquiry(desk, click)
    return content if isinstance(content, Answer) else answer_form_view(content)


async def _answered(desk: Desk, click: Click, view: ViewState) -> Answer:
    return await answer_inquiry(desk, click, given_in(view))


def _beside(answer: Answer) -> Ack | None:
    if isinstance(answer.refusal, InvalidAnswer):
        return wrong_fields(answer.refusal.facts["fields"])
    return None


def _done(answer: Answer) -> str:
    assert answer.decision is not None
    assert answer.request is not None
    return recorded_sentence(answer.decision, answer.request)


ANSWER = Window(
    button=buttons.ANSWER,
    form=ANSWER_FORM,
    opened=_form,
    sent=_answered,
    done=_done,
    beside=_beside,
)
