"""Several people have to approve: who fills which place, and what becomes of it. No Slack."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from approvals.domain.approval_request import ApprovalRequest, Cause, Requester, Status
from approvals.domain.decision import Verdict
from approvals.domain.ids import UserId
from approvals.gate.exceptions import CallNoEligibleApprover, CallRejected
from approvals.operations.ports import Person
from tests.engine.gateway_in_test import GatewayInTest, a_gateway, a_policy
from tests.fakes.people import ALICE, BOB, CAROL, TEAM

DAVE, ERIN = UserId("U0DAVE"), UserId("U0ERIN")
BOTH = "[{of: sre}, {of: leads}]"
POLICY = f"""
version: 1
defaults: {{channel: "#ops", timeout: 15m}}
people:
  sre: {{users: [U0BOB, U0CAROL, U0ERIN]}}
  leads: {{users: [U0DAVE, U0ERIN]}}
  oncall: {{usergroup: S0ONCALL}}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    rules:
      - {{tool: "restart_*", effect: ask, quorum: {BOTH}}}
"""


def quorum_of(written: str, *more_rules: str) -> str:
    lines = "".join(f"      - {{{rule}}}\n" for rule in more_rules)
    return POLICY.replace(BOTH, written) + lines


@asynccontextmanager
async def asked(policy: str = POLICY) -> AsyncIterator[tuple[GatewayInTest, ApprovalRequest]]:
    async with a_gateway(policy=policy) as gateway:
        gateway.directory.usergroups["S0ONCALL"] = frozenset({BOB, CAROL})
        call = gateway.asks()
        request = await gateway.pending()
        yield gateway, request
        call.cancel()


async def status_of(gateway: GatewayInTest, request: ApprovalRequest) -> Status:
    stored = await gateway.store.request(request.id)
    assert stored is not None
    return stored.status


async def approve(gateway: GatewayInTest, request: ApprovalRequest, *users: UserId) -> list[str]:
    """Let people approve one after another; return the codes of the refusals."""
    answers = [await gateway.clicks(request.id, user) for user in users]
    return [answer.refusal.code for answer in answers if answer.refusal]


@pytest.mark.parametrize("people", [(BOB, DAVE), (DAVE, BOB), (BOB, ERIN), (ERIN, CAROL)])
async def test_I7_one_of_each_set_in_any_order_approves(people: tuple[UserId, UserId]) -> None:
    async with asked() as (gateway, request):
        await approve(gateway, request, people[0])
        assert await status_of(gateway, request) is Status.PENDING

        await approve(gateway, request, people[1])

        assert await status_of(gateway, request) is Status.APPROVED


@pytest.mark.parametrize("people", [(BOB, CAROL), (ERIN,), (ERIN, ERIN)])
async def test_I7_people_of_one_set_or_one_person_of_both_are_not_enough(
    people: tuple[UserId, ...],
) -> None:
    async with asked() as (gateway, request):
        await approve(gateway, request, *people)

        assert await status_of(gateway, request) is Status.PENDING


async def test_between_rules_one_decision_serves_each() -> None:
    other = "tool: '*', effect: ask, quorum: [{of: leads}]"
    async with asked(quorum_of("[{of: sre}]", other)) as (gateway, request):
        await approve(gateway, request, BOB)
        assert await status_of(gateway, request) is Status.PENDING

        await approve(gateway, request, ERIN)

        assert await status_of(gateway, request) is Status.APPROVED


async def test_a_quorum_replaces_the_approvers_of_the_channel() -> None:
    async with asked(quorum_of("[{of: leads}]")) as (gateway, request):
        assert await approve(gateway, request, BOB) == ["not_approver"]
        await approve(gateway, request, DAVE)

        assert await status_of(gateway, request) is Status.APPROVED


async def test_a_rule_without_a_quorum_beside_one_with_it_still_needs_the_channels_approvers() -> (
    None
):
    rules = quorum_of("[{of: leads}]", "tool: '*', effect: ask")
    async with asked(rules) as (gateway, request):
        await approve(gateway, request, DAVE)
        assert await status_of(gateway, request) is Status.PENDING

        await approve(gateway, request, BOB)

        assert await status_of(gateway, request) is Status.APPROVED


@pytest.mark.parametrize("rejecting", [ALICE, CAROL, DAVE])
async def test_one_rejection_closes_whatever_was_approved(rejecting: UserId) -> None:
    async with a_gateway(policy=POLICY) as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        await approve(gateway, request, BOB)

        await gateway.clicks(request.id, rejecting, verdict=Verdict.REJECT)

        with pytest.raises(CallRejected):
            await call


async def test_who_approved_may_turn_it_into_a_rejection_and_the_log_keeps_both(
    tmp_path: Path,
) -> None:
    async with a_gateway(tmp_path / "sayso.db", policy=POLICY) as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        await approve(gateway, request, BOB)

        answer = await gateway.clicks(request.id, BOB, verdict=Verdict.REJECT, reason="Not now")

        assert answer.refusal is None
        with pytest.raises(CallRejected, match="Not now"):
            await call
        (decision,) = await gateway.store.write(lambda tx: tuple(tx.decisions(request.id)))
        assert (decision.verdict, decision.reason) == (Verdict.REJECT, "Not now")
    with closing(sqlite3.connect(tmp_path / "sayso.db")) as database:
        rows = database.execute(
            "SELECT body FROM audit_event WHERE name = 'decision.recorded' ORDER BY seq"
        ).fetchall()
    assert [json.loads(body)["data"]["verdict"] for (body,) in rows] == ["approve", "reject"]


async def test_B14_a_second_approval_of_the_same_person_is_told_what_is_missing() -> None:
    async with asked() as (gateway, request):
        await approve(gateway, request, BOB)

        again = await gateway.clicks(request.id, BOB)

        assert again.refusal is not None
        assert again.refusal.code == "already_counted"
        state = again.refusal.facts["progress"]
        assert (state.filled, state.needed) == (1, 2)
        assert [slot.of for slot in state.missing] == [("leads",)]


@pytest.mark.parametrize(
    "requester",
    [
        Requester(agent="bot", person=ERIN, team=TEAM),
        Requester(agent="bot", person=ALICE, team=TEAM, on_behalf_of=(ERIN,)),
    ],
    ids=["owner", "on-behalf-of"],
)
async def test_B4_who_it_was_asked_by_or_for_fills_no_place(requester: Requester) -> None:
    async with a_gateway(policy=POLICY) as gateway:
        call = gateway.asks(requester=requester)
        request = await gateway.pending()
        await approve(gateway, request, BOB)

        assert await approve(gateway, request, ERIN) == ["self_approval"]

        assert await status_of(gateway, request) is Status.PENDING
        call.cancel()


async def test_B20_a_name_that_poses_as_an_approvers_fills_no_place() -> None:
    async with asked() as (gateway, request):
        await approve(gateway, request, BOB)
        mallory = UserId("U0MALLORY")
        gateway.directory.people[mallory] = Person(
            user=mallory, team=TEAM, name="leads (approved) <@U0DAVE>", is_internal=True
        )

        assert await approve(gateway, request, mallory) == ["not_approver"]

        assert await status_of(gateway, request) is Status.PENDING


@pytest.mark.parametrize("change", ["is_deactivated", "is_guest", "is_bot"])
async def test_I7_an_approval_counts_no_more_once_its_account_may_not_decide(change: str) -> None:
    async with asked() as (gateway, request):
        await approve(gateway, request, BOB)
        gateway.directory.change(BOB, **{change: True})

        await approve(gateway, request, DAVE)
        assert await status_of(gateway, request) is Status.PENDING

        await approve(gateway, request, CAROL)
        assert await status_of(gateway, request) is Status.APPROVED


async def test_I7_an_approval_counts_no_more_once_its_person_left_the_set() -> None:
    async with asked(quorum_of("[{of: oncall}, {of: leads}]")) as (gateway, request):
        await approve(gateway, request, BOB)
        gateway.directory.usergroups["S0ONCALL"] = frozenset({CAROL})

        await approve(gateway, request, DAVE)

        assert await status_of(gateway, request) is Status.PENDING
        await gateway.delivered()
        shown = {each.user: each.sets for each in gateway.messenger.updates[-1].decisions}
        assert shown == {BOB: (), DAVE: ("leads",)}


async def test_a_click_again_approves_once_everybody_counts_again() -> None:
    async with asked(quorum_of("[{of: oncall}, {of: leads}]")) as (gateway, request):
        await approve(gateway, request, BOB)
        gateway.directory.usergroups["S0ONCALL"] = frozenset({CAROL})
        await approve(gateway, request, DAVE)
        gateway.directory.usergroups["S0ONCALL"] = frozenset({BOB})

        assert await approve(gateway, request, DAVE) == []

        assert await status_of(gateway, request) is Status.APPROVED


async def test_C17_a_policy_that_asks_for_fewer_now_does_not_lower_how_many() -> None:
    async with asked() as (gateway, request):
        gateway.policies.append(a_policy(quorum_of("[{of: sre}]")))

        await approve(gateway, request, BOB)
        assert await status_of(gateway, request) is Status.PENDING

        await approve(gateway, request, CAROL)
        assert await status_of(gateway, request) is Status.APPROVED


async def test_C17_a_policy_that_asks_for_more_now_is_obeyed() -> None:
    async with asked(quorum_of("[{of: sre}]")) as (gateway, request):
        gateway.policies.append(a_policy(POLICY))

        await approve(gateway, request, BOB)
        assert await status_of(gateway, request) is Status.PENDING

        await approve(gateway, request, DAVE)
        assert await status_of(gateway, request) is Status.APPROVED


@pytest.mark.parametrize(
    ("quorum", "requester"),
    [
        ("[{of: oncall, count: 3}]", ALICE),
        ("[{of: oncall, count: 2}, {of: oncall}]", ALICE),
        ("[{of: oncall, count: 2}]", BOB),
        ("[{of: leads, count: 2}]", ERIN),
        ("[{of: sre, count: 3}, {of: leads}]", DAVE),
    ],
)
async def test_B2_what_can_never_be_met_is_refused_before_anyone_is_asked(
    quorum: str, requester: UserId
) -> None:
    async with a_gateway(policy=quorum_of(quorum)) as gateway:
        gateway.directory.usergroups["S0ONCALL"] = frozenset({BOB, CAROL})
        call = gateway.asks(requester=Requester(agent="bot", person=requester, team=TEAM))

        with pytest.raises(CallNoEligibleApprover, match="Too few people may approve"):
            await call

        assert gateway.messenger.posts == []


async def test_a_quorum_nobody_can_fill_any_more_is_closed_by_the_next_click() -> None:
    async with asked(quorum_of("[{of: oncall, count: 2}]")) as (gateway, request):
        await approve(gateway, request, BOB)
        gateway.directory.usergroups["S0ONCALL"] = frozenset({CAROL})

        assert await approve(gateway, request, CAROL) == ["not_approver"]

        stored = await gateway.store.request(request.id)
        assert stored is not None
        assert (stored.status, stored.cause) == (Status.CANCELLED, Cause.NO_ELIGIBLE_APPROVER)
