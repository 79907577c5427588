"""A run that is resumed while, or after, another process had begun its call."""

import asyncio
from typing import Any

import pytest
from agents import Runner

from approvals.domain.decision import Verdict
from approvals.domain.permit import PermitState
from approvals.gate import Gate
from approvals.gate.openai_agents import ask_interruptions, resume, seal, unseal
from tests.engine.gateway_in_test import GatewayInTest
from tests.frameworks.openai_agents.scripts import QUIET, an_agent, asked, call, outputs, ran

KEY = b"k" * 32
RUN = "incident-42"


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    ran.clear()


async def gone_on(gate: Gate, stored: str) -> Any:
    agent = an_agent(gate, pauses=True)
    state = await unseal(agent, stored, key=KEY, run=RUN)
    return await resume(agent, state, gate=gate, run=RUN, run_config=QUIET)


async def stored_and_approved(gateway: GatewayInTest, gate: Gate, tool: str) -> str:
    """A run that paused before *tool*, which people have approved."""
    agent = an_agent(gate, call(tool, "c1", name="web"), pauses=True)
    state = (await Runner.run(agent, "go", run_config=QUIET)).to_state()
    await ask_interruptions(state, gate=gate, run=RUN)
    await gateway.clicks((await asked(gateway))["web"])
    return seal(state, key=KEY, run=RUN)


async def test_a_call_that_another_process_has_begun_is_told_as_that_and_not_repeated(
    gateway: GatewayInTest, gate: Gate
) -> None:
    stored = await stored_and_approved(gateway, gate, "restart_slowly")
    first = asyncio.create_task(gone_on(gate, stored))
    while not ran:
        await asyncio.sleep(0.01)

    async with asyncio.timeout(5):
        second = await gone_on(gate, stored)

    assert "already ran, or is running" in outputs(second)[0]
    assert len(ran) == 1
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


@pytest.mark.parametrize("verdict", Verdict)
async def test_a_call_whose_end_is_not_known_is_asked_about_again_before_it_runs_again(
    gateway: GatewayInTest, gate: Gate, verdict: Verdict
) -> None:
    stored = await stored_and_approved(gateway, gate, "restart_blindly")
    await gone_on(gate, stored)
    permit = await gateway.store.write(lambda tx: tx.permit(gateway.messenger.posts[0].request.id))
    assert permit is not None
    assert permit.state is PermitState.UNKNOWN

    again = asyncio.create_task(gone_on(gate, stored))
    request = await gateway.pending()
    assert len(ran) == 1
    await gateway.clicks(request.id, verdict=verdict)
    async with asyncio.timeout(5):
        await again

    assert len(ran) == (2 if verdict is Verdict.APPROVE else 1)
