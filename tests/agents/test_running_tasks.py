"""Tasks in the background: bounded, forgotten when done, stopped with the program."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from approvals.domain.ids import ChannelId
from bot.agents.errors import AgentNotInChannel, TooManyTasks
from bot.agents.running_tasks import RunningTasks
from bot.agents.spec import AgentSpec
from tests.agents.builders import RecordingThread, a_task, an_agent
from tests.agents.fake_model import fake_model, results_in


class WaitingTool:
    """A tool that waits for the test, and what became of its calls."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.begun = asyncio.Event()
        self.cancelled = 0

    async def wait(self) -> str:
        """Wait for the test."""
        self.begun.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return "released"


@pytest.fixture
async def tool() -> WaitingTool:
    return WaitingTool()


@pytest.fixture
async def agent(tool: WaitingTool) -> AsyncIterator[AgentSpec]:
    async with fake_model(lambda b: "done" if results_in(b) else [("wait", {})]) as model:
        yield an_agent(model, [tool.wait])


async def test_a_started_task_goes_on_by_itself_and_is_forgotten_when_done(
    agent: AgentSpec, tool: WaitingTool
) -> None:
    tasks, thread = RunningTasks(), RecordingThread()

    tasks.start(a_task("go"), agent, thread)
    assert thread.told == []
    await tool.begun.wait()
    tool.release.set()
    async with asyncio.timeout(20):
        while len(tasks):
            await asyncio.sleep(0.01)

    assert thread.ending == ("answer", "done")


async def test_one_task_too_many_is_refused_and_not_started(agent: AgentSpec) -> None:
    tasks, refused = RunningTasks(tasks_max=2), RecordingThread()
    tasks.start(a_task("go"), agent, RecordingThread())
    tasks.start(a_task("go"), agent, RecordingThread())

    with pytest.raises(TooManyTasks, match="2 agent tasks run already"):
        tasks.start(a_task("go"), agent, refused)

    await tasks.close()
    assert refused.told == []


async def test_a_task_in_another_channel_is_refused_before_it_starts(agent: AgentSpec) -> None:
    tasks = RunningTasks()

    with pytest.raises(AgentNotInChannel):
        tasks.start(a_task("go", channel=ChannelId("C0GENERAL")), agent, RecordingThread())

    assert len(tasks) == 0


async def test_closing_stops_what_runs_and_claims_no_ending(
    agent: AgentSpec, tool: WaitingTool
) -> None:
    tasks, thread = RunningTasks(), RecordingThread()
    tasks.start(a_task("go"), agent, thread)
    await tool.begun.wait()

    async with asyncio.timeout(2):
        await tasks.close()

    assert tool.cancelled == 1
    assert {kind for kind, _ in thread.told} == {"step"}
