"""How fast Sayso speaks to Slack: its own pace, and every Retry-After obeyed where it counts."""

from datetime import timedelta

import pytest

from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.ids import ChannelId
from approvals.operations.deliver_outbox import deliver, take_jobs
from approvals.operations.ports import CardContent, NotNow
from approvals.operations.read_card import read_cards
from bot.sandbox.faults import Fault, FaultKind
from bot.slack import buttons
from bot.slack.pacing import ClosedLanes, Pace, Pacing
from tests.slack_door.scene import BOB, CAROL, PROD, Scene

OTHER = ChannelId("C0APPROVALS")


async def content(stage: Scene, request: ApprovalRequest) -> CardContent:
    return (await read_cards(stage.desk, request.id))[0]


async def test_e2_after_a_429_that_channel_is_left_alone_and_others_flow(stage: Scene) -> None:
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.RATE_LIMITED, method="chat.postMessage", channel=PROD, seconds=30)
    )
    first = await stage.ask()
    second = await stage.ask(tool="other")
    elsewhere = await stage.ask(tool="third", channel=OTHER)
    calls = stage.slack.calls.of("chat.postMessage")

    assert [call.arguments["channel"] for call in calls] == [PROD, OTHER]
    assert (await stage.card(elsewhere)).ts is not None
    assert [(await stage.card(each)).ts for each in (first, second)] == [None, None]
    with pytest.raises(NotNow) as refused:
        await stage.door.messenger.post(await content(stage, first), now=stage.clock.now())
    assert 29 < (refused.value.retry_after_s or 0) <= 30


async def test_e2_when_the_wait_is_over_the_card_is_posted_after_all(
    stage_by_clock: Scene,
) -> None:
    stage = stage_by_clock
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.RATE_LIMITED, method="chat.postMessage", seconds=1)
    )
    request = await stage.ask()
    assert (await stage.card(request)).ts is None

    stage.clock.advance(timedelta(seconds=1))
    await stage.door.messenger.post(await content(stage, request), now=stage.clock.now())

    assert len(stage.slack.workspace.messages(PROD)) == 1


async def test_e2_a_429_on_an_update_closes_updates_for_the_whole_workspace(stage: Scene) -> None:
    here, there = await stage.ask(), await stage.ask(tool="other", channel=OTHER)
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.RATE_LIMITED, method="chat.update", channel=PROD, seconds=30)
    )
    await stage.click(BOB, here)

    await stage.click(CAROL, there)

    assert (await stage.stored(there)).status is Status.APPROVED
    assert [call.arguments["channel"] for call in stage.slack.calls.of("chat.update")] == [PROD]
    with pytest.raises(NotNow) as refused:
        await stage.door.messenger.update(await content(stage, there), now=stage.clock.now())
    assert 29 < (refused.value.retry_after_s or 0) <= 30
    assert (await stage.card(await stage.ask(tool="third"))).ts is not None


async def test_e2_when_the_wait_of_an_update_is_over_both_channels_show_the_decision(
    stage_by_clock: Scene,
) -> None:
    stage = stage_by_clock
    here, there = await stage.ask(), await stage.ask(tool="other", channel=OTHER)
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.RATE_LIMITED, method="chat.update", channel=PROD, seconds=1)
    )
    await stage.click(BOB, here)
    await stage.click(BOB, there)

    stage.clock.advance(timedelta(seconds=1))
    await stage.deliver()

    headlines = [await stage.headline(request) for request in (here, there)]
    assert all(headline.startswith("✅ Approved") for headline in headlines)


async def test_e2_a_429_on_opening_a_window_is_told_and_slack_is_left_alone_for_that_long(
    stage: Scene,
) -> None:
    request, elsewhere = await stage.ask(), await stage.ask(tool="other", channel=OTHER)
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.RATE_LIMITED, method="views.open", seconds=30)
    )

    await stage.click(BOB, request, buttons.REJECT)
    await stage.click(CAROL, elsewhere, buttons.REJECT)

    assert len(stage.slack.calls.of("views.open")) == 1
    assert "ratelimited" in stage.told(BOB)[0]
    assert "ratelimited" in stage.told(CAROL, OTHER)[0]
    await stage.click(BOB, request)
    assert (await stage.stored(request)).status is Status.APPROVED


async def test_a_shorter_wait_that_comes_late_does_not_open_a_closed_lane() -> None:
    now = 100.0
    closed = ClosedLanes(monotonic=lambda: now)
    closed.close(("chat.update", ""), 30)
    closed.close(("chat.update", ""), 5)

    now = 110.0
    assert closed.wait_s(("chat.update", "")) == 20
    assert closed.wait_s(("views.open", "")) == 0
    now = 130.0
    assert closed.wait_s(("chat.update", "")) == 0


async def test_a_busy_channel_gets_a_short_burst_and_then_about_one_card_a_second() -> None:
    now = 100.0
    pacing = Pacing(monotonic=lambda: now)
    lane, pace = ("chat.postMessage", PROD), Pace(every_s=1.0, burst=3)

    waits = [pacing.wait_s(lane, pace, who=f"card{n}") for n in range(6)]
    assert waits == [0.0, 0.0, 0.0, 1.0, 2.0, 3.0]
    now = 101.0
    assert pacing.wait_s(lane, pace, who="late") == 3.0
    assert pacing.wait_s(lane, pace, who="card4") == 1.0
    assert pacing.wait_s(lane, pace, who="card3") == 0.0
    assert pacing.wait_s(("chat.postMessage", OTHER), pace, who="x") == 0.0


async def test_more_cards_than_the_pace_allows_are_all_posted_in_order(
    stage_by_clock: Scene,
) -> None:
    stage = stage_by_clock
    requests = [await stage.ask(tool=f"tool_{n}", deliver_it=False) for n in range(5)]
    for _ in range(5):
        for job in await take_jobs(stage.desk):
            await deliver(stage.desk, stage.door.messenger, job)
        stage.clock.at += (await stage.desk.store.next_job_at() or stage.clock.at) - stage.clock.at

    posted = [
        call.arguments["metadata"]["event_payload"]["request"]
        for call in stage.slack.calls.of("chat.postMessage")
    ]
    assert posted == [request.id for request in requests]
