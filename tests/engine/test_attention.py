"""What keeps an agent from wearing people out: a rejection that stands a while, and budgets."""

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import Requester
from approvals.domain.audit import AuditName
from approvals.domain.decision import Verdict
from approvals.domain.ids import ChannelId
from approvals.gate.exceptions import CallFrozen, CallNotApproved, CallPaused, CallRejected
from tests.engine.freezing import frozen, lifted
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway
from tests.engine.runs_in_test import RunsInTest
from tests.fakes.people import ALICE, BOB, CAROL

BUDGETED = POLICY.replace(
    "    timeout: 5m\n", "    timeout: 5m\n    budget: {per: 10m, agent: 2, channel: 3}\n"
)
ELSEWHERE: list[dict[str, Any]] = [
    {"card_channel": ChannelId(f"C0ELSE{number}"), "thread_ts": "1700000000.000100"}
    for number in range(3)
]
"""Where a caller may let its card go; whose rules apply does not change with it."""


def audited(path: Path, name: AuditName) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT body FROM audit_event WHERE name = ? ORDER BY seq", (name.value,)
        )
        return [json.loads(body)["data"] for (body,) in found]


async def rejected(gateway: GatewayInTest, reason: str = "not now", **also: Any) -> None:
    call = gateway.asks(**also)
    request = await gateway.pending()
    await gateway.clicks(request.id, verdict=Verdict.REJECT, reason=reason)
    with pytest.raises(CallRejected):
        await call


async def test_r16_the_same_call_soon_after_a_rejection_is_answered_with_it(
    tmp_path: Path,
) -> None:
    async with a_gateway(tmp_path / "rows.db") as gateway:
        await rejected(gateway)

        for _ in range(20):
            with pytest.raises(CallRejected, match="quotation.*not now") as raised:
                await gateway.asks()
            assert raised.value.outcome.by == BOB

        assert len(gateway.messenger.posts) == 1
    assert len(audited(tmp_path / "rows.db", AuditName.REQUEST_NOT_REPEATED)) == 20


async def test_r16_a_rejection_answers_the_call_also_in_a_thread_of_another_channel() -> None:
    async with a_gateway() as gateway:
        await rejected(gateway, **ELSEWHERE[0])

        for place in ({}, ELSEWHERE[1]):
            with pytest.raises(CallRejected, match="quotation.*not now"):
                await gateway.asks(**place)

        assert len(gateway.messenger.posts) == 1


async def test_after_the_cooldown_people_are_asked_again() -> None:
    async with a_gateway() as gateway:
        await rejected(gateway)
        await gateway.time_passes(timedelta(minutes=5))

        call = gateway.asks()
        request = await gateway.pending()
        await gateway.clicks(request.id)

        assert (await call).request_id == request.id


async def test_an_agent_that_repeats_itself_in_one_task_is_answered_and_a_new_task_asks_anew() -> (
    None
):
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        paused = await runs.calls(run)
        assert isinstance(paused, CallPaused)
        await runs.delivered()
        await gateway.clicks(paused.request_id, verdict=Verdict.REJECT)

        with pytest.raises(CallRejected):
            await runs.calls(run, call_id="c2")

        gateway.clock.advance(timedelta(seconds=1))
        again = await runs.started()
        assert isinstance(await runs.calls(again), CallPaused)


@pytest.mark.parametrize(
    "other",
    [
        {"arguments": {"service": "db"}},
        {"tool": "restart_host"},
        {"requester": Requester(agent="other-bot", person=ALICE)},
        {"requester": Requester(agent="deploy-bot", person=CAROL)},
    ],
)
async def test_a_rejection_answers_no_other_call_and_no_other_requester(
    other: dict[str, Any],
) -> None:
    async with a_gateway() as gateway:
        await rejected(gateway)

        call = gateway.asks(**other)
        request = await gateway.pending()

        assert request.is_pending
        assert len(gateway.messenger.posts) == 2
        call.cancel()


async def test_where_the_policy_wants_no_cooldown_people_are_asked_at_once() -> None:
    policy = POLICY.replace("    timeout: 5m\n", "    timeout: 5m\n    cooldown: off\n")
    async with a_gateway(policy=policy) as gateway:
        await rejected(gateway)

        call = gateway.asks()
        await gateway.pending()

        assert len(gateway.messenger.posts) == 2
        call.cancel()


async def test_what_a_freeze_refused_uses_up_no_budget() -> None:
    async with a_gateway(policy=BUDGETED) as gateway:
        await frozen(gateway)
        for _ in range(3):
            with pytest.raises(CallFrozen):
                await gateway.asks()
        await lifted(gateway)

        call = gateway.asks()

        assert (await gateway.pending()).is_pending
        call.cancel()


async def test_a17_an_agent_that_asks_beyond_its_budget_is_told_when_it_may_ask_again() -> None:
    async with a_gateway(policy=BUDGETED) as gateway:
        calls = []
        for number in range(2):
            calls.append(gateway.asks(arguments={"service": str(number)}))
            await gateway.pending()
            await gateway.time_passes(timedelta(minutes=1))

        with pytest.raises(CallNotApproved, match="2 questions of agent deploy-bot") as raised:
            await gateway.asks(arguments={"service": "one too many"})

        assert raised.value.outcome.code == "budget_spent"
        assert "Ask again in 480 s" in raised.value.outcome.message
        assert len(gateway.messenger.posts) == 2
        await gateway.time_passes(timedelta(seconds=480))
        calls.append(gateway.asks(arguments={"service": "in time"}))
        await gateway.pending()
        assert len(gateway.messenger.posts) == 3
        await _all_cancelled(calls)


async def test_a17_a_channel_takes_only_so_many_questions_of_all_agents() -> None:
    async with a_gateway(policy=BUDGETED) as gateway:
        calls = []
        for number in range(3):
            agent = Requester(agent=f"bot-{number}")
            calls.append(gateway.asks(requester=agent))
            await gateway.pending()

        with pytest.raises(CallNotApproved, match="3 questions of all agents"):
            await gateway.asks(requester=Requester(agent="bot-4"))

        await _all_cancelled(calls)


async def test_a17_cards_in_threads_of_other_channels_count_to_the_channel_whose_rules_apply() -> (
    None
):
    async with a_gateway(policy=BUDGETED) as gateway:
        calls = []
        for number, place in enumerate(ELSEWHERE[:2]):
            calls.append(gateway.asks(arguments={"service": str(number)}, **place))
            await gateway.pending()

        for place in ({}, ELSEWHERE[2]):
            with pytest.raises(CallNotApproved, match="2 questions of agent deploy-bot"):
                await gateway.asks(arguments={"service": "one too many"}, **place)

        await _all_cancelled(calls)


async def test_what_other_channels_rules_ask_about_in_a_thread_here_costs_nothing_here() -> None:
    policy = f'{BUDGETED}  "#else":\n    id: C0ELSE\n    approvers: [sre]\n'
    async with a_gateway(policy=policy) as gateway:
        calls = []
        for number in range(3):
            place = {"channel": "#else", "card_channel": ChannelId("C0OPS"), "thread_ts": "1.1"}
            calls.append(gateway.asks(arguments={"service": str(number)}, **place))
            await gateway.pending()

        calls.append(gateway.asks(channel="C0OPS"))

        await gateway.pending()
        assert len(gateway.messenger.posts) == 4
        await _all_cancelled(calls)


@pytest.mark.parametrize(("after_s", "is_fast"), [(1, True), (3, False)])
async def test_a17_a_decision_faster_than_anyone_reads_is_flagged(
    tmp_path: Path, after_s: int, is_fast: bool
) -> None:
    async with a_gateway(tmp_path / "rows.db") as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        gateway.clock.advance(timedelta(seconds=after_s))

        await gateway.clicks(request.id)

        await call
    (decision,) = audited(tmp_path / "rows.db", AuditName.DECISION_RECORDED)
    assert decision["is_fast"] is is_fast


async def _all_cancelled(calls: list[asyncio.Task[Any]]) -> None:
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
