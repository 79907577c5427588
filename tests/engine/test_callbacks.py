"""An agent from outside is called back when its request has ended."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.ids import KeyId
from approvals.domain.key import Key, Scope
from approvals.domain.limits import Limits
from approvals.domain.tool_call import ToolCall
from approvals.operations.ask_by_key import AskedByKey, ask_by_key
from approvals.operations.ports import NotNow
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway, a_policy
from tests.engine.test_webhook_rungs import Pager, audited, time_passes
from tests.fakes.people import ALICE, BOB

WITH_CALLBACK = f"""{POLICY}
webhooks:
  deploys: {{url: "https://deploys.example.com/in", secret_env: SECRET, callback: true}}
"""
NOW = timedelta(0)


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[GatewayInTest]:
    async with a_gateway(policy=WITH_CALLBACK) as opened:
        yield opened


async def asked(gateway: GatewayInTest, service: str = "web") -> ApprovalRequest:
    key = Key(
        id=KeyId("key"),
        digest="0" * 64,
        scopes=frozenset({Scope.REQUEST}),
        owner=ALICE,
        agent="deploy-bot",
        created_at=gateway.clock.now(),
    )
    call = ToolCall.of("restart_service", "0" * 64, {"service": service, "password": "hunter2"})
    told = AskedByKey(call=call, callback="deploys", tool_call_id="call-1")
    request, _ = await ask_by_key(gateway.desk, key, told, limits=Limits())
    await gateway.delivered()
    return request


async def test_it_is_told_how_its_request_ended_and_no_argument(gateway: GatewayInTest) -> None:
    request, receiver = await asked(gateway), Pager()
    await time_passes(gateway, receiver, NOW)
    assert receiver.sent == []

    await gateway.clicks(request.id, BOB)
    await time_passes(gateway, receiver, NOW)

    ((webhook, message),) = receiver.sent
    body = json.loads(message.body)
    assert webhook.name == "deploys"
    assert body["type"] == "request.ended"
    assert body["data"]["outcome"] == "approved"
    assert body["data"]["by"] == BOB
    assert body["data"]["tool_call_id"] == "call-1"
    assert "hunter2" not in message.body
    assert await audited(gateway, "webhook.") == ["webhook.delivered"]


async def test_G11_it_is_tried_again_for_a_day_under_one_id_and_then_given_up(
    gateway: GatewayInTest,
) -> None:
    request, receiver = await asked(gateway), Pager(trouble=NotNow("http_500"))
    await gateway.clicks(request.id, BOB)
    for _ in range(24 * 12 + 20):
        await time_passes(gateway, receiver, timedelta(minutes=5))

    assert receiver.tries > 200
    assert await audited(gateway, "webhook.") == ["webhook.given_up"]
    assert receiver.sent == []


async def test_G11_what_failed_together_is_not_tried_again_together(
    gateway: GatewayInTest,
) -> None:
    receiver = Pager(trouble=NotNow("http_503"))
    for request in [await asked(gateway, f"web-{number}") for number in range(8)]:
        await gateway.clicks(request.id, BOB)
    await time_passes(gateway, receiver, NOW)
    assert receiver.tries == 8

    tries = [receiver.tries]
    for _ in range(20):
        await time_passes(gateway, receiver, timedelta(seconds=0.1))
        tries.append(receiver.tries)

    assert tries[-1] == 16
    assert len(set(tries)) > 3


async def test_a_webhook_taken_out_of_the_policy_is_told_nothing(gateway: GatewayInTest) -> None:
    request, receiver = await asked(gateway), Pager()
    gateway.policies.append(a_policy(POLICY))
    await gateway.clicks(request.id, BOB)

    await time_passes(gateway, receiver, NOW)

    assert receiver.sent == []
