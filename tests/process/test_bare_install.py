"""`pip install sayso` and nothing else, on an agent's machine: it asks another process's gateway.

The wheel is installed bare, as the README says; gateway and agent are killed in turn (F2, F20).
"""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.process.scene import SLACK_SETTINGS, Scene, running_scene, running_slack
from tests.programs import ROOT, Program, running, sayso

PACKAGES_MAX = 6
PATIENCE_S = 60
pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(240),
    pytest.mark.xdist_group("bare_install"),
]
IN_ONE_LOOP = pytest.mark.asyncio(loop_scope="module")
AGENT = """
import asyncio, sys
from approvals.gate import CallNotApproved, Gate

gate = Gate(agent="deploy-bot")
_, how, line, ledger = sys.argv

def append(line):
    with open(ledger, "a") as file:
        file.write(line + "\\n")
    return f"appended {line}"

@gate.guard(name="ledger_append")
async def awaited(line: str) -> str:
    return append(line)

@gate.guard(name="ledger_append")
def blocking(line: str) -> str:
    return append(line)

async def main():
    async with gate:
        with gate.calling(key=line):
            return await awaited(line)

try:
    if how == "async":
        print(asyncio.run(main()))
    else:
        with gate:
            print(blocking(line))
except CallNotApproved as no:
    print(type(no).__name__)
"""


@dataclass(frozen=True)
class Elsewhere:
    """A scene, and what an agent on another machine has."""

    scene: Scene
    python: Path
    port: int

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

    async def asks(self, key: str, how: str, line: str) -> asyncio.subprocess.Process:
        ledger = self.scene.place / "ledger.txt"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return await asyncio.create_subprocess_exec(
            *(str(self.python), "-I", "-c", AGENT, how, line, str(ledger)),
            env={**kept, "SAYSO_URL": f"http://127.0.0.1:{self.port}", "SAYSO_KEY": key},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )


async def told(agent: asyncio.subprocess.Process) -> str:
    out, complaint = await asyncio.wait_for(agent.communicate(), PATIENCE_S)
    assert agent.returncode == 0, complaint.decode()
    return out.decode().strip()


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel and what it depends on."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not here")
    place = tmp_path_factory.mktemp("bare")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = place.glob("*.whl")
    python = place / "venv" / "bin" / "python"
    subprocess.run([uv, "venv", "-q", "-p", sys.executable, str(place / "venv")], check=True)
    install = [uv, "pip", "install", "-q", "--python", str(python), str(wheel)]
    ended = subprocess.run(install, capture_output=True, text=True, check=False)
    if ended.returncode:
        pytest.skip(f"packages cannot be had here: {ended.stderr.strip()[-300:]}")
    return python


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def slack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Program]:
    async with running_slack(tmp_path_factory.mktemp("slack")) as program:
        yield program


@pytest_asyncio.fixture(loop_scope="module")
async def there(slack: Program, tmp_path: Path, bare: Path) -> AsyncIterator[Elsewhere]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    async with running_scene(tmp_path, slack) as scene:
        yield Elsewhere(scene=scene, python=bare, port=port)


def test_the_bare_install_is_a_handful_of_packages(bare: Path) -> None:
    listing = "from importlib.metadata import distributions as d; print(*(x.name for x in d()))"
    listed = subprocess.run(
        [bare, "-I", "-c", listing], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "sayso" in listed
    assert len(listed) - 1 <= PACKAGES_MAX, listed


@IN_ONE_LOOP
@pytest.mark.parametrize("how", ["async", "sync"])
async def test_a_bare_install_asks_and_runs_what_was_approved(there: Elsewhere, how: str) -> None:
    async with there.gateway():
        agent = await there.asks(await there.key(), how, "paid 1")
        await there.scene.approve(await there.scene.open_card("paid 1"))

        assert await told(agent) == "appended paid 1"
        await there.scene.card("Approved", "done")
    assert there.scene.appended == ["paid 1"]


@IN_ONE_LOOP
@pytest.mark.parametrize("how", ["async", "sync"])
async def test_f2_a_gateway_killed_while_an_agent_waits_elsewhere_is_found_again(
    there: Elsewhere, how: str
) -> None:
    async with there.gateway() as first:
        agent = await there.asks(await there.key(), how, "paid 2")
        card = await there.scene.open_card("paid 2")
        await there.scene.is_stored(card)
        await first.kill()
    async with there.gateway():
        await there.scene.approve_when_connected(card)

        assert await told(agent) == "appended paid 2"
    assert there.scene.appended == ["paid 2"]


@IN_ONE_LOOP
async def test_f20_an_agent_killed_while_it_waits_runs_nothing_later_and_finds_its_answer(
    there: Elsewhere,
) -> None:
    async with there.gateway():
        key = await there.key()
        first = await there.asks(key, "async", "paid 3")
        card = await there.scene.open_card("paid 3")
        first.kill()
        await first.communicate()
        await there.scene.approve(card)
        await there.scene.card("Approved")
        assert there.scene.appended == []

        again = await there.asks(key, "async", "paid 3")
        assert await told(again) == "appended paid 3"
        assert await told(await there.asks(key, "async", "paid 3")) == "CallAlreadyRan"
    assert there.scene.appended == ["paid 3"]
