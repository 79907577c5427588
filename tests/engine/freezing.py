"""Freezing in tests: who does it, and a messenger that keeps what channels were told."""

import asyncio
from datetime import timedelta

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.freeze import ALL, Freeze, Hand
from approvals.operations.decide import decide
from approvals.operations.deliver_outbox import take_jobs
from approvals.operations.freeze import freeze, unfreeze
from bot.background import deliveries
from tests.engine.gateway_in_test import GatewayInTest
from tests.fakes.people import CAROL, FakeFreezeMessenger

BY_CAROL = Hand(user=CAROL)


async def frozen(
    gateway: GatewayInTest,
    scope: str = ALL,
    *,
    reason: str = "a bad deploy",
    lasts: timedelta | None = None,
) -> Freeze:
    return await freeze(gateway.desk, scope, by=BY_CAROL, reason=reason, lasts=lasts)


async def lifted(gateway: GatewayInTest, scope: str = ALL) -> Freeze:
    return await unfreeze(gateway.desk, scope, by=BY_CAROL)


async def all_told(gateway: GatewayInTest, messenger: FakeFreezeMessenger) -> None:
    """Deliver jobs until none is due."""
    await gateway.settled()
    while jobs := await take_jobs(gateway.desk):
        for job in jobs:
            deliver = deliveries(gateway.desk, gateway.messenger, freeze_messenger=messenger)
            await deliver[job.kind](job)


async def frozen_right_after(gateway: GatewayInTest, request: ApprovalRequest) -> None:
    """Approve, and let the freeze come into the store before anybody can claim."""
    click = await gateway.click_of(request.id)
    await asyncio.gather(decide(gateway.desk, click), frozen(gateway))
