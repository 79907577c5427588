"""A real gateway before the frameworks' agents; folders of absent frameworks are left out."""

from collections.abc import AsyncIterator

import pytest

from approvals.gate import Gate
from tests.engine.gateway_in_test import GatewayInTest, a_gateway
from tests.frameworks.environments import missing

collect_ignore = missing()


@pytest.fixture
async def gateway() -> AsyncIterator[GatewayInTest]:
    async with a_gateway(policy=POLICY) as gateway:
        yield gateway


@pytest.fixture
async def gate(gateway: GatewayInTest) -> Gate:
    """A gate before `gateway`."""
    gate = Gate(agent="deploy-bot")
    gate.use(gateway.gateway)
    return gate


POLICY = """
version: 1
defaults: {channel: "#ops", unmatched: ask, timeout: 15m}
people:
  sre: {users: [U0BOB, U0CAROL]}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    timeout: 5m
    cooldown: off
    rules:
      - {tool: "read_*", effect: allow}
      - {tool: "drop_*", effect: deny, message: Dropping is done by hand.}
      - {tool: "restart_*", effect: ask, edit: true}
"""
