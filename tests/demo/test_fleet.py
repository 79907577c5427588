"""The demo services are real processes: asked, replaced, stopped, and gone when their parent is."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.demo.errors import ServiceDown, ServiceUnknown
from bot.demo.fleet import ServiceFleet

ROOT = Path(__file__).parents[2]
PARENT = """
import asyncio
from bot.demo.fleet import ServiceFleet

async def main():
    async with ServiceFleet() as fleet:
        pids = [
            (await fleet.status(name, place))["pid"]
            for name in ("checkout", "search") for place in ("prod", "staging")
        ]
        print(*pids, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
async def fleet() -> AsyncIterator[ServiceFleet]:
    async with ServiceFleet() as running:
        yield running


def runs(pid: int) -> bool:
    """True while the process exists and is no zombie: PID 1 here may never reap it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


async def eventually(true: Callable[[], bool], *, timeout_s: float = 5.0) -> bool:
    """Wait until *true* is, at most *timeout_s*."""
    async with asyncio.timeout(timeout_s):
        while not true():
            await asyncio.sleep(0.01)
    return True


async def test_a_service_tells_about_its_own_process(fleet: ServiceFleet) -> None:
    status = await fleet.status("checkout", "prod")

    assert runs(status["pid"])
    assert status["service"] == "checkout"
    assert status["environment"] == "prod"
    assert status["version"]
    assert status["uptime_s"] >= 0


async def test_a_restart_replaces_the_process_and_no_other(fleet: ServiceFleet) -> None:
    before = await fleet.status("checkout", "prod")
    other = await fleet.status("checkout", "staging")

    restarted = await fleet.restart("checkout", "prod")

    assert restarted["pid"] != before["pid"] == restarted["replaced_pid"]
    assert (await fleet.status("checkout", "prod"))["pid"] == restarted["pid"]
    assert (await fleet.status("checkout", "staging"))["pid"] == other["pid"]
    assert not Path(f"/proc/{before['pid']}").exists(), "the old process was not reaped"


async def test_two_restarts_at_once_happen_one_after_the_other(fleet: ServiceFleet) -> None:
    first, second = await asyncio.gather(
        fleet.restart("search", "prod"), fleet.restart("search", "prod")
    )

    assert second["replaced_pid"] == first["pid"]
    assert runs(second["pid"])
    assert not runs(first["pid"])


async def test_questions_asked_at_once_get_their_own_answers(fleet: ServiceFleet) -> None:
    await fleet.status("search", "prod")

    one, two, status = await asyncio.gather(
        fleet.logs("search", "prod", lines=1),
        fleet.logs("search", "prod", lines=2),
        fleet.status("search", "prod"),
    )

    assert (len(one), len(two)) == (1, 2)
    assert status["service"] == "search"


async def test_an_answer_given_up_is_not_taken_for_the_next_one(fleet: ServiceFleet) -> None:
    asked = asyncio.create_task(fleet.logs("search", "prod", lines=3))
    await asyncio.sleep(0)
    asked.cancel()

    status = await fleet.status("search", "prod")

    assert status["service"] == "search"


async def test_a_killed_service_is_down_and_a_restart_brings_it_back(fleet: ServiceFleet) -> None:
    pid = (await fleet.status("search", "staging"))["pid"]
    os.kill(pid, signal.SIGKILL)

    with pytest.raises(ServiceDown, match=f"process {pid} has ended"):
        await fleet.status("search", "staging")
    restarted = await fleet.restart("search", "staging")

    assert runs(restarted["pid"])


async def test_an_unknown_service_is_refused_with_those_that_exist(fleet: ServiceFleet) -> None:
    with pytest.raises(ServiceUnknown, match="checkout in prod"):
        await fleet.status("billing", "prod")


async def test_leaving_stops_every_process_within_a_second() -> None:
    async with ServiceFleet() as fleet:
        pids = [(await fleet.status(name, "prod"))["pid"] for name in ("checkout", "search")]
        started = asyncio.get_running_loop().time()

    assert asyncio.get_running_loop().time() - started < 1
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


async def test_a_service_that_ignores_its_end_is_killed() -> None:
    async with ServiceFleet() as fleet:
        pid = (await fleet.status("checkout", "prod"))["pid"]
        os.kill(pid, signal.SIGSTOP)

    assert not Path(f"/proc/{pid}").exists()


async def test_services_end_when_their_parent_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    with parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 4
        assert all(runs(pid) for pid in pids)

        parent.kill()
        parent.wait()

    assert await eventually(lambda: not any(runs(pid) for pid in pids))


async def test_services_do_not_get_the_interrupt_of_the_terminal(fleet: ServiceFleet) -> None:
    pid = (await fleet.status("checkout", "prod"))["pid"]

    assert os.getsid(pid) == pid != os.getsid(0)


async def test_services_get_none_of_the_gateways_secrets(
    fleet: ServiceFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "not-for-children")

    pid = (await fleet.restart("checkout", "prod"))["pid"]

    assert b"not-for-children" not in Path(f"/proc/{pid}/environ").read_bytes()
