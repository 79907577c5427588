"""Ask…: an approver asks the agent something, and its answer lands in the thread."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Requester, Status
from approvals.domain.asked_back import AskedBack
from approvals.domain.asking_back import ANSWER_MAX_CHARS, QUESTIONS_MAX
from approvals.domain.ids import UserId
from approvals.domain.tool_call import ToolCall
from approvals.operations.answerer import CannotAnswer, Said
from approvals.operations.ask import Ask, new_request
from approvals.operations.deliver_answer import ANSWERED_WITHIN, NOBODY_THERE
from approvals.operations.ports import NotNow
from approvals.operations.submit_request import submit_request
from approvals.storage.policy_reader import read_policy
from bot.sandbox.nouns import Message
from bot.slack import buttons
from bot.slack.ask_back_form import QUESTION_ACTION, QUESTION_BLOCK
from bot.slack.ask_back_words import SAYS
from tests.cards.builders import labels, shown
from tests.cards.slack_rules import assert_slack_takes_message, assert_slack_takes_modal
from tests.cards.test_properties import assert_nothing_live
from tests.security.evidence import recorded
from tests.slack_door.scene import ALICE, BOB, CAROL, DANA, POLICY, PROD, Scene, scene

ONE = POLICY.replace("usergroups: [S0SRE]", "users: [U0BOB]")
QUESTION = "Which customers does it touch?"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path, paces_by_clock=True, directory_max_age_s=0.0) as opened:
        yield opened


@dataclass
class Agent:
    """Implements the `AgentAnswers` port: says what the test wants."""

    says: Callable[[str], str] | Exception = lambda question: f"About {question!r}: two of them."
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: ApprovalRequest, asked: AskedBack) -> Said:
        self.asked.append(asked.question)
        if isinstance(self.says, Exception):
            raise self.says
        return Said(text=self.says(asked.question))


async def asked(
    stage: Scene,
    *,
    is_heard: bool = True,
    person: Any = ALICE,
    others: tuple[UserId, ...] = (),
    policy: str = ONE,
) -> ApprovalRequest:
    stage.set_policy(read_policy(policy.encode()))
    call = ToolCall.of("refund", "0" * 64, {"customer": 7})
    ask = Ask(
        call=call,
        requirement=stage.policies[-1].requirement(call),
        requester=Requester(agent="ops", person=person, on_behalf_of=others),
        is_heard=is_heard,
    )
    request = await submit_request(stage.desk, new_request(stage.desk, ask))
    await stage.deliver()
    return request


async def asks(stage: Scene, request: ApprovalRequest, words: str = QUESTION) -> None:
    await stage.click(BOB, request, buttons.ASK_BACK)
    await submits(stage, words)


async def submits(stage: Scene, words: str, person: str = BOB) -> None:
    typed = {QUESTION_BLOCK: {QUESTION_ACTION: words}}
    await stage.slack.interactions.submit_view(person, stage.window(person).id, typed)
    await stage.settle()


async def thread(stage: Scene, request: ApprovalRequest) -> list[Message]:
    """What stands below the card once all of it had its turn."""
    for _ in range(8):
        stage.clock.advance(timedelta(seconds=2))
        await stage.deliver()
    card = await stage.card(request)
    assert card.ts is not None
    return list(stage.slack.workspace.messages(PROD, thread_ts=card.ts))[1:]


async def test_the_answer_lands_in_the_thread_and_the_request_goes_on_waiting(
    stage: Scene, tmp_path: Path
) -> None:
    stage.agents = agent = Agent()
    request = await asked(stage)
    await stage.click(BOB, request, buttons.ASK_BACK)
    form = stage.window(BOB).view
    assert_slack_takes_modal(form, schema=False)
    assert "approves nothing, and nothing runs for it" in shown(form["blocks"])

    await submits(stage, QUESTION)

    question, answer = await thread(stage, request)
    assert agent.asked == [QUESTION]
    assert question.text == f"💬 <@{BOB}> asks the agent:"
    assert QUESTION in shown(question.blocks)
    assert SAYS in shown(answer.blocks)
    assert "two of them." in shown(answer.blocks)
    assert (await stage.stored(request)).status is Status.PENDING
    card = await stage.message(request)
    assert_slack_takes_message(card.blocks, schema=False)
    assert "Asked back 1 time; see the thread." in shown(card.blocks)
    assert "Approve" in labels(card.blocks)
    (event,) = recorded(tmp_path / "sayso.db", "request.asked_back")
    assert (event["by"], event["question"], event["of"]) == (BOB, QUESTION, "agent")
    (event,) = recorded(tmp_path / "sayso.db", "request.answered_back")
    assert (event["number"], "two of them." in event["answer"]) == (1, True)


async def test_several_questions_are_answered_each_and_details_show_them(stage: Scene) -> None:
    stage.agents = Agent(says=lambda question: f"answer to {question}")
    request = await asked(stage)

    for number in range(3):
        await asks(stage, request, f"question {number}?")

    told = [shown(each.blocks) for each in await thread(stage, request)]
    assert len(told) == 6
    assert all(f"answer to question {number}?" in told[2 * number + 1] for number in range(3))
    await stage.click(BOB, request, buttons.DETAILS)
    view = stage.window(BOB).view
    assert "Asked back 3 times" in shown(view["blocks"])
    assert "answer to question 2?" in shown(view["blocks"])


@pytest.mark.parametrize(
    "words",
    [
        "APPROVED by security. <!channel> press Approve",
        "<https://evil.example|ok> ```*bold*``` :white_check_mark:",
        "\u202eabc \u200b",
        '{"approved": true, "token": "ghp_a1b2c3d4e5a1b2c3d4e5a1b2c3d4e5"}',
        "nul \x00 and half a pair \ud800",
    ],
)
async def test_a9_an_answer_stands_labelled_and_inert_and_decides_nothing(
    stage: Scene, words: str
) -> None:
    stage.agents = Agent(says=lambda _: words)
    request = await asked(stage)

    await asks(stage, request)

    _, answer = await thread(stage, request)
    assert shown(answer.blocks).startswith("💬 " + SAYS)
    assert_nothing_live(answer.blocks)
    assert answer.text == f"💬 *{SAYS}*"
    assert "ghp_a1b2" not in str(answer.blocks)
    assert (await stage.stored(request)).status is Status.PENDING
    assert await stage.decisions(request) == ()


async def test_a_long_answer_is_cut_before_it_is_stored(stage: Scene) -> None:
    stage.agents = Agent(says=lambda _: "long " * 10_000)
    request = await asked(stage)

    await asks(stage, request)

    (question,) = (await stage.stored(request)).asking_back.asked
    assert len(question.answer or "") <= ANSWER_MAX_CHARS
    _, answer = await thread(stage, request)
    assert_slack_takes_message(answer.blocks, schema=False)


async def test_only_approvers_may_ask(stage: Scene) -> None:
    stage.agents = agent = Agent()
    request = await asked(stage)

    for person in (ALICE, CAROL, DANA):
        await stage.click(person, request, buttons.ASK_BACK)
        assert stage.slack.workspace.view_stack(person) == []
    assert stage.told(ALICE)[-1].startswith("Only who may approve this can ask back")
    assert "not an approver" in stage.told(CAROL)[-1]
    await asks(stage, request)
    assert agent.asked == [QUESTION]


async def test_b22_a_question_sent_after_the_right_is_lost_is_not_asked(stage: Scene) -> None:
    stage.agents = agent = Agent()
    request = await asked(stage)
    await stage.click(BOB, request, buttons.ASK_BACK)
    stage.set_policy(read_policy(ONE.replace("U0BOB", "U0CAROL").encode()))

    await submits(stage, QUESTION)

    assert agent.asked == []
    assert (await stage.stored(request)).asking_back.asked == ()
    assert "not an approver" in str(stage.window(BOB).view["blocks"])


@pytest.mark.parametrize("verdict", [buttons.APPROVE, "timeout"])
async def test_a_question_after_the_end_is_refused(stage: Scene, verdict: str) -> None:
    stage.agents = agent = Agent()
    request = await asked(stage)
    await stage.click(BOB, request, buttons.ASK_BACK)
    if verdict == "timeout":
        stage.clock.advance(timedelta(hours=1))
    else:
        await stage.click(BOB, request, verdict)

    await submits(stage, QUESTION)

    assert agent.asked == []
    told = str(stage.window(BOB).view["blocks"])
    assert "already approved" in told or "Too late" in told


async def test_an_answer_that_comes_after_the_end_is_not_told(stage: Scene) -> None:
    request = await asked(stage)
    await asks(stage, request)
    await stage.click(BOB, request)
    stage.agents = agent = Agent()
    stage.clock.advance(timedelta(minutes=5))
    await stage.deliver()

    assert (await stage.stored(request)).status is Status.APPROVED
    assert agent.asked == []
    assert SAYS not in "".join(shown(each.blocks) for each in await thread(stage, request))


async def test_an_agent_that_cannot_be_asked_is_asked_through_its_person(stage: Scene) -> None:
    request = await asked(stage, is_heard=False)
    await stage.click(BOB, request, buttons.ASK_BACK)
    assert "This agent cannot be asked itself" in shown(stage.window(BOB).view["blocks"])

    await submits(stage, QUESTION)

    (question,) = await thread(stage, request)
    assert question.text == (
        f"💬 <@{BOB}> asks <@{ALICE}>, who can answer for the agent on the card:"
    )
    assert QUESTION in shown(question.blocks)


async def answers(stage: Scene, request: ApprovalRequest, words: str, person: str = ALICE) -> None:
    await stage.click(person, request, buttons.ANSWER_BACK)
    await submits(stage, words, person)


async def test_the_person_answers_under_their_name_and_may_still_not_approve(
    stage: Scene, tmp_path: Path
) -> None:
    request = await asked(stage, is_heard=False)
    await asks(stage, request)
    assert "Answer…" in labels((await stage.message(request)).blocks)
    await stage.click(ALICE, request, buttons.ANSWER_BACK)
    form = stage.window(ALICE).view
    assert_slack_takes_modal(form, schema=False)
    assert QUESTION in shown(form["blocks"])

    await submits(stage, "Two: <!channel> and Acme", ALICE)

    _, answer = await thread(stage, request)
    assert answer.text == f"💬 <@{ALICE}> answers for the agent:"
    assert_nothing_live(answer.blocks)
    assert "Two: <!channel> and Acme" in shown(answer.blocks)
    card = await stage.message(request)
    assert "Answer…" not in labels(card.blocks)
    (event,) = recorded(tmp_path / "sayso.db", "request.answered_back")
    assert (event["by"], event["number"]) == (ALICE, 1)
    await stage.click(ALICE, request)
    assert (await stage.stored(request)).status is Status.PENDING


async def test_only_who_it_was_asked_for_answers_and_only_while_it_waits(stage: Scene) -> None:
    request = await asked(stage, is_heard=False)
    await asks(stage, request, "one?")
    await asks(stage, request, "two?")
    for person in (BOB, CAROL):
        await stage.click(person, request, buttons.ANSWER_BACK)
        assert stage.slack.workspace.view_stack(person) == []
        assert stage.told(person)[-1].startswith("Only who this was asked by or for")

    await answers(stage, request, "to one")
    await stage.click(ALICE, request, buttons.ANSWER_BACK)
    await submits(stage, "  ", ALICE)
    assert "There is no answer" in str(stage.window(ALICE).errors)
    await stage.click(BOB, request)
    await submits(stage, "too late", ALICE)

    one, two = (await stage.stored(request)).asking_back.asked
    assert (one.answer, two.answer) == ("to one", None)
    assert "already approved" in str(stage.window(ALICE).view["blocks"])


async def test_a_question_is_answered_once(stage: Scene) -> None:
    request = await asked(stage, is_heard=False, others=(CAROL,))
    await asks(stage, request)
    for person in (ALICE, CAROL):
        await stage.click(person, request, buttons.ANSWER_BACK)
    await submits(stage, "the first", ALICE)

    await submits(stage, "the second", CAROL)

    (question,) = (await stage.stored(request)).asking_back.asked
    assert (question.answer, question.answered_by) == ("the first", ALICE)
    assert "No question waits" in str(stage.window(CAROL).view["blocks"])


async def test_where_nobody_can_answer_that_is_said_at_once(stage: Scene) -> None:
    request = await asked(stage, is_heard=False, person=None)

    await stage.click(BOB, request, buttons.ASK_BACK)

    assert stage.slack.workspace.view_stack(BOB) == []
    assert stage.told(BOB)[-1].startswith("This agent cannot be asked")


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (CannotAnswer("The model at <x> cannot be reached."), "cannot be reached"),
        (RuntimeError("secret hunter2"), "The agent failed when it was asked"),
    ],
)
async def test_why_no_answer_came_is_told_and_it_may_be_asked_again(
    stage: Scene, trouble: Exception, words: str
) -> None:
    stage.agents = agent = Agent(says=trouble)
    request = await asked(stage)
    await asks(stage, request)
    agent.says = lambda _: "now I can"
    await asks(stage, request)

    _, refused, _, answer = await thread(stage, request)
    assert "No answer: " in shown(refused.blocks)
    assert words in shown(refused.blocks)
    assert "hunter2" not in str(refused.blocks)
    assert_nothing_live(refused.blocks)
    assert "now I can" in shown(answer.blocks)


async def test_a_program_that_is_not_there_is_waited_for_and_then_given_up(stage: Scene) -> None:
    stage.agents = agent = Agent(says=NotNow("nobody_waits"))
    request = await asked(stage)
    await asks(stage, request)
    stage.clock.advance(timedelta(seconds=30))
    await stage.deliver()
    assert len(agent.asked) >= 2
    assert (await stage.stored(request)).asking_back.asked[0].is_open

    stage.clock.advance(ANSWERED_WITHIN)
    await stage.deliver()

    assert (await stage.stored(request)).asking_back.asked[0].trouble == NOBODY_THERE


async def test_a_question_outlives_a_restart_between_the_click_and_the_answer(
    stage: Scene,
) -> None:
    request = await asked(stage)
    await asks(stage, request)
    assert (await stage.stored(request)).asking_back.asked[0].is_open

    stage.agents = Agent(says=lambda _: "after all")
    stage.clock.advance(timedelta(minutes=5))  # the lease of whoever took it has ended
    await stage.deliver()

    assert (await stage.stored(request)).asking_back.asked[0].answer == "after all"


async def test_empty_words_are_asked_for_again_and_there_is_an_end_to_it(stage: Scene) -> None:
    stage.agents = Agent()
    request = await asked(stage)
    await stage.click(BOB, request, buttons.ASK_BACK)
    await submits(stage, "   ")
    assert "There is no question" in str(stage.window(BOB).errors)
    await submits(stage, QUESTION)
    for _ in range(QUESTIONS_MAX - 1):
        await asks(stage, request)

    await asks(stage, request)

    assert len((await stage.stored(request)).asking_back.asked) == QUESTIONS_MAX
    assert "as often as it may be" in str(stage.window(BOB).view["blocks"])


async def test_of_a_private_call_question_and_answer_stand_in_details_alone(
    stage: Scene,
) -> None:
    stage.agents = Agent(says=lambda _: "XMARKX")
    request = await asked(stage, policy=ONE.replace("effect: ask", "effect: ask, card: private"))
    await asks(stage, request, "XMARKX?")

    told = [str(each.blocks) + each.text for each in await thread(stage, request)]
    assert len(told) == 2
    assert "XMARKX" not in "".join(told)
    await stage.click(BOB, request, buttons.DETAILS)
    assert "XMARKX" in str(stage.window(BOB).view["blocks"])


async def test_who_asked_may_decide_as_before_and_an_edit_keeps_what_was_asked(
    stage: Scene,
) -> None:
    stage.agents = Agent()
    request = await asked(stage)
    await asks(stage, request)

    await stage.click(BOB, request)

    stored = await stage.stored(request)
    assert stored.status is Status.APPROVED
    assert len(stored.asking_back.asked) == 1
    assert replace(stored, asking_back=request.asking_back).call == request.call


async def test_what_is_asked_on_a_shared_card_is_told_for_the_request_it_names(
    stage: Scene,
) -> None:
    stage.set_policy(read_policy(ONE.encode()))
    first, second = [await stage.ask("restart") for _ in range(2)]
    assert "×2" in await stage.headline(first)

    assert (await stage.stored(second)).joined == first.id
    await asks(stage, first, "one?")

    (told,) = await thread(stage, first)
    assert "one?" in shown(told.blocks)
    assert (await stage.stored(second)).asking_back.asked == ()
    await stage.click(BOB, first)
    assert [(await stage.stored(each)).status for each in (first, second)] == [
        Status.APPROVED,
        Status.APPROVED,
    ]
