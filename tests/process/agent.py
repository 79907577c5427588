"""The agent that `sayso serve` hosts in these tests: one tool whose body cannot be undone.

Runs inside the gateway's process (`SAYSO_RUN`). It announces the points it reaches on a pipe and,
where it is told to, stops the whole process there, so that a kill from outside hits exactly there.
"""

import asyncio
import json
import os
import time
from dataclasses import dataclass
from typing import Self, cast

from approvals.gate import CallNotApproved, Gate
from approvals.gate.gateway import Clearance, Gateway, Proposal
from approvals.gate.local_gateway import LocalGateway
from approvals.operations.ports import Committed

POINTS_FD, STOP_AT, FILE, KEYS = "POINTS_FD", "STOP_AT", "LEDGER_FILE", "REQUEST_KEYS"
"""The environment: a pipe, the point to stop at (or nothing), the file, keys by comma."""

PENDING = "pending"
DECIDED = "decided"
CLAIMED = "claimed"
IN_BODY = "in the body"
OUTCOME = "outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Says on the pipe which point is reached; stays there for ever if it is the chosen one."""

    fd: int
    stop_at: str

    @classmethod
    def given(cls) -> Self:
        """Return what the environment says."""
        return cls(fd=int(os.environ[POINTS_FD]), stop_at=os.environ.get(STOP_AT, ""))

    def reach(self, point: str, **details: str) -> None:
        line = json.dumps({"point": point, **details}) + "\n"
        os.write(self.fd, line.encode())
        if point == self.stop_at:
            time.sleep(3600)


class Announcing:
    """The gateway of this process, with the point between claim and body announced."""

    def __init__(self, gateway: LocalGateway, points: Points) -> None:
        self._gateway = gateway
        self._points = points
        self.admit = gateway.admit
        self.report = gateway.report
        self.cancel = gateway.cancel

    async def ask(self, proposal: Proposal) -> Clearance:
        clearance = await self._gateway.ask(proposal)
        self._points.reach(CLAIMED)
        return clearance


async def run(gate: Gate) -> None:
    """Ask for every key in turn; what was asked before under a key is found again."""
    points = Points.given()
    gateway = cast(LocalGateway, gate.connection.gateway)
    _announce_decisions(gateway, points)
    gate.use(cast(Gateway, Announcing(gateway, points)))

    @gate.guard(name="ledger_append")
    async def append(line: str) -> str:
        append_line(os.environ[FILE], line)
        points.reach(IN_BODY)
        return f"appended {line}"

    for key in os.environ[KEYS].split(","):
        with gate.calling(key=key):
            call = asyncio.ensure_future(append(f"paid {key}"))
        while not gateway.waiting_count and not call.done():
            await asyncio.sleep(0.005)
        if not call.done():
            points.reach(PENDING, key=key)
        try:
            points.reach(OUTCOME, key=key, said=await call)
        except CallNotApproved as refused:
            points.reach(OUTCOME, key=key, said=type(refused).__name__)


def _announce_decisions(gateway: LocalGateway, points: Points) -> None:
    """The store tells of a commit on the loop before the waiting call goes on to claim."""

    def hear(news: Committed) -> None:
        if news.ended:
            points.reach(DECIDED)

    gateway._desk.store.on_commit(hear)


def append_line(path: str, line: str) -> None:
    """Write a line that no crash takes back."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(fd, f"{line}\n".encode())
        os.fsync(fd)
    finally:
        os.close(fd)
