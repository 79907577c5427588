"""A sync tool that never returns holds up neither other tools nor the end of the program (F17)."""

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

from approvals.gate.own_thread import in_own_thread

ROOT = Path(__file__).parents[2]
HANGING = """
import asyncio, threading
from approvals.gate.own_thread import in_own_thread

async def main():
    begun = threading.Event()
    def hang():
        begun.set()
        threading.Event().wait()
    task = asyncio.create_task(in_own_thread(hang))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    await asyncio.wait({task})
    print("left")

asyncio.run(main())
"""


def test_f17_the_program_ends_although_a_body_never_returns() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGING],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "left\n", "")


async def test_f17_fifty_bodies_that_wait_leave_the_loops_own_threads_free() -> None:
    release = threading.Event()
    waiting = [asyncio.create_task(in_own_thread(release.wait)) for _ in range(50)]
    await asyncio.sleep(0)

    free = await asyncio.to_thread(lambda: "free")
    release.set()

    assert free == "free"
    assert await asyncio.gather(*waiting) == [True] * 50
