"""The five patterns of HITL Examples, the document the product grew from, each by its name there.

WebSocket with pending futures, REST polling, console, custom rules (True, a list, a callable),
session persistence: real processes, of which the gateway's is killed while the agent waits, then
the agent's. In each the body runs once, and only what was approved. At a console nobody else is
asked: its gateway is the agent's own process, killed with it.
"""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.gate.at_a_terminal import a_terminal
from tests.process.cards import Card
from tests.process.scene import POLICY, SLACK_SETTINGS, Scene, running_scene, running_slack
from tests.programs import ROOT, Program, environment, running, sayso

PATIENCE_S = 60
IN_ONE_LOOP = pytest.mark.asyncio(loop_scope="module")
pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(240),
    pytest.mark.xdist_group("hitl_patterns"),
]
BY_CODE = ("rules/True", "rules/list", "rules/callable")
"""These ask by their own rule alone: the policy allows the call."""
WAITING = ("websocket", "rest", *BY_CODE)
LINE = "invoice-7"
APPENDED = f"appended {LINE}"
Start = Callable[[str, Mapping[str, str]], Awaitable["Agent"]]


@dataclass(frozen=True)
class Agent:
    """A process that asks."""

    process: asyncio.subprocess.Process

    async def said(self) -> str:
        out, complaint = await asyncio.wait_for(self.process.communicate(), PATIENCE_S)
        assert self.process.returncode == 0, complaint.decode()
        return out.decode().strip()

    async def killed(self) -> None:
        self.process.kill()
        await self.process.communicate()


@pytest_asyncio.fixture(loop_scope="module")
async def started(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts agents, of which none outlives its test."""
    agents: list[Agent] = []

    async def start(pattern: str, env: Mapping[str, str]) -> Agent:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.process.hitl_agent"),
            *(pattern, LINE, str(tmp_path / "ledger.txt")),
            env=environment(env),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        agents.append(Agent(process))
        return agents[-1]

    yield start
    for agent in agents:
        if agent.process.returncode is None:
            await agent.killed()


@dataclass(frozen=True)
class Team:
    """A scene, a port for the gateway's API, and how an agent is started."""

    scene: Scene
    port: int
    started: Start

    @asynccontextmanager
    async def gateway(self) -> AsyncIterator[Program]:
        slack = {name: self.scene.slack.setting(name) for name in SLACK_SETTINGS}
        place = self.scene.place
        serving = running(
            *("serve", "--data", str(place / "gateway"), "--policy", str(place / "policy.yml")),
            up="Sayso is serving",
            cwd=place,
            env={**slack, "SAYSO_HTTP_PORT": str(self.port)},
        )
        async with serving as program:
            yield program

    async def key(self) -> str:
        made = await sayso(
            *("keys", "create", "--json", "--data", str(self.scene.place / "gateway")),
            *("--scope", "request", "--owner", "U0ALICE", "--agent", "deploy-bot"),
        )
        return str(json.loads(made.printed)["secret"])

    def allow(self) -> None:
        """Let the policy allow the call, so that only a rule of the code asks."""
        allowing = POLICY.replace("effect: ask", "effect: allow")
        (self.scene.place / "policy.yml").write_text(allowing, "utf-8")

    async def starts(self, pattern: str, key: str) -> Agent:
        env = {"SAYSO_URL": f"http://127.0.0.1:{self.port}", "SAYSO_KEY": key}
        return await self.started(pattern, env)

    async def asked(self) -> Card:
        """Wait until the question stands in Slack, and where is stored."""
        card = await self.scene.open_card(LINE)
        await self.scene.is_stored(card)
        assert self.scene.appended == []
        return card


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def slack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Program]:
    async with running_slack(tmp_path_factory.mktemp("slack")) as program:
        yield program


@pytest_asyncio.fixture(loop_scope="module")
async def team(slack: Program, tmp_path: Path, started: Start) -> AsyncIterator[Team]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    async with running_scene(tmp_path, slack) as scene:
        yield Team(scene=scene, port=port, started=started)


def rules_of(team: Team, pattern: str) -> None:
    if pattern in BY_CODE:
        team.allow()


@IN_ONE_LOOP
@pytest.mark.parametrize("pattern", WAITING)
async def test_what_was_approved_runs_once(team: Team, pattern: str) -> None:
    rules_of(team, pattern)
    async with team.gateway():
        key = await team.key()
        agent = await team.starts(pattern, key)
        await team.scene.approve(await team.asked())
        assert await agent.said() == APPENDED
        await team.scene.card("Approved", "done")
    assert team.scene.appended == [LINE]


@IN_ONE_LOOP
@pytest.mark.parametrize("pattern", ["websocket", "rest", "rules/True"])
async def test_what_was_rejected_runs_nothing(team: Team, pattern: str) -> None:
    rules_of(team, pattern)
    async with team.gateway():
        agent = await team.starts(pattern, await team.key())
        await team.scene.reject(await team.asked())
        assert await agent.said() in {"rejected", "CallRejected"}
    assert team.scene.appended == []


@IN_ONE_LOOP
@pytest.mark.parametrize("pattern", WAITING)
async def test_a_gateway_killed_while_the_agent_waits_is_found_again(
    team: Team, pattern: str
) -> None:
    rules_of(team, pattern)
    async with team.gateway() as first:
        agent = await team.starts(pattern, await team.key())
        card = await team.asked()
        await first.kill()
    async with team.gateway():
        await team.scene.approve_when_connected(card)
        assert await agent.said() == APPENDED
    assert team.scene.appended == [LINE]


@IN_ONE_LOOP
@pytest.mark.parametrize("pattern", WAITING)
async def test_an_agent_killed_while_it_waits_finds_its_answer(team: Team, pattern: str) -> None:
    rules_of(team, pattern)
    async with team.gateway():
        key = await team.key()
        first = await team.starts(pattern, key)
        card = await team.asked()
        await first.killed()
        await team.scene.approve(card)
        await team.scene.card("Approved")
        assert team.scene.appended == []

        again = await team.starts(pattern, key)
        assert await again.said() == APPENDED
    assert team.scene.appended == [LINE]


@IN_ONE_LOOP
@pytest.mark.parametrize("killed", ["nobody", "the gateway", "the agent"])
async def test_a_session_that_was_paused_is_resumed_by_another_process(
    team: Team, killed: str
) -> None:
    async with team.gateway() as first:
        key = await team.key()
        assert await (await team.starts("session", key)).said() == "paused"
        card = await team.asked()
        if killed == "the gateway":
            await first.kill()
        elif killed == "the agent":
            await (resuming := await team.starts("session", key)).killed()
            assert resuming.process.returncode == -9
        if killed != "the gateway":
            await team.scene.approve(card)
            assert await (await team.starts("session", key)).said() == APPENDED
    if killed == "the gateway":
        async with team.gateway():
            await team.scene.approve_when_connected(card)
            assert await (await team.starts("session", key)).said() == APPENDED
    assert team.scene.appended == [LINE]


@IN_ONE_LOOP
async def test_a_console_asks_before_it_runs_and_asks_anew_after_a_kill(
    tmp_path: Path, started: Start
) -> None:
    ledger = tmp_path / "ledger.txt"
    with a_terminal() as person:
        first = await started("console", {"TTY": person.tty})
        assert LINE in await person.reads("? y, n, n and a reason")
        await first.killed()
        assert not ledger.exists()

        again = await started("console", {"TTY": person.tty})
        assert LINE in await person.answers("y")
        assert await again.said() == APPENDED
    assert ledger.read_text("utf-8").splitlines() == [LINE]


@IN_ONE_LOOP
async def test_what_is_refused_at_a_console_runs_nothing(tmp_path: Path, started: Start) -> None:
    with a_terminal() as person:
        agent = await started("console", {"TTY": person.tty})
        await person.answers("n")
        assert await agent.said() == "CallRejected"
    assert not (tmp_path / "ledger.txt").exists()
