"""The tools of the agent whose tasks are killed here, and the points of a task, announced.

Runs inside the gateway's process: `TOOLS` stands in its agents' file, `announce` in `SAYSO_RUN`.
Each body writes a line before anything else, with the key of the call it runs for, so that the
file tells what ran for which question however the process ended.
"""

import asyncio
import os
from typing import Any, cast

from approvals.domain.ids import RunId
from approvals.domain.run import RunStatus
from approvals.gate import Gate, idempotency_key
from approvals.gate.gateway import Clearance, Proposal
from approvals.gate.local_gateway import LocalGateway
from approvals.operations.ports import Committed
from tests.process.agent import FILE, Points, append_line

IN_BODY = "in the body"
READY = "ready"
ASKED = "asked"
PAUSED = "paused"
DECIDED = "decided"
TAKEN_AGAIN = "taken again"
CLAIMED = "claimed"
REPORTED = "reported"
ENDED = "ended"
HELD = "held"
"""Where only bodies whose line begins so stop, each for itself: everything else goes on."""
FAILURE = "the bank said no"


async def pay(line: str) -> str:
    """Pay; people have to approve it."""
    return await _ran("pay", line)


async def note(line: str) -> str:
    """Write down; a rule allows it."""
    return await _ran("note", line)


async def send(line: str) -> str:
    """Send under a key; declared idempotent."""
    return await _ran("send", line)


async def fail(line: str) -> str:
    """Raise after it has written; people have to approve it."""
    await _ran("fail", line)
    raise RuntimeError(FAILURE)


TOOLS = [pay, note, send, fail]


async def _ran(tool: str, line: str) -> str:
    append_line(os.environ[FILE], f"{tool} {line} {idempotency_key()}")
    points = Points.given()
    points.reach(IN_BODY)
    if points.stop_at == HELD and line.startswith(HELD):
        await asyncio.Event().wait()
    return f"{tool} {line} is done"


async def announce(gate: Gate) -> None:
    """Announce what is stored and claimed, until the gateway ends."""
    gateway, points = cast(LocalGateway, gate.connection.gateway), Points.given()
    gateway._desk.store.on_commit(Commits(points).hear)
    _announce_calls(gateway, points)
    points.reach(READY)
    await asyncio.Event().wait()


class Commits:
    """Announces what a commit means for tasks."""

    def __init__(self, points: Points) -> None:
        self._points = points
        self._paused: set[RunId] = set()

    def hear(self, news: Committed) -> None:
        if news.next_due_at is not None:
            self._points.reach(ASKED)
        for run in news.runs:
            if run.status is RunStatus.PAUSED:
                self._paused.add(run.id)
                self._points.reach(PAUSED)
            elif run.status is RunStatus.RUNNING and run.id in self._paused:
                self._paused.remove(run.id)
                self._points.reach(TAKEN_AGAIN)
            elif run.has_ended:
                self._points.reach(ENDED)
        if news.ended:
            self._points.reach(DECIDED)


def _announce_calls(gateway: LocalGateway, points: Points) -> None:
    """Stand around this one gateway: its agents have it already."""
    asking, reporting = gateway.ask, gateway.report

    async def ask(proposal: Proposal) -> Clearance:
        clearance = await asking(proposal)
        points.reach(CLAIMED)
        return clearance

    async def report(clearance: Clearance, **ended: Any) -> None:
        await reporting(clearance, **ended)
        points.reach(REPORTED)

    vars(gateway).update(ask=ask, report=report)
