"""What the door calls to start a task: one that is refused has posted nothing."""

from typing import cast

import pytest

from approvals.domain.ids import TeamId, UserId
from approvals.storage.ids import SystemIds
from bot.agents.errors import TooManyTasks
from bot.slack.commands import TaskStart
from bot.slack.task_thread import SlackThread
from bot.tasks import Tasks
from tests.agents.builders import CHANNEL, RecordingThread, an_agent
from tests.agents.fake_model import fake_model
from tests.fakes.clock import FakeClock


class OpenedThread(RecordingThread):
    """A thread whose first message counts as told."""

    async def root_ts(self) -> str | None:
        self.told.append(("root", ""))
        return "1.000100"


def asked(thread: OpenedThread) -> TaskStart:
    return TaskStart(
        text="go",
        channel=CHANNEL,
        user=UserId("U0ALICE"),
        team=TeamId("T0TEAM"),
        thread=cast(SlackThread, thread),
    )


async def test_one_task_too_many_posts_nothing() -> None:
    async with fake_model(lambda _: "done") as model:
        tasks = Tasks([an_agent(model, [])], SystemIds(FakeClock()), tasks_max=1)
        await tasks.start(asked(OpenedThread()))
        refused = OpenedThread()

        with pytest.raises(TooManyTasks):
            await tasks.start(asked(refused))

        await tasks.close()
        assert refused.told == []
