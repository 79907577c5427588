"""What is kept of conversations: where, for whom to read, and what is refused as unreadable."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Interrupt, Send
from pydantic import SecretStr

from approvals.domain.approval_request import Status
from approvals.domain.ids import RequestId, RunId
from approvals.domain.permit import PermitState
from approvals.domain.run import Run, RunCause, RunStatus
from approvals.storage.postgres.server import Server
from approvals.storage.sql_store import SqlStore
from bot.agents.checkpoints import PostgresPlace, open_checkpoints
from bot.agents.errors import CheckpointRefused, CheckpointsUnavailable
from bot.agents.strict_state import StrictState
from tests.agents.builders import an_agent
from tests.agents.fake_model import fake_model, results_in, streamed
from tests.agents.running import RunningAgents, running_agents
from tests.storage.test_faults import UNLIMITED, limit_pages

RESTARTS: Any = [("restart_service", {"service": "web"})]
restarted: list[str] = []


async def restart_service(service: str) -> str:
    """Restart a service."""
    restarted.append(service)
    return f"{service} restarted"


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"\x00bytes",
        {"a": [1, 2.5, "drei", None, True]},
        [
            HumanMessage("hi", id="1"),
            AIMessage("", tool_calls=[]),
            ToolMessage("x", tool_call_id="1"),
        ],
        (Interrupt(value={"type": "sayso.paused", "version": 1}, id="i"),),
        [Send("tools", {"messages": [HumanMessage("hi", id="1")]})],
    ],
)
def test_state_of_known_types_is_read_back_as_it_was(value: object) -> None:
    written = StrictState().dumps_typed(value)

    read = StrictState().loads_typed(written)

    assert written[0].startswith("sayso1:")
    assert list(read) == list(value) if isinstance(value, tuple) else read == value


class Foreign(SecretStr):
    """A type no state of ours holds."""


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        (("msgpack", b"\x90"), "stored as 'msgpack', which this version of Sayso does not read"),
        (("sayso2:msgpack", b"\x90"), "stored as 'sayso2:msgpack'"),
        (("sayso1:pickle", b"\x80\x04N."), "stored as 'sayso1:pickle'"),
        (("sayso1:json", b"{}"), "stored as 'sayso1:json'"),
        (("sayso1:msgpack", b"\xc1"), "is damaged"),
        (("sayso1:msgpack", b"\x93\x01"), "is damaged"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(stored: tuple[str, bytes], told: str) -> None:
    with pytest.raises(CheckpointRefused) as refused:
        StrictState().loads_typed(stored)

    assert told in refused.value.message
    assert "Start the task anew" in refused.value.message


@pytest.mark.parametrize(
    "value",
    [
        Foreign("x"),
        {"deep": [Foreign("x")]},
        HumanMessage("hi", id="1", additional_kwargs={"hidden": Foreign("x")}),
    ],
)
def test_a_type_that_is_not_known_is_refused_however_deep_it_stands(value: object) -> None:
    _, stored = JsonPlusSerializer().dumps_typed(value)

    with pytest.raises(CheckpointRefused, match="Foreign, which is not read"):
        StrictState().loads_typed(("sayso1:msgpack", stored))


def test_a_method_that_is_not_known_is_not_called() -> None:
    named = ormsgpack.packb(["os", "environ", "PATH", "get"])
    stored = ormsgpack.packb(ormsgpack.Ext(3, named))

    with pytest.raises(CheckpointRefused, match="os.environ, which is not read"):
        StrictState().loads_typed(("sayso1:msgpack", stored))


async def test_checkpoints_stand_in_a_file_of_their_own_that_others_cannot_read(
    tmp_path: Path,
) -> None:
    async with (
        fake_model(lambda b: "done" if results_in(b) else RESTARTS) as model,
        running_agents(tmp_path, an_agent(model, [restart_service])) as agents,
    ):
        await agents.paused(await agents.started())
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in tmp_path.glob("checkpoints.db*")
        }

    assert modes["checkpoints.db"] == 0o600
    assert set(modes.values()) == {0o600}


async def test_a_place_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    with pytest.raises(CheckpointsUnavailable, match="nowhere/checkpoints.db cannot be opened"):
        async with open_checkpoints(tmp_path / "nowhere" / "checkpoints.db"):
            pass


async def test_a_run_whose_state_another_version_wrote_fails_with_a_sentence(
    tmp_path: Path,
) -> None:
    async with fake_model(lambda b: "done" if results_in(b) else RESTARTS) as model:
        spec = an_agent(model, [restart_service])
        async with running_agents(tmp_path, spec) as agents:
            run = await agents.started()
            (request,) = await agents.paused(run)
            await agents.stop()
        with closing(sqlite3.connect(tmp_path / "checkpoints.db")) as connection, connection:
            connection.execute("UPDATE checkpoints SET type = 'sayso9:msgpack'")
        async with running_agents(tmp_path, spec, owner="gateway-2") as agents:
            await agents.gateway.clicks(request.id)
            ended = await agents.ended(run)

    assert (ended.status, ended.cause) == (RunStatus.FAILED, RunCause.ERROR)
    assert "stored as 'sayso9:msgpack'" in (ended.reason or "")


async def test_a_lost_checkpoint_loses_progress_and_no_decision(tmp_path: Path) -> None:
    restarted.clear()
    async with fake_model(lambda b: "done" if results_in(b) else RESTARTS) as model:
        spec = an_agent(model, [restart_service])
        async with running_agents(tmp_path, spec) as agents:
            run = await agents.started()
            (lost,) = await agents.paused(run)
            await agents.stop()
        for kept in tmp_path.glob("checkpoints.db*"):
            kept.unlink()
        async with running_agents(tmp_path, spec, owner="gateway-2") as agents:
            await agents.gateway.clicks(lost.id)
            await agents.until(lambda: _asks_anew(agents, run, lost.id))
            stands = await agents.gateway.store.request(lost.id)
            before = list(restarted)
            (asked,) = [r for r in await agents.open_requests(run) if r.id != lost.id]
            await agents.gateway.clicks(asked.id)
            ended = await agents.ended(run)
            permit = await agents.permit(lost.id)

    assert stands is not None
    assert (stands.status, permit.state) == (Status.APPROVED, PermitState.LAPSED)
    assert before == []
    assert (restarted, ended.answer) == (["web"], "done")


async def _asks_anew(agents: RunningAgents, run: Run, lost: RequestId) -> bool:
    now = await agents.read(run.id)
    asked = [each for each in await agents.open_requests(run) if each.id != lost]
    posted = {content.request.id for content in agents.gateway.messenger.posts}
    return now.status is RunStatus.PAUSED and bool(asked) and asked[0].id in posted


@pytest.mark.long
async def test_checkpoints_stand_in_a_schema_of_their_own_on_postgresql(
    tmp_path: Path, postgres: Server
) -> None:
    place = PostgresPlace(url=SecretStr(postgres.url), schema=f"{postgres.schema}_checkpoints")
    async with fake_model(lambda b: "done" if results_in(b) else RESTARTS) as model:
        spec = an_agent(model, [restart_service])
        async with running_agents(tmp_path, spec, checkpoints=place) as agents:
            run = await agents.started()
            (request,) = await agents.paused(run)
            await agents.stop()
        async with running_agents(tmp_path, spec, owner="two", checkpoints=place) as agents:
            await agents.gateway.clicks(request.id)
            ended = await agents.ended(run)

    assert ended.answer == "done"
    assert not (tmp_path / "checkpoints.db").exists()


async def test_f6_an_end_that_does_not_fit_on_the_disk_is_stored_when_there_is_room(
    tmp_path: Path,
) -> None:
    long = "x" * 200_000
    async with (
        fake_model(lambda _: streamed(long)) as model,
        running_agents(tmp_path, an_agent(model, [])) as agents,
    ):
        store = agents.gateway.store
        assert isinstance(store, SqlStore)
        await limit_pages(store)
        run = await agents.started()
        await agents.until(lambda: has_failed_to_write(agents))
        waiting = await agents.read(run.id)
        await limit_pages(store, UNLIMITED)
        ended = await agents.ended(run)

    assert waiting.status is not RunStatus.SUCCEEDED
    assert ended.answer == long


async def has_failed_to_write(agents: RunningAgents) -> bool:
    return not agents.gateway.store.is_writable


async def test_a_full_disk_under_the_checkpoints_holds_the_run_up_and_loses_nothing(
    tmp_path: Path,
) -> None:
    ran: list[str] = []

    async def restart_service(service: str) -> str:
        """Restart a service."""
        ran.append(service)
        return "x" * 15_000

    async with (
        fake_model(lambda b: "done" if results_in(b) else RESTARTS) as model,
        running_agents(tmp_path, an_agent(model, [restart_service])) as agents,
    ):
        run = await agents.started()
        (request,) = await agents.paused(run)
        saver = await agents.runner._agents._checkpoints()
        await saver.conn.execute("PRAGMA max_page_count = 1")
        await agents.gateway.clicks(request.id)
        await agents.until(lambda: has_run(ran))
        held_up = await agents.read(RunId(run.id))
        await saver.conn.execute("PRAGMA max_page_count = 1000000")
        ended = await agents.ended(run)

    assert held_up.status is RunStatus.RUNNING
    assert ran == ["web"]
    assert ended.answer == "done"


async def has_run(ran: list[str]) -> bool:
    return bool(ran)
