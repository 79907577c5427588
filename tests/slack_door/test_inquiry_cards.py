"""What an agent's question may do on a card, and what nobody gets to see: security, times, Home."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Cause, Requester, Status
from approvals.domain.freeze import ALL, Hand
from approvals.domain.outcome import outcome_of
from approvals.operations.freeze import freeze
from approvals.operations.send_follow_ups import send_follow_ups
from approvals.storage.policy_reader import read_policy
from bot.slack import buttons
from tests.cards.builders import labels, shown
from tests.cards.slack_rules import assert_slack_takes_message
from tests.slack_door.inquiring import fill_in, inquire
from tests.slack_door.scene import ALICE, BOB, CAROL, POLICY, PROD, Scene

RULES = POLICY.replace("usergroups: [S0SRE]", "usergroup: S0SRE")
NOBODY = Requester(agent="ops")
MINUTE = timedelta(minutes=1)


def ruled(stage: Scene, rule: str) -> None:
    stage.set_policy(read_policy(RULES.replace("effect: ask", f"effect: ask, {rule}").encode()))


async def answered(stage: Scene, request: ApprovalRequest, *typed: Any, by: str = BOB) -> None:
    await stage.click(by, request, buttons.ANSWER)
    await fill_in(stage, by, *typed)


async def test_a6_a_question_hides_nothing_and_forms_nothing(stage: Scene) -> None:
    asked = "Region?\u202e\u200b <!channel> *bold* <https://x.example|here> ✅ Approved"
    options = ["<!here>", "*eu* & <b>"]
    request = await inquire(stage, asked, options=options, requester=NOBODY)

    card = await stage.message(request)
    assert_slack_takes_message(card.blocks, schema=False)
    headline = await stage.headline(request)
    assert headline.startswith("❓ Agent asks · Region?⟦U+202E⟧⟦U+200B⟧ &lt;!channel&gt;")
    assert "<!channel>" not in card.text
    assert "The agent asks (its own words, unverified)" in shown(card.blocks)
    assert labels(card.blocks)[:2] == ["&lt;!here&gt;", "*eu* &amp; &lt;b&gt;"]
    await stage.click(BOB, request, buttons.ANSWERS[1])
    assert outcome_of(await stage.stored(request)).answer == "*eu* & <b>"


async def test_l2_an_answer_that_is_a_secret_is_masked_wherever_it_is_shown(stage: Scene) -> None:
    secret = "hunter2-hunter2"
    by_field = {"type": "object", "properties": {"db_password": {"type": "string"}}}
    cases = [
        await inquire(stage, "What is the database password?"),
        await inquire(stage, "And for the second one?", schema=by_field),
    ]
    token = await inquire(stage, "Which value?")
    for each in cases:
        await answered(stage, each, secret)
    await answered(stage, token, "ghp_0123456789abcdefghijABCDEFGHIJ012345")

    for each in (*cases, token):
        assert outcome_of(await stage.stored(each)).answer is not None, "the agent gets it"
    said = str([(each.text, each.blocks) for each in stage.slack.workspace.messages(PROD)])
    for each in (*cases, token):
        card = await stage.message(each)
        replies = stage.slack.workspace.messages(PROD, thread_ts=card.ts)
        said += str([(reply.text, reply.blocks) for reply in replies])
    assert secret not in said
    assert "ghp_0123" not in said
    assert said.count("[secret, 15 characters") >= 2


async def test_what_was_chosen_from_the_card_is_no_secret(stage: Scene) -> None:
    request = await inquire(stage, "Which secret store?", options=["vault", "keychain"])

    await stage.click(BOB, request, buttons.ANSWERS[0])

    assert "vault" in shown((await stage.message(request)).blocks)


async def test_a_private_question_is_read_and_answered_in_the_form_alone(stage: Scene) -> None:
    ruled(stage, "card: private")
    request = await inquire(stage, "Is XMARKX a customer?", options=["XMARKX yes", "no"])
    assert labels((await stage.message(request)).blocks)[:2] == ["Answer…", "Decline to answer"]

    await stage.click(BOB, request, buttons.ANSWER)
    assert "Is XMARKX a customer?" in shown(stage.window(BOB).view["blocks"])
    await fill_in(stage, BOB, "0")

    assert outcome_of(await stage.stored(request)).answer == "XMARKX yes"
    card = await stage.message(request)
    replies = stage.slack.workspace.messages(PROD, thread_ts=card.ts)
    posted = [*stage.slack.workspace.messages(PROD), *replies]
    assert "XMARKX" not in str([(each.text, each.blocks) for each in posted])
    assert "is private" in shown(card.blocks)


async def test_a_private_question_is_shown_to_nobody_who_may_not_answer(stage: Scene) -> None:
    ruled(stage, "card: private")
    request = await inquire(stage, "Is XMARKX a customer?", requester=NOBODY)

    await stage.click(ALICE, request, buttons.ANSWER)

    assert stage.slack.workspace.view_stack(ALICE) == []
    assert "XMARKX" not in str(stage.told(ALICE))
    await stage.click(BOB, request, buttons.ANSWER)
    assert stage.slack.workspace.view_stack(BOB) != []


@pytest.mark.parametrize("late", [False, True])
async def test_d2_d3_an_answer_at_the_end_of_time_is_too_late_and_one_before_it_counts(
    stage: Scene, late: bool
) -> None:
    request = await inquire(stage, options=["eu", "us"])
    moment = request.expires_at - stage.clock.now()
    stage.clock.advance(moment if late else moment - timedelta(microseconds=1))

    await stage.click(BOB, request, buttons.ANSWERS[0])

    stored = await stage.stored(request)
    expected = (Status.TIMED_OUT, None) if late else (Status.APPROVED, '"eu"')
    assert (stored.status, stored.answer) == expected
    if late:
        assert stage.told(BOB)[-1].startswith("⌛ Too late")


async def test_nothing_is_answered_while_everything_is_frozen(stage: Scene) -> None:
    request = await inquire(stage, options=["eu", "us"])
    await freeze(stage.desk, ALL, by=Hand(user=CAROL), reason="a bad deploy")

    await stage.click(BOB, request, buttons.ANSWERS[0])
    assert (await stage.stored(request)).is_pending
    assert "frozen" in stage.told(BOB)[-1]

    asked = await inquire(stage, "Which team?")
    assert asked.cause is Cause.FROZEN
    assert outcome_of(asked).message == "The gateway is frozen, so nobody was asked."


async def test_a_reason_is_wanted_of_who_declines_and_not_of_who_answers(stage: Scene) -> None:
    ruled(stage, "reason: always")
    request = await inquire(stage, options=["eu", "us"])

    await stage.send(await stage.payload(BOB, request, buttons.APPROVE))
    assert "asks for an answer" in stage.told(BOB)[-1]
    await stage.click(BOB, request, buttons.ANSWERS[0])

    assert (await stage.stored(request)).answer == '"eu"'


async def test_a_hold_does_not_hold_an_answer_back(stage: Scene) -> None:
    ruled(stage, "hold: 1m")
    request = await inquire(stage, options=["eu", "us"])

    await stage.click(BOB, request, buttons.ANSWERS[0])

    assert (await stage.stored(request)).status is Status.APPROVED


async def test_a_reminder_asks_for_an_answer(stage: Scene) -> None:
    ruled(stage, "remind: {every: 2m, max: 1}")
    request = await inquire(stage)
    stage.clock.advance(2 * MINUTE)
    await send_follow_ups(stage.desk)
    await stage.deliver()

    card = await stage.message(request)
    (reminder,) = [
        each
        for each in stage.slack.workspace.messages(PROD, thread_ts=card.ts)
        if "⏰" in each.text
    ]
    assert "Which region? still needs an answer from 1 of sre" in shown(reminder.blocks)
    assert "then the agent hears that nobody answered" in shown(reminder.blocks)


async def test_home_answers_too(stage: Scene) -> None:
    request = await inquire(stage, options=["eu", "us"])
    await stage.slack.interactions.open_home(BOB)
    await stage.settle()
    home = stage.slack.workspace.home(BOB)
    assert home is not None
    assert "Which region?" in shown(home.view["blocks"])

    await stage.slack.interactions.click_in_view(
        BOB, home.id, action_id=buttons.ANSWERS[1], block_id=f"decide:{request.id}"
    )
    await stage.settle()

    assert (await stage.stored(request)).answer == '"us"'
    home = stage.slack.workspace.home(BOB)
    assert home is not None
    assert "you answered it" in shown(home.view["blocks"])


async def test_a_question_has_a_card_of_its_own_amid_a_burst(stage: Scene) -> None:
    stage.set_policy(read_policy(RULES.replace("timeout: 15m", "timeout: 15m, fold: 1").encode()))
    for number in range(3):
        await stage.ask("scale", replicas=number)

    request = await inquire(stage, options=["eu", "us"])

    stored = await stage.stored(request)
    assert stored.is_alone
    assert labels((await stage.message(request)).blocks)[:2] == ["eu", "us"]


async def test_d1_identical_questions_get_one_answer_and_a_stale_card_answers_none(
    stage: Scene,
) -> None:
    first = await inquire(stage, options=["eu", "us"])
    stale = await stage.payload(BOB, first, buttons.ANSWERS[0])
    second = await inquire(stage, options=["eu", "us"])

    await stage.send(stale)
    assert (await stage.stored(second)).is_pending
    assert "More calls joined" in stage.told(BOB)[-1]

    await stage.click(BOB, first, buttons.ANSWERS[1])
    both = [await stage.stored(each) for each in (first, second)]
    assert [each.answer for each in both] == ['"us"', '"us"']


@pytest.mark.parametrize("typed", ["7", "-1", "x", ""])
async def test_b22_an_option_that_is_not_there_is_not_answered(stage: Scene, typed: str) -> None:
    options = [f"region {number}" for number in range(7)]
    request = await inquire(stage, options=options)
    await stage.click(BOB, request, buttons.ANSWER)

    await fill_in(stage, BOB, typed)

    assert (await stage.stored(request)).is_pending


async def test_an_approver_asks_back_and_the_question_goes_on_waiting(stage: Scene) -> None:
    request = await inquire(stage, options=["eu", "us"])
    await stage.click(BOB, request, buttons.ASK_BACK)
    assert stage.slack.workspace.view_stack(BOB) != []
    assert (await stage.stored(request)).is_pending


async def test_whom_the_rules_call_is_mentioned_while_it_waits(stage: Scene) -> None:
    notified = RULES.replace("approvers:", "notify: [sre], approvers:")
    stage.set_policy(read_policy(notified.encode()))

    request = await inquire(stage, requester=NOBODY)

    text = (await stage.message(request)).text
    assert text.startswith("Asks, 15 min left: Which region?")
    assert "S0SRE" in text
