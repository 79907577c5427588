"""The demo's agent under the demo's own policy: real processes, a real ledger, real LangChain."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from approvals.domain.decision import Verdict
from approvals.gate.context import NOTHING_KNOWN, CallContext, current
from bot.agents.built_agents import warm_up
from bot.demo.world import DemoWorld, demo_world
from tests.agents.builders import RecordingThread, an_agent
from tests.agents.running import RunningAgents, one_run, running_agents
from tests.engine.gateway_in_test import OPS
from tests.fakes.people import ALICE, TEAM

ROOT = Path(__file__).parents[2]
RULES = """
version: 1
defaults: {channel: "#ops", unmatched: ask, timeout: 15m}
people:
  sre: {users: [U0BOB, U0CAROL]}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    rules:
      - {tool: [service_status, service_logs, ledger_list], effect: allow}
      - {tool: service_restart, when: args.environment == "staging", effect: allow}
      - {tool: ledger_pay, when: args.amount_eur <= 100, effect: allow}
      - {tool: ledger_drop, effect: deny}
"""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[DemoWorld]:
    async with demo_world(tmp_path) as running:
        yield running


@pytest.fixture
async def agents(world: DemoWorld, tmp_path: Path) -> AsyncIterator[RunningAgents]:
    spec = an_agent(world.model, world.tools)
    async with running_agents(tmp_path, spec, policy=RULES) as agents:
        yield agents


async def test_a_restart_in_prod_waits_for_the_approval_and_then_happens(
    world: DemoWorld, agents: RunningAgents
) -> None:
    before = await world.fleet.status("checkout", "prod")
    run = await agents.started("restart the checkout service in prod")
    (request,) = await agents.paused(run)
    assert (await world.fleet.status("checkout", "prod"))["pid"] == before["pid"]

    await agents.gateway.clicks(request.id)
    ended = await agents.ended(run)

    after = await world.fleet.status("checkout", "prod")
    assert after["pid"] != before["pid"]
    assert f"pid {after['pid']}" in (ended.answer or "")
    assert f"replaced pid {before['pid']}" in (ended.answer or "")
    assert (request.requester.agent, request.requester.person) == ("ops", ALICE)
    assert (request.channel, request.thread_ts) == (OPS, None)
    assert re.fullmatch(rf'sayso:run:\["{run.id}","\w{{26}}","call_\w+"\]', request.key or "")
    assert [step.split("{")[0] for step in agents.steps(run)] == [
        "Calling service_status(service=checkout, environment=prod)",
        "service_status returned: ",
        "Calling service_restart(service=checkout, environment=prod)",
        "service_restart returned: ",
    ]


async def test_a_rejected_payment_is_not_made_and_asked_once(
    world: DemoWorld, agents: RunningAgents
) -> None:
    before = await world.ledger.payments()
    run = await agents.started("pay 250 to acme")

    await agents.answered(run, verdict=Verdict.REJECT, reason="not during the sale")
    ended = await agents.ended(run)

    assert await world.ledger.payments() == before
    assert "not during the sale" in (ended.answer or "")
    assert len(agents.gateway.messenger.posts) == 1


async def test_dropping_the_ledger_is_denied_without_asking_anybody(
    world: DemoWorld, agents: RunningAgents
) -> None:
    ended = await agents.ended(await agents.started("drop the ledger"))

    assert len(await world.ledger.payments()) == 3
    assert agents.gateway.messenger.posts == []
    assert "ledger_drop() did not succeed" in (ended.answer or "")


async def test_reads_staging_and_small_payments_ask_nobody(agents: RunningAgents) -> None:
    text = "restart checkout in staging and pay 40 to acme"

    ended = await agents.ended(await agents.started(text))

    assert agents.gateway.messenger.posts == []
    assert (ended.answer or "").count("is done") == 2


async def test_each_call_is_made_in_the_runs_name(world: DemoWorld, tmp_path: Path) -> None:
    seen: list[CallContext] = []

    async def service_status(service: str) -> str:
        """Show the status of a service."""
        seen.append(current())
        return "fine"

    text = "show the status of checkout and show the status of search"
    run, _ = await one_run(tmp_path, an_agent(world.model, [service_status]), text)

    assert {(c.agent, c.person, c.team, c.run_id) for c in seen} == {("ops", ALICE, TEAM, run.id)}
    assert {(c.channel, c.card_channel, c.thread_ts) for c in seen} == {(OPS, OPS, None)}
    assert len(seen) == 2
    assert current() == NOTHING_KNOWN


async def test_a_thread_that_cannot_be_told_does_not_stop_the_run(
    world: DemoWorld, agents: RunningAgents
) -> None:
    class BrokenThread(RecordingThread):
        async def step(self, text: str) -> None:
            raise ConnectionError("Slack is down")

    run = await agents.started("pay 40 to acme")
    agents.said[run.id] = BrokenThread()

    ended = await agents.ended(run)

    assert ended.answer is not None
    assert (await world.ledger.payments())[-1].amount_eur == 40


async def test_warming_up_twice_is_harmless() -> None:
    await asyncio.gather(warm_up(), warm_up())
    await warm_up()

    assert "bot.agents.langchain_agent" in sys.modules


LEAVING = """
import asyncio, sys
from bot.agents.built_agents import warm_up

async def main():
    loading = asyncio.create_task(warm_up())
    await asyncio.sleep(0.05)
    loading.cancel()

asyncio.run(main())
module = sys.modules.get("bot.agents.langchain_agent")
print("still loading" if not hasattr(module, "build_graph") else "waited for it")
"""


def test_a_program_that_ends_does_not_wait_for_langchain() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LEAVING], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "still loading\n", "")
