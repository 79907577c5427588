"""An approval of who changed the call counts only while the policy lets editors approve."""

import asyncio
from datetime import timedelta

import pytest

from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.ids import UserId
from approvals.domain.policy import Policy
from approvals.gate.gateway import Clearance
from approvals.operations.check_reader import Reader
from approvals.operations.edit_request import edit_request
from approvals.operations.read_waiting import waiting_for
from tests.engine.gateway_in_test import GatewayInTest, a_gateway, a_policy
from tests.engine.test_edits import POLICY, REPLICAS, SCHEMA
from tests.fakes.people import BOB, CAROL, DANA, TEAM

GENEROUS = POLICY.replace("edit: true", "edit: true, editor_may_approve: true").replace(
    "[U0BOB, U0CAROL]", "[U0BOB, U0CAROL, U0DANA]"
)
TWO = '{tool: "scale", effect: ask, quorum: [{of: sre, count: 2}]}'
OF_TWO = GENEROUS.replace('{tool: "scale", effect: ask}', TWO)
HELD = GENEROUS.replace("edit: true", "edit: true, hold: 10s")


def withdrawn(written: str) -> Policy:
    return a_policy(written.replace(", editor_may_approve: true", ""))


async def approved_by_its_editor(
    gateway: GatewayInTest,
) -> tuple[ApprovalRequest, asyncio.Task[Clearance]]:
    """Let Bob change a call and approve it, which the policy of then allows."""
    call = gateway.asks("scale", schema=SCHEMA, arguments={"replicas": 3, "service": "web"})
    request = await gateway.pending()
    click = await gateway.click_of(request.id, BOB, digest=request.call.digest)
    assert (await edit_request(gateway.desk, click, {REPLICAS: "2"})).refusal is None
    await approved(gateway, request, BOB)
    return request, call


async def approved(gateway: GatewayInTest, request: ApprovalRequest, user: UserId) -> None:
    now = await gateway.store.request(request.id)
    assert now is not None
    click = await gateway.clicks(request.id, user, digest=now.call.digest)
    assert click.refusal is None


@pytest.mark.parametrize("is_withdrawn", [True, False])
async def test_c5_it_is_not_one_of_two_once_the_policy_lets_no_editor_approve(
    is_withdrawn: bool,
) -> None:
    async with a_gateway(policy=OF_TWO) as gateway:
        request, call = await approved_by_its_editor(gateway)
        if is_withdrawn:
            gateway.policies.append(withdrawn(OF_TWO))

        await approved(gateway, request, CAROL)
        if is_withdrawn:
            stored = await gateway.store.request(request.id)
            assert stored is not None
            assert stored.status is Status.PENDING
            await approved(gateway, request, DANA)

        assert (await call).request_id == request.id


@pytest.mark.parametrize("is_withdrawn", [True, False])
async def test_c5_a_hold_ends_in_nothing_once_the_policy_lets_no_editor_approve(
    is_withdrawn: bool,
) -> None:
    async with a_gateway(policy=HELD) as gateway:
        request, call = await approved_by_its_editor(gateway)
        if is_withdrawn:
            gateway.policies.append(withdrawn(HELD))

        await gateway.time_passes(timedelta(seconds=10))
        if is_withdrawn:
            stored = await gateway.store.request(request.id)
            assert stored is not None
            assert (stored.status, stored.held_until) == (Status.PENDING, None)
            await approved(gateway, request, CAROL)
            await gateway.time_passes(timedelta(seconds=10))

        assert (await call).request_id == request.id


@pytest.mark.parametrize("is_withdrawn", [True, False])
async def test_what_its_editor_may_approve_no_more_waits_for_them_no_more(
    is_withdrawn: bool,
) -> None:
    async with a_gateway(policy=GENEROUS) as gateway:
        call = gateway.asks("scale", schema=SCHEMA, arguments={"replicas": 3, "service": "web"})
        request = await gateway.pending()
        click = await gateway.click_of(request.id, BOB, digest=request.call.digest)
        assert (await edit_request(gateway.desk, click, {REPLICAS: "2"})).refusal is None
        if is_withdrawn:
            gateway.policies.append(withdrawn(GENEROUS))

        waiting = await waiting_for(gateway.desk, Reader(user=BOB, team=TEAM))
        others = await waiting_for(gateway.desk, Reader(user=CAROL, team=TEAM))

        assert [each.id for each in waiting.requests] == ([] if is_withdrawn else [request.id])
        assert [each.id for each in others.requests] == [request.id]
        call.cancel()
