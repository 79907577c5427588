"""Edit…: opens the form of a call's arguments, and takes it when it is submitted.

Who may change what is `edit_request`'s word, asked again at the submission. What does not fit is
said beside its field; what was changed shows on the card.
"""

from approvals.domain import edit_errors
from approvals.domain.display import one_line, shorten
from approvals.operations.click import Answer, Click
from approvals.operations.desk import Desk
from approvals.operations.edit_request import edit_request
from approvals.operations.open_edit import open_edit
from bot.slack import buttons
from bot.slack.edit_form_view import EDIT_FORM, VALUE_ACTION, block_of, edit_form_view, place_in
from bot.slack.forms import wrong
from bot.slack.payloads import ViewState
from bot.slack.routing import Ack
from bot.slack.sentences import edited_sentence
from bot.slack.windows import View, Window

_WRONG_MAX_CHARS = 300


async def _form(desk: Desk, click: Click) -> View | Answer:
    window = await open_edit(desk, click)
    return window if isinstance(window, Answer) else edit_form_view(window)


async def _edited(desk: Desk, click: Click, view: ViewState) -> Answer:
    return await edit_request(desk, click, _given(view))


def _given(view: ViewState) -> dict[int, str | None]:
    """Return the text of each field, None for an empty one; exactly as it was typed."""
    given: dict[int, str | None] = {}
    for block_id in view.values:
        place = place_in(block_id)
        if place is not None:
            given[place] = view.held(block_id, VALUE_ACTION)
    return given


def _beside(answer: Answer) -> Ack | None:
    if isinstance(answer.refusal, edit_errors.InvalidEdit):
        fields = answer.refusal.facts.get("fields", {})
        return _errors({block_of(place): sentence for place, sentence in fields.items()})
    if isinstance(answer.refusal, edit_errors.EditDenied | edit_errors.NobodyElseToApprove):
        return _errors({block_of(0): answer.refusal.message})
    return None


def _errors(sentences: dict[str, str]) -> Ack:
    return wrong(
        {block: shorten(one_line(said), _WRONG_MAX_CHARS) for block, said in sentences.items()}
    )


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
