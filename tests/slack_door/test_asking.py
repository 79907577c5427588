"""`/approvals ask`: people ask people, under the channel's policy; nothing runs."""

from datetime import timedelta

import pytest

from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.ids import ChannelId
from approvals.storage.policy_reader import read_policy
from bot.sandbox.faults import Fault, FaultKind
from bot.slack import buttons
from tests.slack_door.scene import ALICE, BOB, CAROL, DANA, POLICY, PROD, Scene, policy

ONE = POLICY.replace("usergroups: [S0SRE]", "usergroup: S0SRE")


async def asks(stage: Scene, text: str, person: str = ALICE, channel: ChannelId = PROD) -> str:
    """Type `/approvals ask …` and return what the asker is told."""
    await stage.slack.interactions.slash_command(person, channel, f"/approvals ask {text}")
    await stage.settle()
    return stage.told(person, channel)[-1]


async def pending(stage: Scene) -> list[ApprovalRequest]:
    return list(await stage.desk.store.look(lambda snapshot: snapshot.pending(limit=9)))


async def only(stage: Scene) -> ApprovalRequest:
    (request,) = await pending(stage)
    return request


def told_in_thread(stage: Scene, request_ts: str) -> list[str]:
    return [each.text for each in stage.slack.workspace.messages(PROD, thread_ts=request_ts)]


async def test_a_question_is_a_card_under_the_channels_rules_and_the_asker_is_told(
    stage: Scene,
) -> None:
    told = await asks(stage, '"Deploy 2.3 to prod?"')

    request = await only(stage)
    assert (request.requester.person, request.channel) == (ALICE, PROD)
    assert told.startswith(f"Asked as `{request.short_id}` in <#{PROD}>. It needs 1 of sre")
    assert await stage.headline(request) == "🟠 Medium risk · Deploy 2.3 to prod?"
    drawn = str((await stage.message(request)).blocks)
    assert "Asked by " in drawn
    assert "it stays unapproved" in drawn

    await stage.click(BOB, request)

    assert (await stage.stored(request)).status is Status.APPROVED
    assert await stage.headline(request) == "✅ Approved · Deploy 2.3 to prod?"
    card = await stage.card(request)
    assert card.ts is not None
    assert any(
        f"<@{ALICE}>" in line and "approved" in line for line in told_in_thread(stage, card.ts)
    )


async def test_an_approved_question_leaves_nothing_to_run(stage: Scene) -> None:
    await asks(stage, '"Deploy 2.3 to prod?"')
    request = await only(stage)

    await stage.click(BOB, request)

    assert await stage.desk.store.write(lambda tx: tx.permit(request.id)) is None
    assert "not started" not in str((await stage.message(request)).blocks)


async def test_B3_the_asker_may_not_approve_but_reject(stage: Scene) -> None:
    await asks(stage, '"Deploy?"', BOB)
    request = await only(stage)

    await stage.click(BOB, request)
    assert (await stage.stored(request)).is_pending
    assert "asked by you or for you" in stage.told(BOB)[-1]

    await stage.click(CAROL, request)
    assert (await stage.stored(request)).status is Status.APPROVED


async def test_whom_it_names_has_to_approve_besides_whom_the_policy_asks(stage: Scene) -> None:
    stage.set_policy(policy("{users: [U0BOB]}"))
    told = await asks(stage, f'"Deploy?" <@{CAROL}|carol>')
    request = await only(stage)
    assert "It needs 1 of sre and 1 of those it names" in told
    assert f"<@{CAROL}>" in (await stage.message(request)).text

    await stage.click(CAROL, request)
    assert (await stage.stored(request)).is_pending, "whom the policy asks has not approved"

    await stage.click(BOB, request)
    assert (await stage.stored(request)).status is Status.APPROVED


async def test_naming_an_approver_is_not_answered_by_another_one(stage: Scene) -> None:
    await asks(stage, f'"Deploy?" <@{CAROL}>')
    request = await only(stage)

    await stage.click(BOB, request)
    assert (await stage.stored(request)).is_pending

    await stage.click(CAROL, request)
    assert (await stage.stored(request)).status is Status.APPROVED


async def test_a_group_can_be_named_and_is_read_at_the_click(stage: Scene) -> None:
    await asks(stage, '"Deploy?" <!subteam^S0LEADS|@leads>')
    request = await only(stage)

    await stage.click(BOB, request)
    assert (await stage.stored(request)).is_pending

    await stage.click(CAROL, request)
    assert (await stage.stored(request)).status is Status.APPROVED


@pytest.mark.parametrize(
    ("typed", "left", "told"),
    [
        ('"Deploy?" for 5m', timedelta(minutes=5), "closes in 5 min"),
        ("Deploy now? for 5m", timedelta(minutes=5), "closes in 5 min"),
        ('"Deploy?" for 2h', timedelta(minutes=15), "15 min (the longest the rules give)"),
    ],
)
async def test_the_asker_may_give_less_time_than_the_rules_never_more(
    stage: Scene, typed: str, left: timedelta, told: str
) -> None:
    assert told in await asks(stage, typed)

    request = await only(stage)
    assert request.expires_at - request.created_at == left


async def test_nobody_answers_and_the_asker_is_told(stage: Scene) -> None:
    await asks(stage, '"Deploy?"')
    request = await only(stage)
    stage.clock.advance(timedelta(minutes=16))

    await stage.click(BOB, request)

    card = await stage.card(request)
    assert (await stage.stored(request)).status is Status.TIMED_OUT
    assert card.ts is not None
    assert any(f"<@{ALICE}>" in line for line in told_in_thread(stage, card.ts))


async def test_a_policy_that_denies_questions_asks_nobody(stage: Scene) -> None:
    denying = ONE.replace(
        "rules: [", "rules: [{tool: sayso.ask, effect: deny, message: Ask in person.}, "
    )
    stage.set_policy(read_policy(denying.encode()))

    assert "The policy says: Ask in person." in await asks(stage, '"Deploy?"')
    assert await pending(stage) == []


async def test_a_policy_that_allows_everything_still_asks(stage: Scene) -> None:
    stage.set_policy(read_policy(ONE.replace("effect: ask", "effect: allow").encode()))

    await asks(stage, '"Deploy?"')

    assert (await only(stage)).is_pending


async def test_B23_guests_ask_nobody_and_cannot_be_named(stage: Scene) -> None:
    assert "Guests of the workspace" in await asks(stage, '"Deploy?"', DANA)
    assert "Somebody you name may not decide" in await asks(stage, f'"Deploy?" <@{DANA}>')
    assert await pending(stage) == []


async def test_B23_a_channel_without_rules_asks_nobody(stage: Scene) -> None:
    told = await asks(stage, '"Deploy?"', channel=ChannelId("C0GENERAL"))

    assert "no rules for this channel" in told
    assert await pending(stage) == []


async def test_naming_only_oneself_asks_nobody(stage: Scene) -> None:
    told = await asks(stage, f'"Deploy?" <@{ALICE}>')

    assert "Too few people may approve" in told
    assert await pending(stage) == []


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Write the question in quotes."),
        ('""', "There is no question."),
        (f'"{"x" * 1_001}"', "The question has 1,001 characters; 1,000 are the most."),
        ('"Deploy?" @carl', "Slack does not know @carl"),
        ('"Deploy?" now', "the question stands in quotes"),
        ('"Deploy?" for ever', "is not a duration"),
        ('"Deploy?" <@U0BOB> for', "the question stands in quotes"),
    ],
)
async def test_what_is_not_understood_asks_nobody(stage: Scene, typed: str, told: str) -> None:
    assert told in await asks(stage, typed)
    assert await pending(stage) == []


async def test_what_people_write_stands_there_as_they_wrote_it(stage: Scene) -> None:
    await asks(stage, '"Is <@U0BOB|bob> ok with &lt;!channel&gt; `x` \u202e *now*?" for 5m')

    message = await stage.message(await only(stage))
    assert "<!channel>" not in message.text
    assert "Is @bob ok with <!channel> `x` ⟦U+202E⟧ *now*?" in str(message.blocks)


async def test_E8_a_question_delivered_twice_is_asked_once(stage: Scene) -> None:
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.DUPLICATE_DELIVERY, method="slash_commands")
    )

    await asks(stage, '"Deploy?"')
    await stage.settle()

    assert len(await pending(stage)) == 1


async def test_a_question_stands_in_the_lists_and_in_home_with_its_buttons(stage: Scene) -> None:
    await asks(stage, '"Deploy 2.3?"')
    request = await only(stage)
    await stage.slack.interactions.slash_command(BOB, PROD, "/approvals")
    await stage.slack.interactions.open_home(BOB)
    await stage.settle()

    assert f"“Deploy 2.3?” – asked by <@{ALICE}>" in stage.told(BOB)[-1]
    home = stage.slack.workspace.home(BOB)
    assert home is not None
    assert "Deploy 2.3?" in str(home.view["blocks"])
    await stage.slack.interactions.click_in_view(
        BOB, home.id, action_id=buttons.APPROVE, block_id=f"decide:{request.id}"
    )
    await stage.settle()
    assert (await stage.stored(request)).status is Status.APPROVED
