"""Extend…: the button opens a form, the form's submission gives the request more time.

Who may extend, and how far, is `extend_request`'s word.
"""

from approvals.operations.click import Answer, Click, WindowUse
from approvals.operations.decide import open_window
from approvals.operations.desk import Desk
from approvals.operations.extend_request import NOT_YOURS, extend_request
from bot.slack import buttons
from bot.slack.extend_form import EXTEND_FORM, chosen_until, extend_modal
from bot.slack.payloads import ViewState
from bot.slack.sentences import extended_sentence
from bot.slack.windows import View, Window


async def _form(desk: Desk, click: Click) -> View | Answer:
    content = await open_window(desk, click, use=WindowUse.EXTEND)
    return content if isinstance(content, Answer) else extend_modal(content, desk.clock.now())


async def _extended(desk: Desk, click: Click, view: ViewState) -> Answer:
    return await extend_request(desk, click, until=chosen_until(view))


def _done(answer: Answer) -> str:
    assert answer.request is not None
    return extended_sentence(answer.request)


EXTEND = Window(
    button=buttons.EXTEND,
    form=EXTEND_FORM,
    opened=_form,
    sent=_extended,
    done=_done,
    not_yours=NOT_YOURS,
)
