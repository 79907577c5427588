"""A card that stands for several identical calls, from the button to what people are told."""

from datetime import timedelta
from typing import Any

from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.operations.cancel_request import cancel_request
from approvals.operations.claim_permit import claim_permit
from approvals.operations.report_execution import report_execution
from approvals.storage.policy_reader import read_policy
from bot.slack import buttons
from bot.slack.reason_form import REASON_ACTION, REASON_BLOCK
from tests.cards.builders import labels, shown
from tests.cards.slack_rules import assert_slack_takes_message
from tests.slack_door.scene import ALICE, BOB, PROD, Scene
from tests.slack_door.test_edits import SCHEMA, editing
from tests.slack_door.test_home import drawn, opens, press
from tests.slack_door.test_reasons import set_rule
from tests.slack_door.test_replies import later, replies


async def asked(stage: Scene, number: int = 3, **arguments: Any) -> list[ApprovalRequest]:
    return [await stage.ask(deliver_it=number == at, **arguments) for at in range(1, number + 1)]


async def statuses(stage: Scene, requests: list[ApprovalRequest]) -> list[Status]:
    return [(await stage.stored(each)).status for each in requests]


async def test_one_message_stands_for_all_and_its_buttons_say_for_how_many(stage: Scene) -> None:
    requests = await asked(stage)

    message = await stage.message(requests[0])
    assert_slack_takes_message(message.blocks)
    assert await stage.headline(requests[0]) == "🟠 Medium risk · Run service_restart ×3?"
    assert labels(message.blocks)[:2] == ["Approve ×3", "Reject ×3"]
    assert "Stands for 3 identical calls." in shown(message.blocks)
    assert "service_restart(service=checkout) ×3? " in message.text
    assert len(stage.slack.workspace.messages(PROD)) == 1


async def test_a_click_on_the_card_as_it_was_is_answered_more_calls_joined_look_again(
    stage: Scene,
) -> None:
    requests = await asked(stage, 2)
    seen = await stage.payload(BOB, requests[0], others=1)
    requests += await asked(stage, 1)

    await stage.send(seen)

    assert stage.told(BOB)[-1].startswith("More calls joined, look again")
    assert set(await statuses(stage, requests)) == {Status.PENDING}
    await stage.click(BOB, requests[0])
    assert set(await statuses(stage, requests)) == {Status.APPROVED}


async def test_the_card_tells_how_each_ended_and_the_thread_says_it_once(stage: Scene) -> None:
    first, second, third = requests = await asked(stage)
    await cancel_request(stage.desk, third.id, Cause.REQUESTER)
    await stage.settle()
    await stage.click(BOB, first)
    for request, succeeded in ((first, True), (second, False)):
        await claim_permit(stage.desk, request.id, digest=request.call.digest)
        await report_execution(stage.desk, request.id, succeeded=succeeded, result="ok")
    await later(stage)

    blocks = (await stage.message(first)).blocks
    assert_slack_takes_message(blocks)
    assert await stage.headline(first) == "◐ Ended · service_restart ×3 – not all alike"
    assert "Of 3 identical calls: 1 done, 1 the run failed, 1 cancelled." in shown(blocks)
    assert await replies(stage, first) == [
        f"✅ <@{BOB}> approved `service_restart` ×2.",
        f"🏁 <@{ALICE}>, `service_restart`: 1 done, 1 the run failed, 1 cancelled.",
    ]
    assert len(requests) == 3


async def test_a_shared_card_cannot_be_edited(stage: Scene) -> None:
    stage.set_policy(read_policy(editing().encode()))
    first = await stage.ask("scale", schema=SCHEMA, env="prod", replicas=3)
    assert "Edit…" in labels((await stage.message(first)).blocks)
    alone = await stage.payload(BOB, first, buttons.EDIT)
    await stage.ask("scale", schema=SCHEMA, env="prod", replicas=3)

    await stage.send({**alone, "trigger_id": stage.slack.triggers.issue(BOB)})

    assert "Edit…" not in labels((await stage.message(first)).blocks)
    assert stage.told(BOB)[-1].startswith("This card stands for several calls")


async def test_the_full_view_decides_all_it_names(stage: Scene) -> None:
    requests = await asked(stage, 2, script="x" * 4_000)
    await stage.click(BOB, requests[0], buttons.REVIEW)
    await stage.slack.interactions.click_in_view(
        BOB, stage.window(BOB).id, action_id=buttons.VIEW_NEXT
    )
    await stage.settle()
    assert "Stands for 2 identical calls." in shown(stage.window(BOB).view["blocks"])

    await stage.slack.interactions.click_in_view(
        BOB, stage.window(BOB).id, action_id=buttons.VIEW_APPROVE
    )
    await stage.settle()

    assert set(await statuses(stage, requests)) == {Status.APPROVED}


async def test_the_full_view_of_a_later_call_decides_once_the_first_is_gone(stage: Scene) -> None:
    requests = await asked(stage, 3, script="x" * 2_600)
    await cancel_request(stage.desk, requests[0].id, Cause.REQUESTER)
    await stage.settle()
    await stage.click(BOB, requests[0], buttons.REVIEW)

    await stage.slack.interactions.click_in_view(
        BOB, stage.window(BOB).id, action_id=buttons.VIEW_APPROVE
    )
    await stage.settle()

    assert (await statuses(stage, requests))[1:] == [Status.APPROVED, Status.APPROVED]


async def test_a_full_view_opened_before_another_joined_approves_nothing(stage: Scene) -> None:
    requests = await asked(stage, 1, script="x" * 2_600)
    await stage.click(BOB, requests[0], buttons.REVIEW)
    requests += await asked(stage, 1, script="x" * 2_600)

    await stage.slack.interactions.click_in_view(
        BOB, stage.window(BOB).id, action_id=buttons.VIEW_APPROVE
    )
    await stage.settle()

    assert set(await statuses(stage, requests)) == {Status.PENDING}
    assert "More calls joined" in str(stage.window(BOB).view["blocks"])


async def test_a_form_for_the_reason_approves_all_it_named_and_no_more(stage: Scene) -> None:
    set_rule(stage, "reason: always")
    requests = await asked(stage, 2)
    await stage.click(BOB, requests[0])
    typed = {REASON_BLOCK: {REASON_ACTION: "planned"}}
    requests += await asked(stage, 1)

    await stage.slack.interactions.submit_view(BOB, stage.window(BOB).id, typed)
    await stage.settle()
    assert set(await statuses(stage, requests)) == {Status.PENDING}

    await stage.click(BOB, requests[0])
    await stage.slack.interactions.submit_view(BOB, stage.window(BOB).id, typed)
    await stage.settle()
    assert set(await statuses(stage, requests)) == {Status.APPROVED}


async def test_a_home_tab_has_one_entry_for_all_of_them_that_decides_all(stage: Scene) -> None:
    requests = await asked(stage)

    told = await opens(stage)
    assert told.count("decide:") == 1
    assert "Approve ×3" in told
    stage.clock.advance(timedelta(seconds=5))
    await press(stage, requests[0])

    assert set(await statuses(stage, requests)) == {Status.APPROVED}
    assert "decide:" not in drawn(stage)
