"""More time: who may decide may put the end off, and silence still ends it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.errors import (
    AlreadyDecided,
    CardMismatch,
    DecisionRefused,
    Frozen,
    NotApprover,
    TimedOut,
)
from approvals.domain.ids import UserId
from approvals.domain.time_errors import AlreadyExtended, ExtensionTooLong
from approvals.gate.exceptions import CallPaused, CallTimedOut
from approvals.operations.click import Answer
from approvals.operations.extend_request import extend_request
from approvals.operations.pause_run import pause_run
from approvals.operations.send_follow_ups import send_follow_ups
from tests.engine.freezing import frozen
from tests.engine.gateway_in_test import GatewayInTest, a_gateway, a_policy
from tests.engine.runs_in_test import RunsInTest
from tests.engine.test_follow_ups import asked, stored
from tests.fakes.people import ALICE, BOB, CAROL

MINUTE = timedelta(minutes=1)
POLICY = """
version: 1
defaults: {channel: "#ops", unmatched: ask, timeout: 5m, extend_max: 20m}
people:
  sre: {users: [U0ALICE, U0BOB, U0CAROL]}
  heard: {users: [U0ERIN]}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    notify: [heard]
    rules:
      - {tool: "never_*", effect: ask, extend_max: never}
      - {tool: "read_*", effect: ask, mention: reminders}
      - {tool: "pay_*", effect: ask, quorum: [{of: sre, count: 2}]}
"""


async def extends(
    gateway: GatewayInTest,
    request: ApprovalRequest,
    until: datetime,
    user: UserId = BOB,
    **forged: Any,
) -> Answer:
    click = await gateway.click_of(request.id, user, **forged)
    return await extend_request(gateway.desk, click, until=until)


async def test_an_approver_gives_more_time_and_card_agent_and_log_go_by_it() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        until = request.expires_at + 15 * MINUTE
        answer = await extends(gateway, request, until)
        await gateway.delivered()
        await gateway.time_passes(19 * MINUTE)
        waiting = not call.done()
        await gateway.clicks(request.id, CAROL)
        await call

        assert answer.refusal is None
        assert waiting
        assert gateway.messenger.updates[0].request.expires_at == until
        (extension,) = (await stored(gateway, request)).followed_up.extensions
        assert (extension.by, extension.until) == (BOB, until)


async def test_more_time_for_a_call_of_a_task_is_told_in_its_thread_too() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        paused = await runs.calls(run)
        assert isinstance(paused, CallPaused)
        await pause_run(gateway.desk, run.id, [paused.request_id])
        await runs.delivered()
        request = await gateway.pending()
        until = request.expires_at + 15 * MINUTE
        answer = await extends(gateway, request, until)
        await runs.delivered()

        assert answer.refusal is None
        assert [each.expires_at for each in runs.threads.updates[-1].requests] == [until]


async def test_silence_still_ends_what_was_extended() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        request = await asked(gateway)
        await extends(gateway, request, request.expires_at + 5 * MINUTE)
        await gateway.time_passes(9 * MINUTE)
        before = await stored(gateway, request)
        await gateway.time_passes(MINUTE)

        assert before.is_pending
        assert (await stored(gateway, request)).status is Status.TIMED_OUT


@pytest.mark.parametrize("minutes", [15, 20], ids=["some", "all there is"])
async def test_all_extensions_together_are_bounded(minutes: int) -> None:
    async with a_gateway(policy=POLICY) as gateway:
        request = await asked(gateway)
        first = await extends(gateway, request, request.expires_at + minutes * MINUTE)
        second = await extends(gateway, request, request.expires_at + 20 * MINUTE + MINUTE)

        assert first.refusal is None
        assert isinstance(second.refusal, ExtensionTooLong)


async def test_a_form_sent_twice_extends_once() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        request = await asked(gateway)
        until = request.expires_at + 5 * MINUTE
        await extends(gateway, request, until)
        again = await extends(gateway, request, until, CAROL)

        assert isinstance(again.refusal, AlreadyExtended)
        assert len((await stored(gateway, request)).followed_up.extensions) == 1


async def test_where_nobody_may_extend_nobody_can() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        request = await asked(gateway, "never_wait")
        answer = await extends(gateway, request, request.expires_at + MINUTE)

        assert isinstance(answer.refusal, ExtensionTooLong)


@pytest.mark.parametrize(
    ("user", "refusal"),
    [(ALICE, NotApprover), (UserId("U0ERIN"), NotApprover), (BOB, None)],
    ids=["the requester", "who is only notified", "an approver"],
)
async def test_only_who_may_approve_may_extend(
    user: UserId, refusal: type[DecisionRefused] | None
) -> None:
    async with a_gateway(policy=POLICY) as gateway:
        request = await asked(gateway)
        answer = await extends(gateway, request, request.expires_at + 5 * MINUTE, user)
        extended = (await stored(gateway, request)).expires_at > request.expires_at

        assert extended is (refusal is None)
        assert refusal is None or isinstance(answer.refusal, refusal)


async def test_a_form_of_another_card_extends_nothing() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        request = await asked(gateway)
        answer = await extends(gateway, request, request.expires_at + MINUTE, nonce="forged")

        assert isinstance(answer.refusal, CardMismatch)
        assert (await stored(gateway, request)).expires_at == request.expires_at


async def test_D3_at_the_end_it_is_too_late_to_extend_and_the_request_ends() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        request = await asked(gateway)
        gateway.clock.advance(5 * MINUTE)
        answer = await extends(gateway, request, request.expires_at + 5 * MINUTE)

        assert isinstance(answer.refusal, TimedOut)
        assert (await stored(gateway, request)).status is Status.TIMED_OUT


async def test_a_freeze_stops_nobody_from_giving_more_time() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        request = await asked(gateway)
        await frozen(gateway)
        answer = await extends(gateway, request, request.expires_at + 5 * MINUTE)

        assert answer.refusal is None
        assert isinstance((await gateway.clicks(request.id)).refusal, Frozen)


async def test_what_has_been_decided_is_not_extended() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        request = await asked(gateway)
        await gateway.clicks(request.id, BOB)
        answer = await extends(gateway, request, request.expires_at + 5 * MINUTE)

        assert isinstance(answer.refusal, AlreadyDecided)


async def test_approvals_given_before_an_extension_stay() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        request = await asked(gateway, "pay_bill")
        await gateway.clicks(request.id, BOB)
        await extends(gateway, request, request.expires_at + 5 * MINUTE)
        await gateway.time_passes(8 * MINUTE)
        await gateway.clicks(request.id, CAROL)

        assert (await stored(gateway, request)).status is Status.APPROVED


@pytest.mark.parametrize(
    ("tool", "called"), [("restart", ["heard"]), ("read_log", [])], ids=["first", "reminders"]
)
async def test_the_first_card_calls_whom_the_policy_notifies(tool: str, called: list[str]) -> None:
    async with a_gateway(policy=POLICY) as gateway:
        await asked(gateway, tool)

        assert [each.name for each in gateway.messenger.posts[0].called] == called


async def test_who_is_called_gains_no_right() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        request = await asked(gateway)
        answer = await gateway.clicks(request.id, UserId("U0ERIN"))

        assert isinstance(answer.refusal, NotApprover)
        assert (await stored(gateway, request)).is_pending


async def test_where_nobody_is_mentioned_a_reminder_calls_nobody() -> None:
    silent = POLICY.replace("extend_max: 20m", "remind: {every: 1m}, mention: never")
    async with a_gateway(policy=silent) as gateway:
        await asked(gateway)
        await gateway.time_passes(MINUTE)
        await send_follow_ups(gateway.desk)

        (reminder,) = gateway.messenger.reminders
        assert (reminder.audience.users, reminder.audience.usergroups) == ((), ())
        assert gateway.messenger.posts[0].called == ()


async def test_what_shares_the_card_and_is_over_already_is_given_no_more_time() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        first = await asked(gateway)
        await extends(gateway, first, first.expires_at + 10 * MINUTE)
        second = gateway.asks("restart")
        await gateway.settled()
        gateway.clock.advance(6 * MINUTE)
        answer = await extends(gateway, first, first.expires_at + 15 * MINUTE)
        await gateway.time_passes(timedelta(0))

        assert answer.refusal is None
        with pytest.raises(CallTimedOut):
            await second


@pytest.mark.parametrize("is_tightened", [True, False])
async def test_it_is_put_off_no_further_than_the_policy_of_now_lets_people(
    is_tightened: bool,
) -> None:
    async with a_gateway(policy=POLICY) as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        if is_tightened:
            gateway.policies.append(a_policy(POLICY.replace("extend_max: 20m", "extend_max: 10m")))

        answer = await extends(gateway, request, request.expires_at + 15 * MINUTE)

        refused = isinstance(answer.refusal, ExtensionTooLong)
        assert refused is is_tightened
        call.cancel()


async def test_a_policy_that_gives_more_time_by_now_gives_none_to_what_was_asked_before() -> None:
    async with a_gateway(policy=POLICY) as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        gateway.policies.append(a_policy(POLICY.replace("extend_max: 20m", "extend_max: 1h")))

        answer = await extends(gateway, request, request.expires_at + 30 * MINUTE)

        assert isinstance(answer.refusal, ExtensionTooLong)
        call.cancel()
