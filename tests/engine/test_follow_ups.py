"""Reminders and escalations: what the clock does while nobody answers, and never afterwards."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.card import CardKind
from approvals.domain.errors import NotApprover
from approvals.domain.ids import UserId
from approvals.operations.cancel_request import cancel_request
from approvals.operations.ports import NotNow, Undeliverable
from approvals.operations.send_follow_ups import send_follow_ups
from tests.engine.gateway_in_test import GatewayInTest, a_gateway, a_policy
from tests.fakes.clock import FakeClock
from tests.fakes.people import ALICE, BOB, CAROL

DANA, ERIN = UserId("U0DANA"), UserId("U0ERIN")
MINUTE = timedelta(minutes=1)
POLICY = """
version: 1
defaults: {channel: "#ops", unmatched: ask, timeout: 15m}
people:
  sre: {users: [U0BOB, U0CAROL, U0ALICE]}
  leads: {usergroup: S0LEADS}
  owners: {users: [U0ERIN]}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    timeout: 10m
    remind: {every: 2m, backoff: 2, max: 2}
    escalate:
      - {after: 3m, to: [leads], channel: C0LEADS}
      - {after: 8m, to: owners}
    rules:
      - {tool: "pay_*", effect: ask, quorum: [{of: sre, count: 1}, {of: leads, count: 1}]}
      - {tool: "wipe_*", effect: ask, risk: high}
"""


@asynccontextmanager
async def following_up(**changed: Any) -> AsyncIterator[GatewayInTest]:
    async with a_gateway(policy=changed.pop("policy", POLICY), **changed) as gateway:
        gateway.directory.usergroups["S0LEADS"] = frozenset({DANA})
        yield gateway


async def asked(gateway: GatewayInTest, tool: str = "restart", **also: Any) -> ApprovalRequest:
    task = gateway.asks(tool, **also)
    request = await gateway.pending()
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return request


async def stored(gateway: GatewayInTest, request: ApprovalRequest) -> ApprovalRequest:
    found = await gateway.store.request(request.id)
    assert found is not None
    return found


def reminders(gateway: GatewayInTest) -> list[int]:
    return [int(each.key.rpartition(".")[2]) for each in gateway.messenger.reminders]


async def test_people_are_reminded_with_growing_pauses_and_at_most_so_often() -> None:
    async with following_up() as gateway:
        request = await asked(gateway)
        told: list[int] = []
        for minute in range(1, 10):
            await gateway.time_passes(MINUTE)
            told += [minute] * (len(gateway.messenger.reminders) - len(told))

        assert told == [2, 6]
        assert (await stored(gateway, request)).followed_up.reminders == 2
        assert (await stored(gateway, request)).is_pending


async def test_a_reminder_calls_only_who_can_still_answer() -> None:
    async with following_up() as gateway:
        request = await asked(gateway, "pay_bill")
        await gateway.clicks(request.id, BOB)
        await gateway.time_passes(2 * MINUTE)

        (reminder,) = gateway.messenger.reminders
        assert (reminder.audience.users, reminder.audience.usergroups) == ((), ("S0LEADS",))


async def test_a_reminder_never_calls_the_requester_even_inside_a_group() -> None:
    async with following_up() as gateway:
        gateway.directory.usergroups["S0LEADS"] = frozenset({DANA, ALICE})
        request = await asked(gateway, "pay_bill")
        await gateway.clicks(request.id, BOB)
        await gateway.time_passes(2 * MINUTE)

        (reminder,) = gateway.messenger.reminders
        assert (reminder.audience.users, reminder.audience.usergroups) == ((DANA,), ())


async def test_after_an_absence_missed_reminders_are_one(tmp_path: Path) -> None:
    clock = FakeClock()
    async with following_up(place=tmp_path / "sayso.db", clock=clock) as gateway:
        await asked(gateway, key="k")
    clock.advance(7 * MINUTE)
    async with following_up(place=tmp_path / "sayso.db", clock=clock, owner="next") as gateway:
        await gateway.time_passes(timedelta(0))
        await gateway.time_passes(2 * MINUTE)

        assert reminders(gateway) == [1]


async def test_a_clock_set_back_reminds_nobody_twice() -> None:
    async with following_up() as gateway:
        request = await asked(gateway)
        await gateway.time_passes(2 * MINUTE)
        gateway.clock.advance(-timedelta(hours=1))
        for _ in range(62):
            await gateway.time_passes(MINUTE)

        assert reminders(gateway) == [1]
        assert (await stored(gateway, request)).is_pending


async def test_nobody_is_reminded_of_what_has_ended() -> None:
    async with following_up() as gateway:
        request = await asked(gateway)
        gateway.clock.advance(2 * MINUTE)
        await send_follow_ups(gateway.desk)
        await cancel_request(gateway.desk, request.id, Cause.REQUESTER)
        await gateway.delivered()

        assert gateway.messenger.reminders == []


async def test_a_crash_after_a_reminder_fell_due_sends_it_once(tmp_path: Path) -> None:
    clock = FakeClock()
    async with following_up(place=tmp_path / "sayso.db", clock=clock) as gateway:
        await asked(gateway, key="k")
        clock.advance(2 * MINUTE)
        await send_follow_ups(gateway.desk)
    async with following_up(place=tmp_path / "sayso.db", clock=clock, owner="next") as gateway:
        await send_follow_ups(gateway.desk)
        await gateway.delivered()

        assert reminders(gateway) == [1]


@pytest.mark.parametrize(
    ("trouble", "sent"),
    [
        (NotNow("ratelimited", retry_after_s=3), 1),
        (NotNow("no_route"), 1),
        (NotNow("timeout", may_have_arrived=True), 0),
        (Undeliverable("is_archived"), 0),
    ],
    ids=["told to wait", "never sent", "perhaps sent", "never"],
)
async def test_a_reminder_is_tried_again_only_when_it_certainly_did_not_go_out(
    trouble: NotNow | Undeliverable, sent: int
) -> None:
    async with following_up() as gateway:
        await asked(gateway)
        gateway.clock.advance(2 * MINUTE)
        await send_follow_ups(gateway.desk)
        gateway.messenger.reminding_trouble = trouble
        await gateway.delivered()
        gateway.messenger.reminding_trouble = None
        gateway.clock.advance(timedelta(seconds=5))
        await gateway.delivered()

        assert len(gateway.messenger.reminders) == sent


async def test_a_rung_posts_a_card_whose_people_may_decide_from_then_on() -> None:
    async with following_up() as gateway:
        request = await asked(gateway)
        early = await gateway.clicks(request.id, DANA)
        await gateway.time_passes(3 * MINUTE)
        (_, card) = gateway.messenger.posts
        late = await gateway.clicks(
            request.id,
            DANA,
            nonce=card.card.nonce,
            channel=card.card.channel,
            ts="2.000100",
        )

        assert isinstance(early.refusal, NotApprover)
        assert (card.card.kind, card.card.channel) == (CardKind.ESCALATION, "C0LEADS")
        assert [each.name for each in card.called] == ["leads"]
        assert late.refusal is None
        assert (await stored(gateway, request)).status is Status.APPROVED


async def test_the_first_card_takes_the_click_of_whom_a_rung_added() -> None:
    async with following_up() as gateway:
        request = await asked(gateway)
        await gateway.time_passes(3 * MINUTE)

        assert (await gateway.clicks(request.id, DANA)).refusal is None


async def test_every_card_closes_with_the_request() -> None:
    async with following_up() as gateway:
        request = await asked(gateway)
        await gateway.time_passes(3 * MINUTE)
        await gateway.clicks(request.id, BOB)
        await gateway.delivered()

        shown = [each.request.status for each in gateway.messenger.shown.values()]
        assert shown == [Status.APPROVED, Status.APPROVED]


async def test_later_rungs_add_their_people_to_those_before() -> None:
    async with following_up() as gateway:
        request = await asked(gateway)
        await gateway.time_passes(9 * MINUTE)
        found = await stored(gateway, request)

        assert found.followed_up.added == ("leads", "owners")
        assert [each.card.channel for each in gateway.messenger.posts] == [
            "C0OPS",
            "C0LEADS",
            "C0OPS",
        ]
        assert (await gateway.clicks(request.id, ERIN)).refusal is None


async def test_a_rung_is_no_second_place_for_who_has_approved() -> None:
    async with following_up() as gateway:
        gateway.directory.usergroups["S0LEADS"] = frozenset({DANA, BOB})
        request = await asked(gateway, "pay_bill")
        await gateway.time_passes(3 * MINUTE)
        await gateway.clicks(request.id, BOB)
        after_one = await stored(gateway, request)
        await gateway.clicks(request.id, DANA)

        assert after_one.is_pending
        assert (await stored(gateway, request)).status is Status.APPROVED


async def test_a_rung_that_slack_will_not_show_ends_nothing_and_is_told_once() -> None:
    async with following_up() as gateway:
        request = await asked(gateway)
        gateway.messenger.trouble_in["C0LEADS"] = Undeliverable("not_in_channel")
        await gateway.time_passes(3 * MINUTE)
        found = await stored(gateway, request)
        (fired,) = found.followed_up.rungs

        assert found.is_pending
        assert fired.trouble == "not_in_channel"
        assert gateway.messenger.shown["1.000100"].request.followed_up.rungs == (fired,)
        assert (await gateway.clicks(request.id, DANA)).refusal is None


async def test_whoever_can_be_asked_only_by_a_rung_is_waited_for() -> None:
    async with following_up(policy=POLICY.replace("U0BOB, U0CAROL, U0ALICE", "U0ALICE")) as gateway:
        request = await asked(gateway)
        await gateway.clicks(request.id, CAROL)
        before = await stored(gateway, request)
        await gateway.time_passes(3 * MINUTE)
        await gateway.clicks(request.id, DANA)

        assert before.is_pending
        assert (await stored(gateway, request)).status is Status.APPROVED


async def test_at_high_risk_a_rung_adds_who_was_in_it_when_it_was_asked() -> None:
    async with following_up() as gateway:
        request = await asked(gateway, "wipe_disk")
        gateway.directory.usergroups["S0LEADS"] = frozenset({DANA, ERIN})
        await gateway.time_passes(3 * MINUTE)
        new = await gateway.clicks(request.id, ERIN)
        old = await gateway.clicks(request.id, DANA)

        assert isinstance(new.refusal, NotApprover)
        assert old.refusal is None


async def test_who_a_rung_would_add_gets_no_place_elsewhere_at_high_risk() -> None:
    async with following_up() as gateway:
        request = await asked(gateway, "wipe_disk")
        gateway.policies.append(a_policy(POLICY.replace("U0CAROL", "U0CAROL, U0DANA")))
        early = await gateway.clicks(request.id, DANA)
        await gateway.time_passes(3 * MINUTE)
        late = await gateway.clicks(request.id, DANA)

        assert isinstance(early.refusal, NotApprover)
        assert late.refusal is None


async def test_nobody_is_reminded_of_what_is_approved_and_held() -> None:
    held = POLICY.replace("approvers: [sre]", "approvers: [sre]\n    hold: 10s")
    async with following_up(policy=held) as gateway:
        request = await asked(gateway)
        gateway.clock.advance(2 * MINUTE)
        await send_follow_ups(gateway.desk)
        await gateway.clicks(request.id, BOB)
        await gateway.delivered()

        assert (await stored(gateway, request)).held_until is not None
        assert gateway.messenger.reminders == []
