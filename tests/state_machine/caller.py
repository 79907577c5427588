"""An agent's call as the machine sees it, and the file in which its body leaves its trace."""

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path

from approvals.domain.ids import RequestId
from approvals.gate.exceptions import CallNotApproved
from tests.engine.gateway_in_test import GatewayInTest, proposal


@dataclass
class BodyLedger:
    """A file every tool body appends to and syncs before it does anything else."""

    path: Path

    def append(self, request_id: str, arguments_json: str) -> None:
        line = json.dumps([request_id, arguments_json]).encode() + b"\n"
        opened = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(opened, line)
        os.fsync(opened)
        os.close(opened)

    def entries(self) -> list[tuple[RequestId, str]]:
        if not self.path.exists():
            return []
        return [tuple(json.loads(line)) for line in self.path.read_text().splitlines()]


class Caller:
    """An agent's call: it asks, runs its body once cleared, and reports; it may be slow."""

    def __init__(
        self, gateway: GatewayInTest, ledger: BodyLedger, *, tool: str, number: int, key: str | None
    ):
        self.tool = tool
        self.number = number
        self.key = key
        self.may_finish = asyncio.Event()
        self.outcome: str | None = None
        self.is_dead = False
        """Its process was killed: whatever still runs here reaches nothing any more."""
        self.task = asyncio.create_task(self._call(gateway, ledger))

    async def _call(self, gateway: GatewayInTest, ledger: BodyLedger) -> None:
        try:
            clearance = await gateway.gateway.ask(
                proposal(
                    self.tool, arguments={"service": "web", "number": self.number}, key=self.key
                )
            )
        except CallNotApproved as refused:
            self.outcome = refused.outcome.kind
            return
        assert clearance.request_id is not None
        if self.is_dead:
            return
        ledger.append(clearance.request_id, clearance.arguments_json)
        try:
            await self.may_finish.wait()
        except asyncio.CancelledError:
            await gateway.gateway.report(clearance, succeeded=False, result="cancelled")
            raise
        await gateway.gateway.report(clearance, succeeded=True, result="done")
        self.outcome = "ran"
