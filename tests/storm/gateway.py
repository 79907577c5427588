"""A gateway with all its loops on a local Slack with five channels, in virtual time."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from approvals.domain.ids import ChannelId, RequestId
from approvals.domain.jobs import JobKind
from approvals.gate.local_gateway import LocalGateway
from approvals.operations.desk import Desk
from approvals.operations.freeze_copy import FreezeCopy, watch_freezes
from approvals.operations.ports import CardContent, Store
from approvals.operations.read_card import read_cards
from approvals.operations.record_calls import CallLog
from approvals.storage.ids import SystemIds
from approvals.storage.policy_reader import read_policy
from approvals.storage.sql_store import SqlStore
from bot.background import Deliver, Outbox, Sleeper, deliveries, flush_calls
from bot.convergence import Presence, Reconciler
from bot.loops import Loops
from bot.sandbox.faults import Faults
from bot.sandbox.nouns import Channel
from bot.sandbox.seed import Seed, default_seed
from bot.sandbox.server import LocalSlack
from bot.slack.arguments_view import CardDisplay
from bot.slack.door import SlackDoor
from bot.slack.slack_settings import SlackSettings
from tests.fakes.virtual_time import LoopClock, VirtualTimeLoop

CHANNELS = tuple(ChannelId(f"C0STORM{number}") for number in range(5))
MEMBERS = ("U0ALICE", "U0BOB", "U0CAROL", "U0DANA", "U0SAYSO")
RULES = """
    approvers: [sre]
    timeout: 4h
    rules:
      - {tool: "plain_*", effect: ask, reason: off}
      - {tool: "asked_*", effect: ask, reason: on_reject}
      - {tool: "both_*", effect: ask, reason: off, quorum: [{of: sre, count: 2}]}
      - {tool: "short_*", effect: ask, reason: off, timeout: 90s}
"""
POLICY = """
version: 1
defaults: {channel: "#storm-0", freeze: [sre], fold: off}
people: {sre: {usergroup: S0SRE}}
channels:
""" + "".join(
    f'  "#storm-{number}":\n    id: {channel}{RULES}' for number, channel in enumerate(CHANNELS)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StormGateway:
    """The parts a storm needs."""

    slack: LocalSlack
    store: Store
    desk: Desk
    door: SlackDoor
    gateway: LocalGateway
    loops: Loops
    database: Path

    async def contents(self) -> list[tuple[CardContent, ...]]:
        """What every card of every request has to show now."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as rows:
            ids = [row[0] for row in rows.execute("SELECT id FROM approval_request ORDER BY id")]
        return [await read_cards(self.desk, RequestId(each)) for each in ids]

    async def until_nothing_is_due(self, within: timedelta) -> None:
        """Wait until the outbox is empty."""
        async with asyncio.timeout(within.total_seconds()):
            while await self.store.next_job_at() is not None:
                await asyncio.sleep(1)


@asynccontextmanager
async def a_storm_gateway(directory: Path, dice: random.Random) -> AsyncIterator[StormGateway]:
    """Open everything as the composition root does; *dice* decide which faults strike."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    database = directory / "sayso.db"
    clock, policy = LoopClock(), read_policy(POLICY.encode())
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(
            LocalSlack.running(seed=_seed(), clock=clock, faults=Faults(dice=dice.random))
        )
        ids = SystemIds(clock)
        file = await stack.enter_async_context(
            SqlStore.open(database, clock=clock, ids=ids, source="/storm")
        )
        store = loop.counted(file)
        door = await stack.enter_async_context(
            SlackDoor.open(_settings(slack), gateway="GW1", channels=CHANNELS)
        )
        desk = Desk(
            store=store,
            directory=door.directory,
            display=CardDisplay(),
            clock=clock,
            ids=ids,
            policy=lambda: policy,
            owner="storm",
        )
        call_log, freezes = CallLog(), FreezeCopy(store, clock)
        await freezes.refresh()
        gateway = LocalGateway(desk, call_log, freezes)
        outbox = Outbox(desk, _deliveries(desk, door))
        door.health.on_return = outbox.hurry
        loops = Loops()
        stack.push_async_callback(loops.close)
        stack.push_async_callback(gateway.close)
        stack.push_async_callback(door.disconnect)
        loops.start("follow-ups", Sleeper(desk).run())
        loops.start("freezes", watch_freezes(freezes))
        loops.start("call log", flush_calls(desk, call_log))
        loops.start("outbox", outbox.run())
        await door.connect(desk)
        reconciler = Reconciler(
            desk, door.messenger, may_speak=lambda: door.look_around(list(CHANNELS))
        )
        presence = Presence(desk, silence=lambda: door.health.silence, on_absence=reconciler.hurry)
        loops.start("presence", presence.run())
        loops.start("reconciler", reconciler.run())
        yield StormGateway(
            slack=slack,
            store=store,
            desk=desk,
            door=door,
            gateway=gateway,
            loops=loops,
            database=database,
        )


def _seed() -> Seed:
    channels = (
        Channel(id=channel, name=f"storm-{number}", members=MEMBERS)
        for number, channel in enumerate(CHANNELS)
    )
    return replace(default_seed(), channels=tuple(channels))


def _settings(slack: LocalSlack) -> SlackSettings:
    return SlackSettings(
        bot_token=slack.bot_token, app_token=slack.app_token, base_url=slack.base_url
    )


def _deliveries(desk: Desk, door: SlackDoor) -> Mapping[JobKind, Deliver]:
    return deliveries(
        desk,
        door.messenger,
        door.run_messenger,
        door.home_messenger,
        freeze_messenger=door.freeze_messenger,
    )
