"""`sayso demo` as a process: what it prints, how it ends, what it leaves, what it refuses."""

import asyncio
import re
import signal
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
import pytest

from bot.demo.world import POLICY_PATH
from tests.demo_here import SharedDemo, writing_browser
from tests.programs import Program, children, is_alive, running
from tests.sayso_here import SaysoHere

END_WITHIN_S = 2.0
LATE = (
    "ERROR sayso.freeze What is frozen is not known",
    "WARNING sayso.freeze Allowed calls wait for the store",
)
"""Said on a machine so busy that a look into the database takes seconds."""
SERVICES = {(name, place) for name in ("checkout", "search") for place in ("prod", "staging")}
CHANNEL = "C0PROD"
pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("chromium")]
in_shared_loop = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def place(shared_demo: SharedDemo) -> Path:
    return shared_demo.data


@pytest.fixture
def demo(shared_demo: SharedDemo) -> Program:
    """One demo for the tests that only look at it."""
    return shared_demo.program


@asynccontextmanager
async def running_demo(data: Path) -> AsyncIterator[Program]:
    command = ("demo", "--no-open", "--port", "0", "--data", str(data))
    async with running(*command, up="http://") as demo:
        yield demo


async def _ends_in_time(demo: Program, number: int) -> str:
    """End it by a signal: in time, with code 0, no complaint, nothing of it left; its last line."""
    born = [child.pid for child in children(demo.pid)]
    asked_at = monotonic()
    ended = await demo.end(number)
    assert monotonic() - asked_at < END_WITHIN_S * demo.patience
    assert ended.code == 0
    assert [line for line in ended.complaints if not line.startswith(LATE)] == []
    assert [pid for pid in born if is_alive(pid)] == []
    return ended.printed.splitlines()[-1]


@in_shared_loop
async def test_the_first_line_is_the_pages_address_and_the_page_is_there(demo: Program) -> None:
    [line] = demo.lines
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", line)
    async with aiohttp.ClientSession() as http, http.get(line) as answer:
        assert answer.status == 200
        assert "#prod-incidents" in await answer.text()
    assert {child.command[-3:-1] for child in children(demo.pid)} == SERVICES


@in_shared_loop
async def test_what_it_keeps_is_its_owners_alone(demo: Program, place: Path) -> None:
    assert demo.process.returncode is None
    modes = {each: f"{each.stat().st_mode & 0o777:o}" for each in place.rglob("*")}
    assert {"sayso.db-wal", "local-slack.db-wal", "ledger.db"} <= {each.name for each in modes}
    assert modes == {each: "700" if each.is_dir() else "600" for each in modes}


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_ends_in_two_seconds_with_pages_open_and_a_question_pending(
    tmp_path: Path, number: int
) -> None:
    async with running_demo(tmp_path) as demo, aiohttp.ClientSession() as http:
        page = _Page(demo, http)
        await page.asked("restart checkout in prod")
        origin = {"Origin": demo.lines[0].rstrip("/")}
        open_pages = [
            await http.ws_connect(f"{demo.lines[0]}page/live", headers=origin) for _ in range(3)
        ]
        last = await _ends_in_time(demo, number)
        assert last.startswith(f"Stopped. Everything is kept in {tmp_path}; go on with: sayso demo")
        for each in open_pages:
            await each.close()


@pytest.mark.long
async def test_without_data_it_leaves_nothing_and_told_not_to_it_opens_no_browser(
    tmp_path: Path,
) -> None:
    asked_for = tmp_path / "asked-for"
    place = Path(tempfile.mkdtemp(prefix="s", dir="/tmp"))  # short: a socket's path has an end
    env = {"TMPDIR": str(place), "BROWSER": writing_browser(tmp_path, asked_for)}
    async with running("demo", "--no-open", "--port", "0", up="Open it", env=env) as demo:
        assert [each.name.startswith("sayso-demo-") for each in place.iterdir()] == [True]
        last = await _ends_in_time(demo, signal.SIGINT)
    assert last == "Stopped. Nothing was kept; `sayso demo --data DIR` keeps everything."
    place.rmdir()  # which only an empty folder lets be done
    assert not asked_for.exists()


@pytest.mark.long
@in_shared_loop
async def test_a_browser_is_opened_at_the_page(shared_demo: SharedDemo) -> None:
    demo, asked_for = shared_demo.program, shared_demo.asked_for
    async with asyncio.timeout(50):
        while not (asked_for.exists() and asked_for.read_text("utf-8").endswith("\n")):
            await asyncio.sleep(0.02)
    assert asked_for.read_text("utf-8").split() == [demo.lines[0]]


@pytest.mark.long
def test_a_second_demo_on_the_same_data_ends_with_2_and_names_the_first(
    demo: Program, place: Path, sayso_here: SaysoHere
) -> None:
    command = ("demo", "--no-open", "--port", "0", "--data", str(place))
    second = sayso_here(*command)
    assert (second.code, second.printed) == (2, "")
    [complaint] = second.complaints
    assert complaint.startswith("sayso demo: ")
    assert f"(process {demo.pid})" in complaint
    assert demo.process.returncode is None


def test_a_taken_port_ends_with_2_and_one_line_that_says_so(
    demo: Program, tmp_path: Path, sayso_here: SaysoHere
) -> None:
    port = demo.lines[0].rstrip("/").rpartition(":")[2]
    second = sayso_here("demo", "--no-open", "--port", port, "--data", str(tmp_path))
    assert (second.code, second.printed) == (2, "")
    assert second.complaint == (
        f"sayso demo: port {port} is taken by another program – stop that one, or choose another "
        "port with --port (0 takes a free one)\n"
    )


@pytest.mark.long
async def test_a_killed_demo_takes_its_services_along_and_its_old_card_works_after_a_restart(
    tmp_path: Path,
) -> None:
    async with aiohttp.ClientSession() as http:
        async with running_demo(tmp_path) as first:
            old = await _Page(first, http).asked("restart checkout in prod")
            born = [child.pid for child in children(first.pid)]
            await first.kill()
        async with asyncio.timeout(50):
            while any(map(is_alive, born)):
                await asyncio.sleep(0.02)

        async with running_demo(tmp_path) as second:
            page = _Page(second, http)
            assert (await page.cards()) == [old]
            await page.approve(old)
            async with asyncio.timeout(50):
                while "Approved" not in (await page.cards())[0]["blocks"][0]["text"]["text"]:
                    await asyncio.sleep(0.02)
            assert len(await page.cards()) == 1


@pytest.mark.long
async def test_a_policy_changed_while_it_runs_is_answered_in_the_terminal(tmp_path: Path) -> None:
    policy, kept = tmp_path / "rules.yml", tmp_path / "kept"
    policy.write_text(POLICY_PATH.read_text("utf-8"), "utf-8")
    command = ("demo", "--no-open", "--port", "0", "--data", str(kept), "--policy", str(policy))
    async with running(*command, up="http://") as demo:
        written = policy.read_text("utf-8")
        _replace(policy, written.replace("risk: high", "risk: huge\n        frozen: 1"))
        await _recorded(kept, "policy.refused")
        _replace(policy, written.replace("timeout: 5m", "timeout: 6m"))
        await _recorded(kept, "policy.loaded")
        ended = await demo.end()
    said = ended.complaints
    places = [
        re.match(r"WARNING sayso\.policy rules\.yml:(\d+):\d+: .+ – .+", line) for line in said
    ]
    assert [place[1] for place in places if place] == ["33", "34"]
    assert said[2].startswith("WARNING sayso.policy rules.yml: not in force; the policy before it")
    assert said[3].startswith("INFO sayso.policy rules.yml: the changed file is in force (version ")
    assert len(said) == 4


def _replace(policy: Path, text: str) -> None:
    """Write the file anew in one step, as editors do."""
    newer = policy.with_suffix(".new")
    newer.write_text(text, "utf-8")
    newer.replace(policy)


async def _recorded(kept: Path, name: str) -> None:
    """Wait for an event in the audit log of a running demo."""
    database = f"{(kept / 'gateway' / 'sayso.db').as_uri()}?mode=ro"
    with closing(sqlite3.connect(database, uri=True)) as log:
        async with asyncio.timeout(50):
            while not log.execute("SELECT 1 FROM audit_event WHERE name = ?", (name,)).fetchone():
                await asyncio.sleep(0.05)


class _Page:
    """Hands on the page of a demo, as another program has them."""

    def __init__(self, demo: Program, http: aiohttp.ClientSession) -> None:
        self._url = f"{demo.lines[0]}sandbox/"
        self._http = http

    async def asked(self, command: str) -> dict[str, Any]:
        """Type a command as the requester and wait for its card."""
        await self._act("slash_command", "U0ALICE", channel=CHANNEL, text=f"/agent {command}")
        async with asyncio.timeout(50):
            while not (cards := await self.cards()):
                await asyncio.sleep(0.02)
        return cards[0]

    async def approve(self, card: dict[str, Any]) -> None:
        place = {"channel": CHANNEL, "ts": card["ts"]}
        assert (await self._act("click", "U0BOB", **place, action_id="sayso:approve"))["acked"]

    async def cards(self) -> list[dict[str, Any]]:
        async with self._http.get(f"{self._url}messages", params={"channel": CHANNEL}) as answer:
            # The task's own message names the tool it waits for as well.
            return [m for m in await answer.json() if "Asked by" in str(m["blocks"])]

    async def _act(self, do: str, person: str, **described: str) -> dict[str, Any]:
        act = {"do": do, "person_id": person, **described}
        async with self._http.post(f"{self._url}hands", json=act) as answer:
            told: dict[str, Any] = await answer.json()
            return dict(told["result"])
