"""A task runs on the demo's world: real LangChain, real HTTP, real processes."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from approvals.domain.ids import ChannelId
from approvals.gate.context import NOTHING_KNOWN, CallContext, current
from bot.agents.errors import AgentNotInChannel, AgentUnknown
from bot.agents.task_runner import choose_agent, run_task, warm_up
from bot.demo.world import DemoWorld, demo_world
from tests.agents.builders import RecordingThread, a_task, an_agent

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[DemoWorld]:
    async with demo_world(tmp_path) as running:
        yield running


async def test_a_sentence_restarts_the_service_and_the_thread_tells_each_step(
    world: DemoWorld,
) -> None:
    before = await world.fleet.status("checkout", "prod")
    thread = RecordingThread()

    result = await run_task(
        a_task("restart the checkout service in prod"), an_agent(world.model, world.tools), thread
    )

    after = await world.fleet.status("checkout", "prod")
    assert after["pid"] != before["pid"]
    assert [step.split("{")[0] for step in thread.steps] == [
        "Calling service_status(service=checkout, environment=prod)",
        "service_status returned: ",
        "Calling service_restart(service=checkout, environment=prod)",
        "service_restart returned: ",
    ]
    assert thread.ending == ("answer", result.text)
    assert f"pid {after['pid']}" in result.text
    assert f"replaced pid {before['pid']}" in result.text


async def test_two_wishes_in_one_sentence_are_called_in_parallel(world: DemoWorld) -> None:
    both_began = asyncio.Barrier(2)

    async def service_restart(service: str) -> str:
        """Restart a service."""
        await both_began.wait()
        return f"{service} restarted"

    async def ledger_pay(to: str, amount_eur: float) -> str:
        """Pay somebody an amount in euros."""
        await both_began.wait()
        return f"paid {amount_eur:g} to {to}"

    thread = RecordingThread()
    agent = an_agent(world.model, [service_restart, ledger_pay])

    async with asyncio.timeout(10):
        await run_task(a_task("restart checkout and pay 250 to acme"), agent, thread)

    assert thread.ending[0] == "answer"
    assert "checkout restarted" in thread.ending[1]
    assert "paid 250 to acme" in thread.ending[1]


async def test_every_call_is_made_in_the_tasks_name(world: DemoWorld) -> None:
    seen: list[CallContext] = []

    async def service_status(service: str) -> str:
        """Show the status of a service."""
        seen.append(current())
        return "fine"

    agent = an_agent(world.model, [service_status])
    text = "show the status of checkout and show the status of search"

    await run_task(a_task(text), agent, RecordingThread())

    assert {(c.agent, c.person, c.team, c.run_id) for c in seen} == {
        ("ops", "U0ALICE", "T0LOCAL", "RUN1")
    }
    assert {(c.channel, c.card_channel, c.thread_ts) for c in seen} == {
        ("C0PROD", "C0PROD", "171.001")
    }
    assert len({c.request_key for c in seen}) == 2
    assert all(c.message_id and c.tool_call_id for c in seen)
    assert current() == NOTHING_KNOWN


async def test_a_synchronous_tool_runs_in_the_tasks_name_and_off_the_loop(
    world: DemoWorld,
) -> None:
    loop = asyncio.get_running_loop()
    seen: list[tuple[str | None, bool]] = []

    def service_status(service: str) -> str:
        """Show the status of a service."""
        on_loop = asyncio._get_running_loop() is loop
        seen.append((current().run_id, on_loop))
        return "fine"

    await run_task(
        a_task("status of checkout"), an_agent(world.model, [service_status]), RecordingThread()
    )

    assert seen == [("RUN1", False)]


async def test_an_agent_does_not_start_outside_its_channels(world: DemoWorld) -> None:
    thread = RecordingThread()
    task = a_task("drop the ledger", channel=ChannelId("C0GENERAL"))

    with pytest.raises(AgentNotInChannel):
        await run_task(task, an_agent(world.model, world.tools), thread)

    assert thread.told == []


def test_the_agent_of_a_channel_is_chosen(world: DemoWorld) -> None:
    agent = an_agent(world.model, ())

    assert choose_agent([agent], channel_id="C0PROD") is agent
    with pytest.raises(AgentNotInChannel):
        choose_agent([agent], channel_id="C0GENERAL")
    with pytest.raises(AgentUnknown):
        choose_agent([], channel_id="C0PROD")


async def test_a_thread_that_cannot_be_told_does_not_stop_the_task(world: DemoWorld) -> None:
    class BrokenThread(RecordingThread):
        async def step(self, text: str) -> None:
            raise ConnectionError("Slack is down")

    thread = BrokenThread()

    result = await run_task(a_task("pay 40 to acme"), an_agent(world.model, world.tools), thread)

    assert result.answered
    assert (await world.ledger.payments())[-1].amount_eur == 40


async def test_a_slow_thread_does_not_hold_up_the_tools(world: DemoWorld) -> None:
    paid = asyncio.Event()

    async def ledger_pay(to: str, amount_eur: float) -> str:
        """Pay somebody an amount in euros."""
        paid.set()
        return "paid"

    class SlowThread(RecordingThread):
        async def step(self, text: str) -> None:
            await paid.wait()
            await super().step(text)

    thread = SlowThread()
    agent = an_agent(world.model, [ledger_pay])

    async with asyncio.timeout(20):
        await run_task(a_task("pay 40 to acme"), agent, thread)

    assert [text.split("(")[0] for text in thread.steps] == [
        "Calling ledger_pay",
        "ledger_pay returned: paid",
    ]
    assert thread.ending[0] == "answer"


async def test_a_cancelled_task_tells_no_ending(world: DemoWorld) -> None:
    begun = asyncio.Event()

    async def service_status(service: str) -> str:
        """Show the status of a service."""
        begun.set()
        await asyncio.sleep(60)
        return "never"

    thread = RecordingThread()
    agent = an_agent(world.model, [service_status])
    running = asyncio.create_task(run_task(a_task("status of checkout"), agent, thread))
    await begun.wait()

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert thread.steps == ["Calling service_status(service=checkout)"]
    assert len(thread.told) == 1


async def test_warming_up_twice_is_harmless() -> None:
    await asyncio.gather(warm_up(), warm_up())
    await warm_up()

    assert "bot.agents.langchain_agent" in sys.modules


LEAVING = """
import asyncio, sys
from bot.agents.task_runner import warm_up

async def main():
    loading = asyncio.create_task(warm_up())
    await asyncio.sleep(0.05)
    loading.cancel()

asyncio.run(main())
module = sys.modules.get("bot.agents.langchain_agent")
print("still loading" if not hasattr(module, "explain") else "waited for it")
"""


def test_a_program_that_ends_does_not_wait_for_langchain() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LEAVING], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "still loading\n", "")
