"""A real gateway, and a gate before it, for the tests of agents."""

from collections.abc import AsyncIterator

import pytest

from approvals.gate import Gate
from tests.engine.gateway_in_test import GatewayInTest, a_gateway
from tests.gate.pausing import ran


@pytest.fixture
async def gateway() -> AsyncIterator[GatewayInTest]:
    ran.clear()
    async with a_gateway() as gateway:
        yield gateway


@pytest.fixture
async def gate(gateway: GatewayInTest) -> Gate:
    """A gate before `gateway`."""
    gate = Gate(agent="deploy-bot")
    gate.use(gateway.gateway)
    return gate
