"""A decided task goes on in seconds, also where the store was away when it was to be taken."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from approvals.domain.errors import StoreUnavailable
from approvals.operations.ports import Transaction
from tests.agents.builders import an_agent
from tests.agents.fake_model import fake_model, results_in
from tests.agents.running import running_agents
from tests.agents.test_checkpoints import RESTARTS
from tests.slack_door.troubled_stores import Result, TroubledStore

SOON = timedelta(seconds=5)


class Stumbling(TroubledStore):
    """Is away once: when a run is to be taken."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self.stumbled = False

    async def write(self, unit: Callable[[Transaction], Result]) -> Result:
        if not self.stumbled and "resume_run" in getattr(unit, "__qualname__", ""):
            self.stumbled = True
            raise StoreUnavailable("The store is away.")
        return await super().write(unit)


async def test_a_decided_task_goes_on_in_seconds_though_the_store_was_away(tmp_path: Path) -> None:
    async def restart_service(service: str) -> str:
        """Restart a service."""
        return service

    async with (
        fake_model(lambda body: "done" if results_in(body) else RESTARTS) as model,
        running_agents(tmp_path, an_agent(model, [restart_service])) as agents,
    ):
        run = await agents.started()
        await agents.paused(run)
        store = Stumbling(agents.gateway.store)
        object.__setattr__(agents.gateway.desk, "store", store)

        await agents.answered(run)
        async with asyncio.timeout(10):
            while not store.stumbled or agents.runner._under_way:
                await asyncio.sleep(0.01)
        agents.gateway.clock.advance(SOON)
        agents.outbox._nudge.set()
        ended = await agents.ended(run)

    assert ended.answer == "done"
