"""Edit…: opens the form of a call's arguments, and takes it when it is submitted.

Who may change what is `edit_request`'s word, asked again at the submission. What does not fit is
said beside its field; what was changed shows on the card.
"""

from approvals.domain import edit_errors
from approvals.operations.click import Answer, Click
from approvals.operations.desk import Desk
from approvals.operations.edit_request import edit_request
from approvals.operations.open_edit import open_edit
from bot.slack import buttons
from bot.slack.edit_form_view import EDIT_FORM, edit_form_view
from bot.slack.form_fields import given_in
from bot.slack.forms import wrong_fields
from bot.slack.payloads import ViewState
from bot.slack.routing import Ack
from bot.slack.sentences import edited_sentence
from bot.slack.windows import View, Window


async def _form(desk: Desk, click: Click) -> View | Answer:
    window = await open_edit(desk, click)
    return window if isinstance(window, Answer) else edit_form_view(window)


async def _edited(desk: Desk, click: Click, view: ViewState) -> Answer:
    return await edit_request(desk, click, given_in(view))


def _beside(answer: Answer) -> Ack | None:
    if isinstance(answer.refusal, edit_errors.InvalidEdit):
        fields = answer.refusal.facts.get("fields", {})
        return wrong_fields(fields)
    if isinstance(answer.refusal, edit_errors.EditDenied | edit_errors.NobodyElseToApprove):
        return wrong_fields({0: answer.refusal.message})
    return None


def _done(answer: Answer) -> str:
    assert answer.request is not None
    return edited_sentence(answer.request)


EDIT = Window(
    button=buttons.EDIT,
    form=EDIT_FORM,
    opened=_form,
    sent=_edited,
    done=_done,
    beside=_beside,
)
