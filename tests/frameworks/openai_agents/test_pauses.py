"""Runs that pause, are stored under a MAC, and go on elsewhere."""

import asyncio
import json
from typing import Any

import pytest
from agents import Runner

from approvals.domain.decision import Verdict
from approvals.gate import Gate
from approvals.gate.openai_agents import ask_interruptions, resume, seal, unseal
from approvals.gate.refusals import StateKeyTooShort, StateNotSealed, StateVersionUnknown
from tests.engine.gateway_in_test import GatewayInTest
from tests.frameworks.openai_agents.scripts import QUIET, an_agent, asked, call, outputs, ran

KEY = b"k" * 32
RUN = "incident-42"
WEB = call("restart_service", "c1", name="web", drain_s=5)
API = call("restart_service", "c2", name="api", drain_s=5)


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    ran.clear()


async def paused(gate: Gate, *calls: Any) -> str:
    """Run until it pauses, put its questions, and store it."""
    result = await Runner.run(an_agent(gate, *calls, pauses=True), "go", run_config=QUIET)
    state = result.to_state()
    await ask_interruptions(state, gate=gate, run=RUN)
    return seal(state, key=KEY, run=RUN)


async def gone_on(gate: Gate, stored: str) -> Any:
    """What another process does with it."""
    agent = an_agent(gate, pauses=True)
    state = await unseal(agent, stored, key=KEY, run=RUN)
    return await resume(agent, state, gate=gate, run=RUN, run_config=QUIET)


@pytest.mark.parametrize("verdict", Verdict)
async def test_a_paused_run_goes_on_in_another_process_with_what_was_decided(
    gateway: GatewayInTest, gate: Gate, verdict: Verdict
) -> None:
    stored = await paused(gate, WEB)
    assert ran == []
    await gateway.clicks((await asked(gateway))["web"], verdict=verdict, reason="said so")

    result = await gone_on(gate, stored)

    approved = verdict is Verdict.APPROVE
    assert ran == ([{"name": "web", "drain_s": 5}] if approved else [])
    assert result.final_output == "done"
    assert '"said so"' in outputs(result)[0]


async def test_it_waits_for_people_and_asks_only_once(gateway: GatewayInTest, gate: Gate) -> None:
    stored = await paused(gate, WEB)
    going = asyncio.create_task(gone_on(gate, stored))
    await gateway.settled()
    assert not going.done()

    await gateway.clicks((await asked(gateway))["web"])
    await going

    await gateway.delivered()
    assert len(ran) == len(gateway.messenger.posts) == 1


async def test_what_is_decided_goes_on_and_the_rest_stays_paused(
    gateway: GatewayInTest, gate: Gate
) -> None:
    stored = await paused(gate, WEB, API)
    ids = await asked(gateway)
    await gateway.clicks(ids["api"])
    result = await gone_on(gate, stored)

    assert [each["name"] for each in ran] == ["api"]
    assert [item.call_id for item in result.interruptions] == ["c1"]
    again = seal(result.to_state(), key=KEY, run=RUN)
    await gateway.clicks(ids["web"])
    result = await gone_on(gate, again)

    assert [each["name"] for each in ran] == ["api", "web"]
    assert result.final_output == "done"


async def test_a_state_that_is_used_twice_runs_nothing_twice(
    gateway: GatewayInTest, gate: Gate
) -> None:
    stored = await paused(gate, WEB)
    await gateway.clicks((await asked(gateway))["web"])
    await gone_on(gate, stored)
    result = await gone_on(gate, stored)

    assert len(ran) == 1
    assert "already ran" in outputs(result)[0]


async def test_two_processes_that_resume_at_once_run_it_once(
    gateway: GatewayInTest, gate: Gate
) -> None:
    stored = await paused(gate, WEB)
    await gateway.clicks((await asked(gateway))["web"])
    await asyncio.gather(gone_on(gate, stored), gone_on(gate, stored), return_exceptions=True)

    assert len(ran) == 1


async def test_an_approval_that_somebody_else_put_into_the_state_runs_nothing(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent(gate, WEB, pauses=True)
    state = (await Runner.run(agent, "go", run_config=QUIET)).to_state()
    state.approve(state.get_interruptions()[0])
    going = asyncio.create_task(Runner.run(agent, state, run_config=QUIET))

    request = await gateway.pending()
    assert ran == []
    await gateway.clicks(request.id, verdict=Verdict.REJECT)
    await going
    assert ran == []


async def test_an_allowed_call_of_a_paused_run_asks_nobody(
    gateway: GatewayInTest, gate: Gate
) -> None:
    stored = await paused(gate, call("read_status", "c1", name="web"))
    result = await gone_on(gate, stored)

    assert outputs(result) == ["web is up"]
    await gateway.delivered()
    assert gateway.messenger.posts == []


def changed(sealed: str, how: str) -> str:
    envelope = json.loads(sealed)
    if how == "an approval put in":
        envelope["state"] = envelope["state"].replace("web", "all")
    elif how == "no MAC":
        del envelope["mac"]
    elif how == "a MAC that is none":
        envelope["mac"] = "é" * 64
    elif how == "the state alone":
        return str(envelope["state"])
    else:
        return how
    return json.dumps(envelope)


@pytest.mark.parametrize(
    "how", ["an approval put in", "no MAC", "a MAC that is none", "the state alone", "", "[]", "["]
)
async def test_a_state_that_was_changed_is_not_read(
    gateway: GatewayInTest, gate: Gate, how: str
) -> None:
    stored = await paused(gate, WEB)
    agent = an_agent(gate, pauses=True)

    with pytest.raises(StateNotSealed):
        await unseal(agent, changed(stored, how), key=KEY, run=RUN)
    assert await unseal(agent, stored, key=KEY, run=RUN)


async def test_a_state_is_of_one_run_and_one_key(gateway: GatewayInTest, gate: Gate) -> None:
    stored = await paused(gate, WEB)
    agent = an_agent(gate, pauses=True)

    with pytest.raises(StateNotSealed):
        await unseal(agent, stored, key=KEY, run="incident-43")
    with pytest.raises(StateNotSealed):
        await unseal(agent, stored, key=b"x" * 32, run=RUN)
    with pytest.raises(StateNotSealed):
        await unseal(agent, stored, key=[], run=RUN)
    assert await unseal(agent, stored, key=[b"x" * 32, KEY], run=RUN)
    with pytest.raises(StateKeyTooShort):
        await unseal(agent, stored, key=b"short", run=RUN)


class OfAnotherVersion:
    def __init__(self, state: Any) -> None:
        self._state = state

    def to_string(self) -> str:
        return json.dumps({**json.loads(self._state.to_string()), "$schemaVersion": "99.0"})


async def test_a_state_of_a_version_that_is_not_known_is_refused(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent(gate, WEB, pauses=True)
    state = (await Runner.run(agent, "go", run_config=QUIET)).to_state()
    later: Any = OfAnotherVersion(state)

    with pytest.raises(StateVersionUnknown):
        await unseal(agent, seal(later, key=KEY, run=RUN), key=KEY, run=RUN)
