"""Identical calls that wait share one card, and nothing else: rows, permits, times stay apart."""

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from approvals.domain import edit_errors, errors
from approvals.domain.approval_request import ApprovalRequest, Cause, Requester, Status
from approvals.domain.audit import AuditName
from approvals.domain.decision import Verdict
from approvals.domain.ids import RequestId, UserId
from approvals.domain.joining import JOINERS_MAX
from approvals.domain.permit import Permit
from approvals.gate.exceptions import (
    CallCancelled,
    CallRejected,
    CallTimedOut,
    CallUndeliverable,
)
from approvals.gate.gateway import Clearance
from approvals.operations.cancel_request import cancel_request
from approvals.operations.ports import CardContent, NotNow, Transaction, Undeliverable
from approvals.operations.reconcile import reconcile
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway, a_policy
from tests.engine.test_attention import audited
from tests.engine.test_extending import extends
from tests.fakes.people import ALICE, BOB, CAROL, DANA

HELD = POLICY.replace("risk: high}", "risk: high, hold: 10s}")
QUORUM = POLICY.replace("risk: high}", "quorum: [{of: sre, count: 2}]}")
APART = POLICY.replace("    timeout: 5m\n", "    timeout: 5m\n    join: false\n")
LADDER = POLICY.replace(
    "    timeout: 5m\n",
    "    timeout: 5m\n    remind: {every: 1m, max: 1}\n"
    '    escalate: [{after: 2m, to: [oncall], channel: "#ops"}]\n',
)


async def asked(gateway: GatewayInTest, number: int, **also: Any) -> list[asyncio.Task[Any]]:
    """Let *number* agents ask the same, one after the other."""
    calls = []
    for _ in range(number):
        calls.append(gateway.asks(**also))
        await gateway.settled()
    return calls


def _permit(request_id: RequestId, tx: Transaction) -> Permit | None:
    return tx.permit(request_id)


def _deciders(request_id: RequestId, tx: Transaction) -> list[UserId]:
    return [decision.user for decision in tx.decisions(request_id)]


async def card(gateway: GatewayInTest) -> CardContent:
    """What the latest card shows now."""
    await gateway.delivered()
    return list(gateway.messenger.shown.values())[-1]


async def all_stored(gateway: GatewayInTest) -> list[ApprovalRequest]:
    """Every request on the latest card, by id."""
    first = gateway.messenger.posts[-1].request.shown_by
    return list(await gateway.store.write(lambda tx: tx.shown_with(first)))


async def test_identical_calls_join_one_card_and_one_approval_lets_each_of_them_run_once() -> None:
    async with a_gateway() as gateway:
        calls = await asked(gateway, 37)
        shown = await card(gateway)

        answer = await gateway.clicks(shown.request.id)

        assert len(gateway.messenger.posts) == 1
        assert (len(shown.alike), answer.counted) == (36, 37)
        cleared = [await call for call in calls]
        assert len({each.request_id for each in cleared}) == 37
        for each in cleared:
            assert await gateway.store.write(partial(_permit, each.request_id)) is not None


async def test_an_approval_from_an_older_card_decides_nothing_and_says_that_more_joined() -> None:
    async with a_gateway() as gateway:
        calls = await asked(gateway, 2)
        shown = await card(gateway)
        calls += await asked(gateway, 1)

        answer = await gateway.clicks(shown.request.id, others=1)

        assert isinstance(answer.refusal, edit_errors.MoreJoined)
        assert {each.status for each in await all_stored(gateway)} == {Status.PENDING}
        again = await gateway.clicks((await card(gateway)).request.id, others=2)
        assert again.counted == 3
        assert all([isinstance(await call, Clearance) for call in calls])


async def test_a_rejection_from_an_older_card_rejects_all_of_them() -> None:
    async with a_gateway() as gateway:
        calls = await asked(gateway, 2)
        shown = await card(gateway)
        calls += await asked(gateway, 1)

        await gateway.clicks(shown.request.id, verdict=Verdict.REJECT, others=1, reason="no")

        for call in calls:
            with pytest.raises(CallRejected, match="no"):
                await call


@pytest.mark.parametrize("number", [0, 2, 5])
async def test_a_number_no_button_named_approves_nothing(number: int) -> None:
    async with a_gateway() as gateway:
        await asked(gateway, 2)
        shown = await card(gateway)

        answer = await gateway.clicks(shown.request.id, others=number)

        assert isinstance(answer.refusal, edit_errors.MoreJoined)
        assert {each.status for each in await all_stored(gateway)} == {Status.PENDING}


@pytest.mark.parametrize(
    "other",
    [
        {"arguments": {"service": "db"}},
        {"requester": Requester(agent="deploy-bot", person=DANA)},
        {"requester": Requester(agent="other-bot", person=ALICE)},
        {"requester": Requester(agent="deploy-bot", person=ALICE, on_behalf_of=(DANA,))},
        {"reason": "because"},
        {"injected": ("session",)},
        {"thread_ts": "12.5"},
    ],
)
async def test_a_call_that_differs_in_anything_its_card_shows_has_a_card_of_its_own(
    other: dict[str, Any],
) -> None:
    async with a_gateway() as gateway:
        await asked(gateway, 1)
        await asked(gateway, 1, **other)
        await gateway.delivered()

        assert len(gateway.messenger.posts) == 2
        answer = await gateway.clicks(gateway.messenger.posts[0].request.id)
        assert answer.counted == 1


async def test_with_join_false_each_call_has_a_card_of_its_own() -> None:
    async with a_gateway(policy=APART) as gateway:
        await asked(gateway, 3)
        await gateway.delivered()

        assert len(gateway.messenger.posts) == 3


async def test_a_call_under_another_policy_does_not_join_what_was_asked_before_it() -> None:
    async with a_gateway() as gateway:
        await asked(gateway, 1)
        gateway.policies.append(a_policy(POLICY + "\n# changed\n"))
        await asked(gateway, 1)
        await gateway.delivered()

        assert len(gateway.messenger.posts) == 2


async def test_b14_nothing_joins_what_somebody_has_decided_about() -> None:
    async with a_gateway(policy=QUORUM) as gateway:
        calls = await asked(gateway, 2)
        shown = await card(gateway)
        await gateway.clicks(shown.request.id, BOB)

        calls += await asked(gateway, 1)
        await gateway.clicks(shown.request.id, CAROL)

        await gateway.delivered()
        assert len(gateway.messenger.posts) == 2
        assert [call.done() for call in calls] == [True, True, False]


async def test_with_a_quorum_each_call_has_the_decisions_of_both() -> None:
    async with a_gateway(policy=QUORUM) as gateway:
        calls = await asked(gateway, 3)
        shown = await card(gateway)
        first = await gateway.clicks(shown.request.id, BOB)
        second = await gateway.clicks(shown.request.id, CAROL)

        assert (first.counted, second.counted) == (3, 3)
        assert all([isinstance(await call, Clearance) for call in calls])
        for each in await all_stored(gateway):
            assert await gateway.store.write(partial(_deciders, each.id)) == [BOB, CAROL]


async def test_b3_the_requester_approves_none_of_them_and_may_reject_all() -> None:
    async with a_gateway() as gateway:
        calls = await asked(gateway, 2)
        shown = await card(gateway)

        approved = await gateway.clicks(shown.request.id, ALICE)
        rejected = await gateway.clicks(shown.request.id, ALICE, verdict=Verdict.REJECT)

        assert isinstance(approved.refusal, errors.SelfApproval)
        assert rejected.counted == 2
        for call in calls:
            with pytest.raises(CallRejected):
                await call


async def test_one_that_is_cancelled_leaves_the_others_on_the_card() -> None:
    async with a_gateway() as gateway:
        calls = await asked(gateway, 3)
        first = (await card(gateway)).request
        await cancel_request(gateway.desk, first.id, Cause.REQUESTER)

        shown = await card(gateway)

        assert shown.request.id != first.id
        assert [each.request.status for each in shown.alike].count(Status.CANCELLED) == 1
        answer = await gateway.clicks(shown.request.id)
        assert answer.counted == 2
        with pytest.raises(CallCancelled):
            await calls[0]
        assert [isinstance(await call, Clearance) for call in calls[1:]] == [True, True]


async def test_d2_each_call_times_out_by_its_own_time_and_the_card_stays_for_the_rest() -> None:
    async with a_gateway() as gateway:
        calls = await asked(gateway, 1)
        gateway.clock.advance(timedelta(minutes=2))
        calls += await asked(gateway, 1)
        await gateway.delivered()
        await gateway.time_passes(timedelta(minutes=3))

        shown = await card(gateway)

        with pytest.raises(CallTimedOut):
            await calls[0]
        assert shown.request.is_pending
        assert (await gateway.clicks(shown.request.id)).counted == 1
        assert isinstance(await calls[1], Clearance)


async def test_d3_a_click_at_the_end_of_the_first_call_still_decides_the_later_one() -> None:
    async with a_gateway() as gateway:
        calls = await asked(gateway, 1)
        gateway.clock.advance(timedelta(minutes=2))
        calls += await asked(gateway, 1)
        shown = await card(gateway)
        gateway.clock.advance(timedelta(minutes=3))

        answer = await gateway.clicks(shown.request.id, others=1)

        assert answer.counted == 1
        with pytest.raises(CallTimedOut):
            await calls[0]
        assert isinstance(await calls[1], Clearance)


async def test_a_hold_covers_all_of_them_and_one_stop_stops_all() -> None:
    async with a_gateway(policy=HELD) as gateway:
        calls = await asked(gateway, 2)
        shown = await card(gateway)
        await gateway.clicks(shown.request.id)
        await gateway.time_passes(timedelta(seconds=11))
        assert all([isinstance(await call, Clearance) for call in calls])

        stopped = await asked(gateway, 2, arguments={"service": "db"})
        shown = await card(gateway)
        await gateway.clicks(shown.request.id)
        assert (await gateway.clicks(shown.request.id, CAROL, verdict=Verdict.REJECT)).counted == 2
        for call in stopped:
            with pytest.raises(CallRejected):
                await call


async def test_more_time_is_given_to_all_of_them() -> None:
    async with a_gateway() as gateway:
        await asked(gateway, 2)
        shown = await card(gateway)
        until = shown.request.expires_at + timedelta(minutes=15)

        await extends(gateway, shown.request, until)

        assert {each.expires_at for each in await all_stored(gateway)} == {until}


async def test_reminders_and_rungs_are_told_once_for_all_and_count_for_each() -> None:
    async with a_gateway(policy=LADDER) as gateway:
        gateway.directory.usergroups["S0ONCALL"] = frozenset({DANA})
        calls = await asked(gateway, 3)
        await gateway.delivered()
        await gateway.time_passes(timedelta(minutes=1))
        await gateway.time_passes(timedelta(minutes=1))

        assert (len(gateway.messenger.reminders), len(gateway.messenger.posts)) == (1, 2)
        assert all(each.followed_up.added == ("oncall",) for each in await all_stored(gateway))
        rung = gateway.messenger.posts[-1]
        place: dict[str, Any] = {"nonce": rung.card.nonce, "channel": rung.card.channel}
        answer = await gateway.clicks(rung.request.id, DANA, ts="2.000100", **place)
        assert answer.counted == 3
        assert all([isinstance(await call, Clearance) for call in calls])


async def test_a_rung_of_a_later_call_does_not_let_its_people_decide_an_earlier_one() -> None:
    """And the other way round: each call's ladder is its own."""
    async with a_gateway(policy=LADDER) as gateway:
        gateway.directory.usergroups["S0ONCALL"] = frozenset({DANA})
        calls = await asked(gateway, 1)
        gateway.clock.advance(timedelta(seconds=90))
        calls += await asked(gateway, 1)
        await gateway.delivered()
        await gateway.time_passes(timedelta(seconds=30))
        shown = await card(gateway)

        answer = await gateway.clicks(shown.request.id, DANA)

        assert answer.counted == 1
        assert isinstance(await calls[0], Clearance)
        assert not calls[1].done()


async def all_stored_after(gateway: GatewayInTest) -> list[ApprovalRequest]:
    await gateway.delivered()
    return await all_stored(gateway)


async def test_a_card_slack_refuses_ends_all_of_them() -> None:
    async with a_gateway() as gateway:
        gateway.messenger.trouble = Undeliverable("is_archived")
        calls = await asked(gateway, 2)
        await gateway.delivered()

        for call in calls:
            with pytest.raises(CallUndeliverable):
                await call


async def test_a_card_holds_so_many_and_the_next_call_begins_another() -> None:
    async with a_gateway() as gateway:
        await asked(gateway, JOINERS_MAX + 3)
        await gateway.delivered()

        shown = list(gateway.messenger.shown.values())
        assert [len(each.alike) for each in shown] == [JOINERS_MAX, 1]


async def test_what_was_joined_is_in_the_audit_log(tmp_path: Path) -> None:
    async with a_gateway(tmp_path / "rows.db") as gateway:
        await asked(gateway, 2)
        first, _ = await all_stored_after(gateway)
    assert audited(tmp_path / "rows.db", AuditName.REQUEST_JOINED) == [{"card_of": first.id}]


async def test_after_a_restart_the_card_still_stands_for_all_of_them(tmp_path: Path) -> None:
    async with a_gateway(tmp_path / "rows.db") as gateway:
        first_life = [gateway.asks(key=f"k{number}") for number in range(3)]
        shown = await card(gateway)
        messenger = gateway.messenger
    await asyncio.gather(*first_life, return_exceptions=True)

    async with a_gateway(tmp_path / "rows.db", messenger=messenger) as gateway:
        answer = await gateway.clicks(shown.request.id)
        again = [gateway.asks(key=f"k{number}") for number in range(3)]

        assert answer.counted == 3
        assert len({(await call).request_id for call in again}) == 3


async def test_a_lost_card_of_several_is_posted_anew_while_one_of_them_is_open() -> None:
    async with a_gateway() as gateway:
        await asked(gateway, 2)
        shown = await card(gateway)
        await cancel_request(gateway.desk, shown.request.id, Cause.REQUESTER)
        await gateway.delivered()
        gateway.messenger.deleted.add("1.000100")
        gateway.clock.advance(timedelta(minutes=4))

        await reconcile(
            gateway.desk, gateway.messenger, until=gateway.clock.now() + timedelta(hours=1)
        )
        await gateway.delivered()

        assert len(gateway.messenger.posts) == 2
        assert (await gateway.clicks(gateway.messenger.posts[-1].request.id)).counted == 1


async def test_e3_a_card_whose_post_was_never_answered_takes_the_click_for_all_of_them() -> None:
    async with a_gateway() as gateway:
        gateway.messenger.loses_replies = True
        calls = await asked(gateway, 2)
        await gateway.delivered()
        request = gateway.messenger.posts[0].request

        answer = await gateway.clicks(request.id, ts="1.000100")

        assert answer.counted == 2
        assert all([isinstance(await call, Clearance) for call in calls])


async def test_e2_an_outbox_that_could_not_post_yet_posts_one_card_for_all() -> None:
    async with a_gateway() as gateway:
        gateway.messenger.trouble = NotNow("ratelimited", retry_after_s=5)
        await asked(gateway, 3)
        await gateway.delivered()
        gateway.messenger.trouble = None
        gateway.clock.advance(timedelta(seconds=6))

        shown = await card(gateway)

        assert (len(gateway.messenger.posts), len(shown.alike)) == (1, 2)
