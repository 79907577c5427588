"""What is said in the thread below a card: each decision, and to the requester how it ended."""

from datetime import timedelta

import pytest

from approvals.domain.approval_request import ApprovalRequest, Requester
from approvals.domain.requirement import WantedReason
from approvals.operations.claim_permit import claim_permit
from approvals.operations.report_execution import report_execution
from approvals.operations.send_follow_ups import send_follow_ups
from bot.sandbox.faults import Fault, FaultKind
from bot.slack import buttons
from bot.slack.reason_form import REASON_ACTION, REASON_BLOCK
from tests.slack_door.scene import ALICE, BOB, CAROL, Scene


async def replies(stage: Scene, request: ApprovalRequest) -> list[str]:
    card = await stage.card(request)
    found = stage.slack.workspace.messages(card.channel, thread_ts=card.ts)
    return [each.text for each in found if each.ts != card.ts]


async def later(stage: Scene) -> None:
    """Let the pace allow what is still to be said."""
    stage.clock.advance(timedelta(seconds=5))
    await stage.settle()


async def test_each_approval_is_said_below_the_card_with_what_is_missing(stage: Scene) -> None:
    request = await stage.ask(needs=2)

    await stage.click(BOB, request)

    assert await replies(stage, request) == [
        f"✅ <@{BOB}> approved `service_restart`: 1 of 2, needs 1 of sre."
    ]
    await stage.click(CAROL, request)
    assert (await replies(stage, request))[1:] == [f"✅ <@{CAROL}> approved `service_restart`."]


async def test_a_click_that_changes_nothing_is_not_said_again(stage: Scene) -> None:
    request = await stage.ask(needs=2)
    await stage.click(BOB, request)

    await stage.click(BOB, request)
    await stage.click(ALICE, request)

    assert len(await replies(stage, request)) == 1


async def test_a_rejection_is_said_with_its_reason_and_the_requester_told(stage: Scene) -> None:
    request = await stage.ask()

    await stage.click(BOB, request, buttons.REJECT)
    typed = {REASON_BLOCK: {REASON_ACTION: "Not <!channel> now."}}
    await stage.slack.interactions.submit_view(BOB, stage.window(BOB).id, typed)
    await stage.settle()

    assert await replies(stage, request) == [
        f"❌ <@{BOB}> rejected `service_restart`.",
        f"❌ <@{ALICE}>, `service_restart` was rejected and did not run.",
    ]


@pytest.mark.parametrize(
    ("succeeded", "told"),
    [
        (True, "✅ <@{}>, `service_restart` ran."),
        (False, "❌ <@{}>, `service_restart` ran and failed; the card has the tool's own words."),
    ],
)
async def test_the_requester_is_told_how_the_run_ended_once(
    stage: Scene, succeeded: bool, told: str
) -> None:
    request = await stage.ask()
    await stage.click(BOB, request)
    assert len(await replies(stage, request)) == 1

    await claim_permit(stage.desk, request.id, digest=request.call.digest)
    await report_execution(stage.desk, request.id, succeeded=succeeded, result="words")
    await stage.settle()
    await later(stage)

    assert (await replies(stage, request))[1:] == [told.format(ALICE)]


async def test_silence_is_told_to_the_requester(stage: Scene) -> None:
    request = await stage.ask()
    stage.clock.advance(timedelta(minutes=16))

    await send_follow_ups(stage.desk)
    await stage.settle()

    assert await replies(stage, request) == [
        f"⌛ <@{ALICE}>, `service_restart`: nobody decided in time, so it did not run."
    ]


async def test_where_no_person_asked_nobody_is_mentioned(stage: Scene) -> None:
    request = await stage.ask(requester=Requester(agent="ops"), reason=WantedReason.OFF)

    await stage.click(BOB, request, buttons.REJECT)

    assert await replies(stage, request) == [f"❌ <@{BOB}> rejected `service_restart`."]


async def test_a_reply_slack_does_not_take_now_is_said_later_and_the_card_is_true_meanwhile(
    stage_by_clock: Scene,
) -> None:
    stage = stage_by_clock
    request = await stage.ask(reason=WantedReason.OFF)
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.RATE_LIMITED, method="chat.postMessage", seconds=1.0)
    )

    await stage.click(BOB, request, buttons.REJECT)

    assert (await stage.headline(request)).startswith("❌ Rejected")
    assert await replies(stage, request) == []
    stage.clock.advance(timedelta(seconds=1))
    await stage.settle()
    assert await replies(stage, request) == [f"❌ <@{BOB}> rejected `service_restart`."]


async def test_a_channel_that_takes_no_replies_costs_no_card_its_truth(stage: Scene) -> None:
    request = await stage.ask(reason=WantedReason.OFF)
    await stage.slack.faults.switch_on(
        Fault(
            kind=FaultKind.ERROR,
            method="chat.postMessage",
            code="restricted_action_thread_locked",
            times=None,
        )
    )

    await stage.click(BOB, request, buttons.REJECT)
    await later(stage)

    assert (await stage.headline(request)).startswith("❌ Rejected")
    assert (await stage.card(request)).told == (f"{BOB}:reject", "ended")
