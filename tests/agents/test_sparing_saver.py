"""What is kept of conversations, and what is written no second time."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import empty_checkpoint
from langgraph.types import Interrupt
from pydantic import SecretStr

from approvals.operations.cancel_run import cancel_run
from approvals.operations.continue_run import continue_run
from approvals.operations.start_run import Task
from approvals.storage.postgres.server import Server
from bot.agents.checkpoints import PostgresPlace, open_checkpoints
from tests.agents.builders import an_agent
from tests.agents.fake_model import Answer, Body, fake_model, results_in
from tests.agents.running import RunningAgents, running_agents
from tests.engine.gateway_in_test import OPS
from tests.fakes.people import ALICE, TEAM


async def restart_service(service: str) -> str:
    """Restart a service."""
    return f"{service} restarted"


def restarts_two(body: Body) -> Answer:
    """A model that restarts two services in one turn."""
    if results_in(body):
        return "done"
    return [("restart_service", {"service": each}) for each in ("web", "db")]


def stored(path: Path) -> tuple[int, int]:
    """Return how many checkpoints and how many writes the file holds."""
    with closing(sqlite3.connect(path / "checkpoints.db")) as connection:
        (checkpoints,) = connection.execute("SELECT count(*) FROM checkpoints").fetchone()
        (writes,) = connection.execute("SELECT count(*) FROM writes").fetchone()
    return int(checkpoints), int(writes)


async def rowids(agents: RunningAgents) -> Sequence[Any]:
    """Return the rows of the interrupts: one that is written again gets another id."""
    saver = await agents.runner._agents._checkpoints()
    found = await saver.conn.execute_fetchall(
        "SELECT task_id, rowid FROM writes WHERE channel = '__interrupt__' ORDER BY task_id"
    )
    return list(found)


async def test_one_checkpoint_is_kept_of_a_conversation_however_long_it_gets(
    tmp_path: Path,
) -> None:
    async with fake_model(
        lambda b: "done" if results_in(b) else [("restart_service", {"service": "w"})]
    ) as model:
        spec = an_agent(model, [restart_service])
        async with running_agents(tmp_path, spec) as agents:
            run = await agents.started()
            (request,) = await agents.paused(run)
            await agents.until(agents.is_idle)
            while_paused = stored(tmp_path)
            await agents.gateway.clicks(request.id)
            await agents.ended(run)
            said = Task(agent="ops", starter=ALICE, team=TEAM, channel=OPS, text="and now?")
            await continue_run(agents.gateway.desk, run.id, said)
            newest = await agents.gateway.store.write(lambda tx: tx.latest_run(run.conversation))
            assert newest is not None
            answered = await agents.ended(newest)
            await agents.until(agents.is_idle)

    assert while_paused[0] == 1
    assert stored(tmp_path)[0] == 1
    assert answered.answer == "done"


async def test_a_task_that_is_cancelled_amid_its_work_leaves_one_checkpoint(
    tmp_path: Path,
) -> None:
    async with (
        fake_model(restarts_two) as model,
        running_agents(tmp_path, an_agent(model, [restart_service])) as agents,
    ):
        run = await agents.started()
        await agents.paused(run, asking=2)
        await cancel_run(agents.gateway.desk, run.id, person=ALICE, team=TEAM)
        await agents.until(agents.is_idle)

    assert stored(tmp_path)[0] == 1


async def test_an_interrupt_that_stands_is_not_written_again_when_a_sibling_goes_on(
    tmp_path: Path,
) -> None:
    async with (
        fake_model(restarts_two) as model,
        running_agents(tmp_path, an_agent(model, [restart_service])) as agents,
    ):
        run = await agents.started()
        first, second = await agents.paused(run, asking=2)
        await agents.until(agents.is_idle)
        before = dict(await rowids(agents))
        await agents.gateway.clicks(first.id)
        await agents.paused(run)
        await agents.until(agents.is_idle)
        after = dict(await rowids(agents))
        await agents.gateway.clicks(second.id)
        ended = await agents.ended(run)

    assert len(before) == 2
    assert after.items() <= before.items()
    assert ended.answer == "done"


async def test_an_interrupt_that_is_another_by_now_is_written(tmp_path: Path) -> None:
    config: Any = {"configurable": {"thread_id": "T1", "checkpoint_ns": ""}}
    async with open_checkpoints(tmp_path / "checkpoints.db") as saver:
        placed = await saver.aput(config, empty_checkpoint(), {}, {})
        for asked in ("R1", "R2", "R2"):
            said = (Interrupt(value={"request_id": asked}, id="i"),)
            await saver.aput_writes(placed, [("__interrupt__", said)], "task-1")
            found = await saver.aget_tuple(config)
            assert found is not None
            assert [list(each) for _, _, each in found.pending_writes or ()] == [list(said)]


async def test_only_the_latest_checkpoint_is_kept_on_postgresql(
    tmp_path: Path, postgres: Server
) -> None:
    place = PostgresPlace(url=SecretStr(postgres.url), schema=f"{postgres.schema}_sparing")
    async with (
        fake_model(restarts_two) as model,
        running_agents(tmp_path, an_agent(model, [restart_service]), checkpoints=place) as agents,
    ):
        run = await agents.started()
        for request in await agents.paused(run, asking=2):
            await agents.gateway.clicks(request.id)
        ended = await agents.ended(run)
        await agents.until(agents.is_idle)

    assert ended.answer == "done"
    async with open_checkpoints(place) as saver:
        kept = [each async for each in saver.alist({"configurable": {"thread_id": run.id}})]
    assert len(kept) == 1
