"""Tools of MCP servers in stored runs: they pause, go on after a restart, and run once."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.decision import Verdict
from approvals.domain.ids import RequestId
from approvals.domain.permit import PermitState, Settlement
from approvals.domain.run import RunCause, RunStatus
from approvals.gate import Gate
from bot.agents.agent_specs import AgentsOfFile, guarded
from bot.agents.agents_file import AgentEntry
from bot.agents.spec import ModelSettings
from bot.mcp.upstream import McpServer
from tests.agents.builders import AGENT, an_agent
from tests.agents.fake_model import Answer, Body, fake_model, results_in
from tests.agents.mcp_servers import http_server, stdio_server
from tests.agents.running import RunningAgents, running_agents
from tests.engine.gateway_in_test import OPS
from tests.engine.test_ended_runs import settles

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    file = tmp_path / "ledger"
    file.touch()
    return file


def calls(*wanted: tuple[str, dict[str, Any]]) -> Callable[[Body], Answer]:
    """A model that makes these calls in one turn and answers what the tools said."""
    return lambda body: " | ".join(results_in(body)) or list(wanted)


def deploys(service: str) -> tuple[str, dict[str, Any]]:
    return ("tiny_deploy", {"service": service, "version": "2"})


@asynccontextmanager
async def a_life(
    path: Path,
    model: ModelSettings,
    server: McpServer,
    *,
    owner: str = "gateway-1",
    idempotent: Sequence[str] = (),
) -> AsyncIterator[RunningAgents]:
    """A gateway with an agent of the file, its MCP servers started by it and ended with it."""
    gate = Gate(agent=AGENT)
    entry = replace(an_entry(model, server), idempotent=tuple(idempotent))
    async with AgentsOfFile([entry]) as agents_of_file:

        async def load_tools() -> Sequence[Any]:
            return guarded(entry, await agents_of_file.tools(entry), gate)

        spec = replace(an_agent(model, []), load_tools=load_tools)
        async with running_agents(path, spec, owner=owner) as agents:
            gate.use(agents.gateway.gateway)
            yield agents


def an_entry(model: ModelSettings, server: McpServer) -> AgentEntry:
    spec = an_agent(model, [])
    return AgentEntry(
        name=AGENT,
        channels=frozenset({OPS}),
        model=model,
        prompt=spec.system_prompt,
        tools=(),
        servers=(server,),
        reads=(),
        idempotent=(),
        require_approval=(),
        limits=spec.limits,
    )


async def assert_it_outlives_a_restart_and_runs_once(
    tmp_path: Path, ledger: Path, server: McpServer
) -> None:
    async with fake_model(calls(deploys("web"))) as model:
        async with a_life(tmp_path, model, server) as agents:
            run = await agents.started("deploy web")
            (request,) = await agents.paused(run)
            await agents.until(agents.is_idle)
            await agents.stop()
        assert ledger.read_text() == ""
        async with a_life(tmp_path, model, server, owner="gateway-2") as agents:
            await agents.gateway.clicks(request.id)
            ended = await agents.ended(run)

    assert (request.call.tool, request.call.arguments) == deploys("web")
    assert (ended.status, ended.answer) == (RunStatus.SUCCEEDED, "web 2 is out")
    assert ledger.read_text() == "deploy web 2\n"


@pytest.mark.long
async def test_a_call_of_a_program_waits_over_a_restart_and_runs_once(
    tmp_path: Path, ledger: Path
) -> None:
    await assert_it_outlives_a_restart_and_runs_once(tmp_path, ledger, stdio_server(ledger))


@pytest.mark.long
async def test_a_call_over_http_waits_over_a_restart_and_runs_once(
    tmp_path: Path, ledger: Path
) -> None:
    async with http_server(ledger) as here:
        await assert_it_outlives_a_restart_and_runs_once(tmp_path, ledger, here.server)


@pytest.mark.long
async def test_a_server_that_was_restarted_while_the_call_waited_runs_it_once(
    tmp_path: Path, ledger: Path
) -> None:
    async with (
        http_server(ledger) as here,
        fake_model(calls(deploys("web"))) as model,
        a_life(tmp_path, model, here.server) as agents,
    ):
        run = await agents.started()
        (request,) = await agents.paused(run)
        await here.kill()
        await here.start()
        await agents.gateway.clicks(request.id)
        ended = await agents.ended(run)

    assert ended.answer == "web 2 is out"
    assert ledger.read_text() == "deploy web 2\n"


@pytest.mark.long
async def test_a_rejected_call_never_reaches_its_server_and_its_sibling_does(
    tmp_path: Path, ledger: Path
) -> None:
    async with (
        fake_model(calls(deploys("web"), deploys("billing"))) as model,
        a_life(tmp_path, model, stdio_server(ledger)) as agents,
    ):
        run = await agents.started()
        for request in await agents.paused(run, asking=2):
            is_web = request.call.arguments["service"] == "web"
            verdict = Verdict.REJECT if is_web else Verdict.APPROVE
            await agents.gateway.clicks(request.id, verdict=verdict)
        ended = await agents.ended(run)

    assert ended.status is RunStatus.SUCCEEDED
    assert (ended.answer or "").endswith(" | billing 2 is out")
    assert ledger.read_text() == "deploy billing 2\n"


@pytest.mark.long
@pytest.mark.parametrize("said", [Settlement.HAPPENED, Settlement.GAVE_UP])
async def test_f2_a_server_that_dies_in_an_approved_call_leaves_it_unknown_and_a_person_is_asked(
    tmp_path: Path, ledger: Path, said: Settlement
) -> None:
    async with (
        fake_model(calls(("tiny_die", {"service": "web"}))) as model,
        a_life(tmp_path, model, stdio_server(ledger)) as agents,
    ):
        run = await agents.started()
        (request,) = await agents.paused(run)
        await agents.gateway.clicks(request.id)
        await agents.until(lambda: is_unknown(agents, request.id))
        await agents.until(agents.is_idle)
        waiting = await agents.read(run.id)
        answer = await settles(agents.gateway, request.id, said)
        ended = await agents.ended(run)

    assert waiting.status is RunStatus.PAUSED
    assert answer.refusal is None
    assert ended.status is RunStatus.SUCCEEDED
    assert ledger.read_text() == "die web\n"


async def is_unknown(agents: RunningAgents, request_id: RequestId) -> bool:
    permit = await agents.gateway.store.write(lambda tx: tx.permit(request_id))
    return permit is not None and permit.state is PermitState.UNKNOWN


@pytest.mark.long
async def test_an_idempotent_call_whose_server_died_is_told_to_the_model(
    tmp_path: Path, ledger: Path
) -> None:
    async with (
        fake_model(calls(("tiny_die", {"service": "web"}))) as model,
        a_life(tmp_path, model, stdio_server(ledger), idempotent=("tiny_die",)) as agents,
    ):
        run = await agents.started()
        await agents.answered(run)
        ended = await agents.ended(run)

    assert "How much of it happened is not known." in (ended.answer or "")
    assert ledger.read_text() == "die web\n"


@pytest.mark.long
async def test_a_server_that_does_not_start_ends_the_run_and_the_next_one_tries_again(
    tmp_path: Path, ledger: Path
) -> None:
    async with http_server(ledger) as here, fake_model(calls(deploys("web"))) as model:
        await here.kill()
        async with a_life(tmp_path, model, here.server) as agents:
            failed = await agents.ended(await agents.started())
            await here.start()
            run = await agents.started()
            await agents.answered(run)
            ended = await agents.ended(run)

    assert (failed.status, failed.cause) == (RunStatus.FAILED, RunCause.AGENT)
    assert "The MCP server tiny" in (failed.reason or "")
    assert "does not start: nothing answers at" in (failed.reason or "")
    assert ended.answer == "web 2 is out"
    assert ledger.read_text() == "deploy web 2\n"


async def test_a_server_that_is_away_when_the_run_goes_on_ends_it_and_nothing_ran(
    tmp_path: Path, ledger: Path
) -> None:
    async with http_server(ledger) as here, fake_model(calls(deploys("web"))) as model:
        async with a_life(tmp_path, model, here.server) as agents:
            run = await agents.started()
            (request,) = await agents.paused(run)
            await agents.stop()
        await here.kill()
        async with a_life(tmp_path, model, here.server, owner="gateway-2") as agents:
            await agents.gateway.clicks(request.id)
            ended = await agents.ended(run)

    assert ended.status is RunStatus.FAILED
    assert "does not start: nothing answers at" in (ended.reason or "")
    assert ledger.read_text() == ""
