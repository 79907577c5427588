"""An agent's question for an answer: its card, its form, who may answer, and what is told."""

import json

from approvals.domain.approval_request import Cause, Requester, Status
from approvals.domain.outcome import OutcomeKind, outcome_of
from bot.slack import buttons
from bot.slack.reason_form import REASON_ACTION, REASON_BLOCK
from tests.cards.builders import labels, shown
from tests.cards.slack_rules import assert_slack_takes_message, assert_slack_takes_modal
from tests.slack_door.inquiring import fill_in, inquire
from tests.slack_door.scene import ALICE, BOB, CAROL, Scene


async def test_a_few_options_are_buttons_and_the_first_press_is_the_answer(stage: Scene) -> None:
    request = await inquire(stage, options=["eu", "us"])

    card = await stage.message(request)
    assert_slack_takes_message(card.blocks, schema=False)
    assert await stage.headline(request) == "❓ Agent asks · Which region?"
    assert labels(card.blocks)[:3] == ["eu", "us", "Decline to answer"]
    assert "approves nothing and runs nothing" in shown(card.blocks)
    assert "Answer from 1 of sre" in shown(card.blocks)
    await stage.click(BOB, request, buttons.ANSWERS[1])

    stored = await stage.stored(request)
    assert (stored.status, stored.cause, stored.ended_by) == (
        Status.APPROVED,
        Cause.PEOPLE,
        BOB,
    )
    outcome = outcome_of(stored)
    assert (outcome.kind, outcome.answer, outcome.by) == (OutcomeKind.APPROVED, "us", BOB)
    drawn = (await stage.message(request)).blocks
    assert await stage.headline(request) == "✅ Answered · Which region?"
    assert "Answered by " in shown(drawn)
    assert "us" in shown(drawn)
    assert await stage.desk.store.write(lambda tx: tx.permit(request.id)) is None


async def test_a_text_is_typed_into_a_form_and_reaches_the_agent_exactly(stage: Scene) -> None:
    request = await inquire(stage, "What is the ticket?")
    assert labels((await stage.message(request)).blocks)[:2] == ["Answer…", "Decline to answer"]

    await stage.click(BOB, request, buttons.ANSWER)
    assert_slack_takes_modal(stage.window(BOB).view, schema=False)
    result = await fill_in(stage, BOB, "OPS-7 <!channel> *now*")

    assert result.acked
    assert stage.slack.workspace.view_stack(BOB) == []
    assert outcome_of(await stage.stored(request)).answer == "OPS-7 <!channel> *now*"
    card = await stage.message(request)
    assert "OPS-7 <!channel> *now*" in shown(card.blocks)
    assert "<!channel>" not in card.text
    replies = stage.slack.workspace.messages(card.channel_id, thread_ts=card.ts)
    assert any("answered" in each.text and "&lt;!channel&gt;" in each.text for each in replies)


async def test_declining_tells_the_agent_that_somebody_would_not_answer(stage: Scene) -> None:
    request = await inquire(stage, options=["eu", "us"])

    await stage.click(BOB, request, buttons.REJECT)
    form = stage.window(BOB)
    assert form.view["title"]["text"] == "Decline to answer"
    values = {REASON_BLOCK: {REASON_ACTION: "Ask the network team."}}
    await stage.slack.interactions.submit_view(BOB, form.id, values)
    await stage.settle()

    stored = await stage.stored(request)
    assert (stored.status, stored.answer) == (Status.REJECTED, None)
    outcome = outcome_of(stored)
    assert outcome.message == "A person declined to answer."
    assert outcome.reason == "Ask the network team."
    assert await stage.headline(request) == "❌ Declined · Which region?"


async def test_an_approval_does_not_answer_and_an_answer_does_not_approve(stage: Scene) -> None:
    """Case B: neither door opens the other's lock."""
    inquiry = await inquire(stage, options=["eu", "us"])
    call = await stage.ask("service_restart")

    await stage.send(await stage.payload(BOB, inquiry, buttons.APPROVE))
    await stage.send(await stage.payload(BOB, call, buttons.ANSWERS[0]))
    await stage.send(await stage.payload(BOB, call, buttons.ANSWER))

    assert (await stage.stored(inquiry)).is_pending
    assert (await stage.stored(call)).is_pending
    told = " ".join(stage.told(BOB))
    assert "asks for an answer, which an approval is not" in told
    assert "asks for an approval, which an answer is not" in told
    await stage.click(BOB, inquiry, buttons.ANSWERS[0])
    await stage.click(BOB, call)
    assert (await stage.stored(inquiry)).answer == '"eu"'
    assert (await stage.stored(call)).status is Status.APPROVED


async def test_only_whom_the_rules_name_may_answer(stage: Scene) -> None:
    request = await inquire(stage, "What is the ticket?", requester=Requester(agent="ops"))

    await stage.click(ALICE, request, buttons.ANSWER)
    assert stage.slack.workspace.view_stack(ALICE) == []
    assert stage.told(ALICE)[-1].startswith("You are not an approver for this request")

    await stage.click(CAROL, request, buttons.ANSWER)
    await fill_in(stage, CAROL, "OPS-7")
    assert (await stage.stored(request)).answer == '"OPS-7"'


async def test_whom_the_agent_acts_for_may_answer_where_the_rules_name_them(stage: Scene) -> None:
    for_bob = Requester(agent="ops", person=BOB)
    call = await stage.ask("service_restart", requester=for_bob)
    await stage.click(BOB, call)
    assert (await stage.stored(call)).is_pending, "an approval is another's"
    request = await inquire(stage, options=["eu", "us"], requester=for_bob)

    await stage.click(BOB, request, buttons.ANSWERS[0])

    assert (await stage.stored(request)).answer == '"eu"'


async def test_acting_for_somebody_gives_them_no_right_to_answer(stage: Scene) -> None:
    request = await inquire(
        stage, options=["eu", "us"], requester=Requester(agent="ops", person=ALICE)
    )

    await stage.click(ALICE, request, buttons.ANSWERS[0])
    assert (await stage.stored(request)).is_pending

    await stage.click(BOB, request, buttons.ANSWERS[0])
    assert (await stage.stored(request)).answer == '"eu"'


async def test_what_does_not_fit_is_said_beside_its_field_and_nothing_is_stored(
    stage: Scene,
) -> None:
    request = await inquire(stage, "How many?", schema={"type": "integer", "minimum": 1})
    await stage.click(BOB, request, buttons.ANSWER)

    result = await fill_in(stage, BOB, "0")
    assert result.errors == {"edit:0": "Has to be at least 1."}
    assert (await stage.stored(request)).is_pending
    await fill_in(stage, BOB, "3")

    assert json.loads((await stage.stored(request)).answer or "") == 3


async def test_a_second_answer_is_too_late_and_says_who_answered(stage: Scene) -> None:
    """Case D: two answers, one ending."""
    request = await inquire(stage, options=["eu", "us"])
    late = await stage.payload(CAROL, request, buttons.ANSWERS[1])

    await stage.click(BOB, request, buttons.ANSWERS[0])
    await stage.send(late)

    assert (await stage.stored(request)).answer == '"eu"'
    assert f"already answered by <@{BOB}>" in stage.told(CAROL)[-1]


async def test_alice_is_told_in_the_thread_what_was_answered(stage: Scene) -> None:
    request = await inquire(stage, options=["eu", "us"])

    await stage.click(BOB, request, buttons.ANSWERS[0])

    card = await stage.message(request)
    replies = stage.slack.workspace.messages(card.channel_id, thread_ts=card.ts)
    assert any(f"<@{ALICE}>" in each.text and "is answered" in each.text for each in replies)
