"""A whole gateway in one process for tests: real store and operations, people and clock by hand."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from approvals.domain.approval_request import ApprovalRequest, Requester
from approvals.domain.card import Pressed
from approvals.domain.decision import Verdict
from approvals.domain.ids import ChannelId, RequestId, TeamId, UserId
from approvals.domain.policy import Policy
from approvals.domain.tool_call import ToolCall
from approvals.gate.gateway import Proposal
from approvals.gate.local_gateway import LocalGateway
from approvals.operations.click import Answer, Click
from approvals.operations.decide import decide
from approvals.operations.deliver_outbox import take_jobs
from approvals.operations.desk import Desk
from approvals.operations.freeze_copy import FreezeCopy
from approvals.operations.ports import Clock, Ids, Store
from approvals.operations.read_card import read_cards
from approvals.operations.record_calls import CallLog
from approvals.operations.send_follow_ups import send_follow_ups
from approvals.storage.ids import SystemIds
from approvals.storage.policy_reader import read_policy
from approvals.storage.postgres.server import Server
from approvals.storage.postgres.store import PostgresStore
from approvals.storage.sql_store import IN_MEMORY, SqlStore
from bot.background import deliveries
from tests.engine.lock_order import InLockOrder
from tests.fakes.clock import FakeClock
from tests.fakes.people import ALICE, BOB, TEAM, FakeDirectory, FakeFreezeMessenger, FakeMessenger
from tests.fresh_database import fresh_database

OPS = ChannelId("C0OPS")
POLICY = """
version: 1
defaults: {channel: "#ops", unmatched: ask, timeout: 15m}
people:
  sre: {users: [U0BOB, U0CAROL]}
  oncall: {usergroup: S0ONCALL}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    timeout: 5m
    rules:
      - {tool: "read_*", effect: allow}
      - {tool: "drop_*", effect: deny, message: Dropping is done by hand.}
      - {tool: "restart_*", effect: ask, risk: high}
"""


UNFOLDED = POLICY.replace("timeout: 15m}", "timeout: 15m, fold: off}")
"""Every question has a card of its own, however many there are."""


@cache
def a_policy(text: str = POLICY) -> Policy:
    return read_policy(text.encode(), file="policy.yml")


@dataclass
class GatewayInTest:
    """The parts, and what people and agents do with them."""

    store: Store
    desk: Desk
    gateway: LocalGateway
    clock: FakeClock
    directory: FakeDirectory
    messenger: FakeMessenger
    call_log: CallLog
    policies: list[Policy]
    freezes: FreezeCopy
    freeze_told: FakeFreezeMessenger = field(default_factory=FakeFreezeMessenger)

    def asks(
        self,
        tool: str = "restart_service",
        arguments: dict[str, Any] | None = None,
        **also: Any,
    ) -> asyncio.Task[Any]:
        """Start an agent's call and return its task."""
        return asyncio.create_task(self.gateway.ask(proposal(tool, arguments, **also)))

    async def pending(self) -> ApprovalRequest:
        """Wait for the one request that has just been asked, and post its card."""
        await self.delivered()
        while not self.messenger.posts:  # pytest's timeout ends it
            # A caller may be on its way in a thread, of which `settled` knows nothing.
            await asyncio.sleep(0.001)
            await self.delivered()
        return self.messenger.posts[-1].request

    async def settled(self) -> None:
        """Let every task that can go on do so: what is queued at writer and reader comes first."""
        for _ in range(6):
            await self.store.write(lambda _: None)
            await self.store.next_due_at()
            for _ in range(10):
                await asyncio.sleep(0)
            # PostgreSQL's units stand in no queue, where what came first would end first.
            while isinstance(self.store, PostgresStore) and self.store._running:
                await asyncio.wait(self.store._running)

    async def delivered(self) -> None:
        """Deliver jobs until none is due."""
        await self.settled()
        while jobs := await take_jobs(self.desk):
            for job in jobs:
                deliver = deliveries(
                    self.desk,
                    self.messenger,
                    agents=self.gateway,
                    freeze_messenger=self.freeze_told,
                )
                await deliver[job.kind](job)

    async def clicks(self, request_id: RequestId, user: UserId = BOB, **said: Any) -> Answer:
        """Press Approve or Reject on the request's first card; *said* is as for `click_of`."""
        return await decide(self.desk, await self.click_of(request_id, user, **said))

    async def click_of(
        self,
        request_id: RequestId,
        user: UserId = BOB,
        *,
        verdict: Verdict = Verdict.APPROVE,
        team: TeamId = TEAM,
        **forged: Any,
    ) -> Click:
        """Return a press of a button on the request's first card, as a door reads it."""
        (content, *_) = await read_cards(self.desk, request_id)
        place: dict[str, Any] = {
            "nonce": content.card.nonce,
            "channel": content.card.channel,
            "ts": content.card.ts,
        }
        reason, digest = forged.pop("reason", None), forged.pop("digest", None)
        others = forged.pop("others", len(content.alike))
        place.update(forged)
        return Click(
            request_id=request_id,
            verdict=verdict,
            pressed=Pressed(user=user, **place),
            team=team,
            reason=reason,
            digest=digest,
            others=others,
        )

    async def time_passes(self, by: timedelta) -> None:
        """Move the clock and let the sleeper's work be done."""
        self.clock.advance(by)
        await send_follow_ups(self.desk)
        await self.delivered()


def proposal(
    tool: str = "restart_service", arguments: dict[str, Any] | None = None, **also: Any
) -> Proposal:
    call = ToolCall.of(tool, "f" * 64, arguments if arguments is not None else {"service": "web"})
    also.setdefault("requester", Requester(agent="deploy-bot", person=ALICE, team=TEAM))
    return Proposal(call=call, **also)


@asynccontextmanager
async def opened(place: Path | str | Server, *, clock: Clock, ids: Ids) -> AsyncIterator[Store]:
    """Open the store at *place*: a file, or a schema of a PostgreSQL."""
    also: dict[str, Any] = {"clock": clock, "ids": ids, "source": "/gateway/test"}
    if isinstance(place, Server):
        async with PostgresStore.open(place, **also) as rows:
            yield rows
        return
    with tempfile.TemporaryDirectory(prefix="sayso-") as passing:
        file = Path(passing) / "sayso.db" if place == IN_MEMORY else Path(place)
        async with SqlStore.open(fresh_database(file), **also) as store:
            yield store


@asynccontextmanager
async def a_gateway(
    place: Path | str | Server = IN_MEMORY,
    *,
    policy: str = POLICY,
    clock: Clock | None = None,
    owner: str = "gateway-1",
    messenger: FakeMessenger | None = None,
) -> AsyncIterator[GatewayInTest]:
    """Open a gateway over a real store; close it as a shutdown does."""
    hands = clock if isinstance(clock, FakeClock) else FakeClock()
    clock = clock or hands
    ids = SystemIds(clock)
    async with opened(place, clock=clock, ids=ids) as store:
        directory, policies = FakeDirectory(), [a_policy(policy)]
        messenger = messenger or FakeMessenger()
        desk = Desk(
            store=InLockOrder(store),
            directory=directory,
            display=messenger,
            clock=clock,
            ids=ids,
            policy=lambda: policies[-1],
            owner=owner,
        )
        call_log = CallLog()
        freezes = FreezeCopy(desk.store, clock)
        await freezes.refresh()
        gateway = LocalGateway(desk, call_log, freezes)
        yield GatewayInTest(
            store, desk, gateway, hands, directory, messenger, call_log, policies, freezes
        )
        await gateway.close()
