"""The lives of one gateway: started, stopped in order, killed at any moment, started again.

What is killed leaves exactly what it had committed: the next gateway runs on a copy of the file
made at that moment, so that nothing the dead one still does is in it. Clock, Slack and the ledger
of bodies outlive every gateway.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from approvals.operations.recover import recover
from approvals.operations.send_follow_ups import send_follow_ups
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway
from tests.fakes.clock import FakeClock
from tests.fakes.people import FakeMessenger
from tests.state_machine.caller import BodyLedger, Caller
from tests.state_machine.clicks import DANA, EVE, ROBOT
from tests.state_machine.log import Log

LISTED = (
    POLICY.replace("[U0BOB, U0CAROL]", "[U0BOB, U0CAROL, U0ALICE, U0DANA, U0EVE, U0ROBOT]")
    .replace("timeout: 15m}", "timeout: 15m, fold: 2}")
    .replace("    rules:\n", '    rules:\n      - {tool: "deploy_*", effect: ask}\n')
)
"""A policy that lists people who may never approve: a requester, a guest, an outsider, a bot.

Calls of `restart_service` have cards of their own; those of `deploy_service` fold into that of a
burst where two cards wait.
"""


class Lives:
    """The gateway of now, and what outlives it. Call `start()` first."""

    gateway: GatewayInTest

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._number = 0
        self._stack = AsyncExitStack()
        self.path = directory / "sayso.db"
        self.ledger = BodyLedger(directory / "bodies")
        self.clock = FakeClock()
        self.messenger = FakeMessenger()
        self.callers: list[Caller] = []
        """The agents in this gateway's process."""

    @property
    def log(self) -> Log:
        return Log.read(self.path)

    @property
    def has_callers(self) -> bool:
        """Whether anybody asked in this life; the same at every run, however fast threads are."""
        return bool(self.callers)

    async def start(self) -> None:
        """Start a gateway on the file of now; what the last one left behind is settled first."""
        self._number += 1
        self.gateway = await self._stack.enter_async_context(
            a_gateway(
                self.path,
                clock=self.clock,
                owner=f"gateway-{self._number}",
                policy=LISTED,
                messenger=self.messenger,
            )
        )
        people = self.gateway.directory
        people.change(DANA, is_guest=True)
        people.change(ROBOT, is_bot=True)
        people.change(EVE, is_internal=False)
        try:
            await recover(self.gateway.desk)
            await send_follow_ups(self.gateway.desk)
        except BaseException:
            await self._stack.aclose()
            raise

    async def stop(self) -> None:
        """End the gateway in order: callers are let go, what is queued is stored."""
        await self._stack.aclose()
        await self._end_callers()

    async def die(self, *under_way: asyncio.Task[None]) -> None:
        """Kill the gateway and the agents in it; *under_way* dies with them."""
        self.path = self._what_is_left()
        for caller in self.callers:
            caller.is_dead = True
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._stack.aclose()
        await self._end_callers()

    async def die_amid(self, work: Coroutine[Any, Any, None], *, turns: int) -> None:
        """Kill the gateway *turns* turns of the loop after *work* has begun."""
        task = asyncio.create_task(work)
        for _ in range(turns):
            await asyncio.sleep(0)
        await self.die(task)

    def _what_is_left(self) -> Path:
        left = self._directory / f"left-by-{self._number}.db"
        with (
            contextlib.closing(sqlite3.connect(self.path)) as old,
            contextlib.closing(sqlite3.connect(left)) as copy,
        ):
            old.backup(copy)
        return left

    async def _end_callers(self) -> None:
        for caller in self.callers:
            caller.task.cancel()
        await asyncio.gather(*(each.task for each in self.callers), return_exceptions=True)
        self.callers.clear()
