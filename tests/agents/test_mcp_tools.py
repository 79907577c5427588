"""Tools of real MCP servers, over stdio and streamable HTTP, with and without the gate in front."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from approvals.gate import Gate
from bot.agents.agent_specs import guarded
from bot.agents.agents_file import DEFAULT_PROMPT, AgentEntry
from bot.agents.errors import ToolsNotLoaded
from bot.agents.mcp_connection import McpConnection
from bot.agents.mcp_tools import mcp_tools
from bot.agents.spec import ModelSettings, TaskLimits
from bot.mcp.upstream import McpServer
from tests.agents.mcp_servers import http_server, stdio_server
from tests.engine.gateway_in_test import OPS, a_gateway
from tests.fakes.scripted_gateway import ScriptedGateway

SOON = timedelta(seconds=20)
pytestmark = [pytest.mark.timeout(90), pytest.mark.xdist_group("mcp_tools")]
in_module_loop = pytest.mark.asyncio(loop_scope="module")


class Tools:
    """An agent's tools, called as a model calls them."""

    def __init__(self, tools: Sequence[Any]) -> None:
        self.by_name = {tool.name: tool for tool in tools}

    async def call(self, name: str, /, **arguments: Any) -> tuple[str, str]:
        call = {"type": "tool_call", "name": name, "args": arguments, "id": "call-1"}
        message = await self.by_name[name].ainvoke(call)
        return message.status, message.content


@asynccontextmanager
async def tools_of(server: McpServer, *, within: timedelta = SOON) -> AsyncIterator[Tools]:
    connection = McpConnection(server)
    try:
        yield Tools(await mcp_tools([connection], call_timeout=within))
    finally:
        await connection.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    file = tmp_path / "ledger"
    file.touch()
    return file


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tiny(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tools]:
    """One program for the tests that do not end it."""
    ledger = tmp_path_factory.mktemp("tiny") / "ledger"
    with pytest.MonkeyPatch.context() as shell:
        shell.setenv("SLACK_BOT_TOKEN", "xoxb-hush")
        async with tools_of(stdio_server(ledger, GIVEN="${HOME}")) as tools:
            await tools.call("tiny_get_state", service="web")
            yield tools


def an_entry(**declared: Any) -> AgentEntry:
    entry: dict[str, Any] = {
        "name": "ops-bot",
        "channels": frozenset({OPS}),
        "model": ModelSettings(base_url="http://x", model="m", api_key="none"),  # type: ignore[arg-type]
        "prompt": DEFAULT_PROMPT,
        "tools": (),
        "servers": (),
        "reads": (),
        "idempotent": (),
        "require_approval": (),
        "limits": TaskLimits(),
    }
    return AgentEntry(**{**entry, **declared})


async def assert_asked_approved_and_run_once(server: McpServer, ledger: Path) -> None:
    gate = Gate(agent="ops-bot")
    async with a_gateway() as here, tools_of(server) as tools:
        gate.use(here.gateway)
        behind = Tools(guarded(an_entry(), list(tools.by_name.values()), gate))

        calling = asyncio.create_task(behind.call("tiny_deploy", service="web", version="2"))
        request = await here.pending()
        assert ledger.read_text() == ""
        await here.clicks(request.id)
        answer = await calling

    assert request.call.tool == "tiny_deploy"
    assert request.call.arguments == {"service": "web", "version": "2"}
    assert answer == ("success", "web 2 is out")
    assert ledger.read_text() == "deploy web 2\n"


async def test_a_tool_of_a_program_runs_once_after_it_was_approved(ledger: Path) -> None:
    await assert_asked_approved_and_run_once(stdio_server(ledger), ledger)


async def test_a_tool_over_http_runs_once_after_it_was_approved(ledger: Path) -> None:
    async with http_server(ledger) as here:
        await assert_asked_approved_and_run_once(here.server, ledger)


@in_module_loop
async def test_what_a_server_says_of_its_tools_is_not_believed(tiny: Tools) -> None:
    gateway, gate = ScriptedGateway(), Gate(agent="ops-bot")
    gateway.answer = lambda question: question.approve()
    gate.use(gateway)
    entry = an_entry(reads=("tiny_get_*",), idempotent=("tiny_get_*",))
    behind = Tools(guarded(entry, list(tiny.by_name.values()), gate))
    await behind.call("tiny_deploy", service="web")
    await behind.call("tiny_get_state", service="web")

    deploy, get_state = (proposal.traits for proposal in gateway.proposals)
    assert (deploy.reads, deploy.idempotent) == (False, False)
    assert (get_state.reads, get_state.idempotent) == (True, True)


@in_module_loop
async def test_names_fit_what_a_model_can_call_and_begin_with_the_server(tiny: Tools) -> None:
    assert await tiny.call("tiny_get_state", service="web") == ("success", "web is up")


@in_module_loop
async def test_a_failure_a_refusal_and_a_picture_are_sentences(tiny: Tools) -> None:
    failed, refused, drawn = (
        await tiny.call("tiny_fail"),
        await tiny.call("tiny_refuse"),
        await tiny.call("tiny_picture"),
    )

    said = "The MCP server tiny says that it failed: "
    assert failed == ("error", f"{said}Error executing tool fail: the disk is full")
    assert refused == ("error", f"{said}not today")
    assert drawn == ("success", "[an image (image/png, 12 bytes), not shown: no text]")


@in_module_loop
async def test_a_program_gets_no_secret_it_was_not_given(tiny: Tools) -> None:
    assert await tiny.call("tiny_environment", name="SLACK_BOT_TOKEN") == ("success", "unset")
    assert await tiny.call("tiny_environment", name="GIVEN") == ("success", "${HOME}")


@pytest.mark.long
async def test_a_server_that_dies_in_the_middle_is_said_so_and_started_again(
    ledger: Path,
) -> None:
    async with tools_of(stdio_server(ledger)) as tools:
        died = await tools.call("tiny_die", service="web")
        again = await tools.call("tiny_deploy", service="web")

    assert died[0] == "error"
    assert died[1] == (
        "The MCP server tiny ended in the middle of the call. How much of it happened is not "
        "known. Its last words: out of memory"
    )
    assert again == ("success", "web latest is out")
    assert ledger.read_text() == "die web\ndeploy web latest\n"


async def test_a_call_that_takes_too_long_is_given_up_and_the_next_one_runs(ledger: Path) -> None:
    async with tools_of(stdio_server(ledger), within=timedelta(seconds=1)) as tools:
        status, said = await tools.call("tiny_dawdle")

    assert status == "error"
    assert said == (
        "The MCP server tiny gave no result within 1 s. How much of it happened is not known."
    )


@pytest.mark.long
async def test_a_server_over_http_may_be_away_and_come_back(ledger: Path) -> None:
    async with http_server(ledger) as here, tools_of(here.server) as tools:
        await here.kill()
        away = await tools.call("tiny_deploy", service="while-away")
        await here.start()
        back = await tools.call("tiny_deploy", service="back")

    place = here.server.place
    assert away[0] == "error"
    assert away[1] == (
        f"The MCP server tiny ({place}) does not start: nothing answers at {place}. The call did "
        "not run."
    )
    assert back == ("success", "back latest is out")
    assert ledger.read_text() == "deploy back latest\n"


@pytest.mark.long
async def test_a_server_over_http_that_was_restarted_unseen_runs_a_call_once(
    ledger: Path,
) -> None:
    async with http_server(ledger) as here, tools_of(here.server) as tools:
        await here.kill()
        await here.start()

        assert await tools.call("tiny_deploy", service="web") == ("success", "web latest is out")

    assert ledger.read_text() == "deploy web latest\n"


NOT_STARTING = [
    (("no-such-program",), "there is no program 'no-such-program' – install it, or correct the"),
    (
        (sys.executable, "-c", "exit('no token')"),
        "it ended before it was ready. Its last words:",
    ),
    ((sys.executable, "-c", "import time; time.sleep(60)"), "it was not ready within 1 s."),
    ((sys.executable, "-c", "print('hello', flush=True); import time; time.sleep(60)"), "it was"),
]


@pytest.mark.parametrize(("command", "said"), NOT_STARTING)
async def test_a_server_that_does_not_start_is_one_sentence_in_time(
    command: tuple[str, ...], said: str
) -> None:
    timeout = timedelta(seconds=5 if "exit" in command[-1] else 1)
    server = McpServer(name="bad", command=command, timeout=timeout)

    with pytest.raises(ToolsNotLoaded) as refused:
        async with tools_of(server):
            pass

    what = f"The MCP server bad ({command[0]}) does not start: "
    assert refused.value.message.startswith(what + said)


async def test_an_address_where_nobody_is_is_said_without_what_may_be_secret() -> None:
    server = McpServer(name="docs", url="http://127.0.0.1:9/mcp?key=hush", timeout=SOON)

    with pytest.raises(ToolsNotLoaded) as refused:
        async with tools_of(server):
            pass

    place = "http://127.0.0.1:9"
    assert refused.value.message == (
        f"The MCP server docs ({place}) does not start: nothing answers at {place}."
    )
