"""Ask…: the button opens a form, the form's submission puts the question to the agent.

Answer…: the same for the person it acts for, where it cannot be asked itself. Who may ask and
answer is the word of `ask_back` and `answer_back`.
"""

from approvals.domain.ask_back_errors import AskBackEmpty, NobodyAnswers
from approvals.domain.asking_back import who_answers
from approvals.domain.decision import Verdict
from approvals.operations.answer_back import answer_back
from approvals.operations.ask_back import NOT_YOURS, ask_back
from approvals.operations.click import Answer, Click, WindowUse
from approvals.operations.decide import open_window
from approvals.operations.desk import Desk
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
from bot.slack.forms import wrong
from bot.slack.payloads import ViewState
from bot.slack.routing import Ack
from bot.slack.windows import View, Window

ASKED = "✅ Your words are stored. They stand in the thread of the card."


async def _ask_form(desk: Desk, click: Click) -> View | Answer:
    content = await open_window(desk, click, use=WindowUse.ASK_BACK)
    if isinstance(content, Answer):
        return content
    if who_answers(content.request) is None:
        refusal = NobodyAnswers(request=content.request)
        return Answer(request=content.request, refusal=refusal)
    return ask_back_modal(content, desk.clock.now())


async def _answer_form(desk: Desk, click: Click) -> View | Answer:
    content = await open_window(desk, click, use=WindowUse.ANSWER_BACK)
    return content if isinstance(content, Answer) else answer_back_modal(content)


async def _asked(desk: Desk, click: Click, view: ViewState) -> Answer:
    return await ask_back(desk, click, question=asked_question(view))


async def _answered(desk: Desk, click: Click, view: ViewState) -> Answer:
    number = answered_question(view)
    return await answer_back(desk, click, number=number, words=asked_question(view))


def _empty(answer: Answer) -> Ack | None:
    if isinstance(answer.refusal, AskBackEmpty):
        return wrong({QUESTION_BLOCK: answer.refusal.message})
    return None


ASK_BACK = Window(
    button=buttons.ASK_BACK,
    form=ASK_BACK_FORM,
    opened=_ask_form,
    sent=_asked,
    done=lambda _: ASKED,
    not_yours=NOT_YOURS,
    beside=_empty,
)
ANSWER_BACK = Window(
    button=buttons.ANSWER_BACK,
    form=ANSWER_BACK_FORM,
    verdict=Verdict.REJECT,
    opened=_answer_form,
    sent=_answered,
    done=lambda _: ASKED,
    not_yours=NOT_YOURS,
    beside=_empty,
)
