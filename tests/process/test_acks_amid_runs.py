"""Twenty tasks at work do not keep people waiting: commands and clicks are answered at once."""

import asyncio
from pathlib import Path
from time import monotonic

import pytest

from tests.process import task_tools
from tests.process.tasks import CHANNELS, Tasks, running_tasks

RUNS = 20
ACK_WITHIN_S = 1.0


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_acks_stay_under_a_second_while_twenty_tasks_run(tmp_path: Path) -> None:
    async with running_tasks(tmp_path) as tasks, tasks.gateway(stop_at=task_tools.HELD):
        lines = [f"held-{number}" for number in range(RUNS)]
        took = [
            await _answered_in(tasks, f"run do note/{line}", list(CHANNELS)[number % len(CHANNELS)])
            for number, line in enumerate(lines)
        ]
        await tasks.all_ran(*lines)
        took += [await _answered_in(tasks, "list", "C0PROD") for _ in range(RUNS)]
        # With all places taken, one more waits its turn, and who asked for it is told so at once.
        took.append(await _answered_in(tasks, "run do note/late", "C0PROD"))
        await asyncio.sleep(0.5)
        running = tasks.rows("SELECT count(*) FROM run WHERE status = 'running'")

    assert running == [(RUNS,)]
    assert tasks.ran("late") == 0
    assert max(took) < ACK_WITHIN_S, took


async def _answered_in(tasks: Tasks, words: str, channel: str) -> float:
    """Return how long the app took to acknowledge a command."""
    before = monotonic()
    answered = await tasks.command(words, channel)
    assert answered["acked"], answered
    return monotonic() - before
