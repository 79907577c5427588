"""The gateway the benchmarks measure: real store, operations, Slack door and Bolt on a local Slack.

Put together as the composition root does it. Payloads of clicks are made by hand and carry the
message of a real card, as Slack's do.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from approvals.domain.approval_request import ApprovalRequest, Requester
from approvals.domain.card import Card, Pressed
from approvals.domain.decision import Verdict
from approvals.domain.ids import ChannelId, RequestId, TeamId, UserId
from approvals.domain.tool_call import ToolCall
from approvals.gate.gateway import Clearance, Proposal
from approvals.gate.local_gateway import LocalGateway
from approvals.operations.click import Click
from approvals.operations.deliver_outbox import deliver, take_jobs
from approvals.operations.desk import Desk
from approvals.operations.freeze_copy import FreezeCopy, watch_freezes
from approvals.operations.ports import Store, Transaction
from approvals.operations.record_calls import CallLog
from approvals.storage.clock import SystemClock
from approvals.storage.ids import SystemIds
from approvals.storage.policy_reader import read_policy
from approvals.storage.sql_store import SqlStore
from benchmarks.waiting import Ends, Waiting
from bot.background import Outbox, Sleeper, deliveries
from bot.heap import keep_loaded
from bot.sandbox.server import LocalSlack
from bot.slack import buttons
from bot.slack.arguments_view import CardDisplay
from bot.slack.door import SlackDoor
from bot.slack.slack_settings import SlackSettings

PROD = ChannelId("C0PROD")
APPROVER = UserId("U0BOB")
HEAD = """
version: 1
defaults: {channel: "#prod-incidents", timeout: 15m, fold: off}
people:
  sre: {usergroup: S0SRE}
channels:
  "#prod-incidents":
    id: C0PROD
    approvers: [sre]
    rules:
"""
"""A policy up to the rules of its one channel."""
POLICY = (
    HEAD
    + """\
      - {tool: "read_*", effect: allow}
      - {tool: "restart_*", effect: ask}
"""
)
ARGUMENTS = {"service": "checkout", "zone": "eu-1"}


class SeenDisplay:
    """The door's display, which also remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[ApprovalRequest] = []
        self._display = CardDisplay()

    def shows_everything(self, request: ApprovalRequest) -> bool:
        """Remember and answer."""
        self.asked.append(request)
        return self._display.shows_everything(request)

    def fits_part(self, request: ApprovalRequest) -> bool:
        """Answer."""
        return self._display.fits_part(request)


@dataclass(kw_only=True)
class BenchGateway:
    """One gateway and what is done with it."""

    slack: LocalSlack
    door: SlackDoor
    desk: Desk
    gateway: LocalGateway
    call_log: CallLog
    freezes: FreezeCopy
    display: SeenDisplay
    ends: Ends
    message: dict[str, Any] = field(default_factory=dict)

    async def asks(self, count: int, *, tool: str = "restart_service") -> list[Waiting]:
        """Let *count* calls wait, and return them once their requests are stored."""
        self.display.asked.clear()
        calls = [
            asyncio.create_task(self.gateway.ask(proposal(tool, number))) for number in range(count)
        ]
        while len(self.display.asked) < count:
            await asyncio.sleep(0)
        numbered = [(request, request.call.arguments["number"]) for request in self.display.asked]
        return [
            await self._waiting(request, calls[number])
            for request, number in numbered
            if isinstance(number, int)
        ]

    async def _waiting(self, request: ApprovalRequest, call: asyncio.Task[Clearance]) -> Waiting:
        card = await self.desk.store.write(lambda tx: self._posted(tx, request.id))
        ended = self.ends.of(request.id)
        return Waiting(request_id=request.id, nonce=card.nonce, call=call, ended=ended)

    def _posted(self, tx: Transaction, request_id: RequestId) -> Card:
        """Note where the card stands, as the outbox does: people click what has been posted."""
        (card,) = tx.cards(request_id)
        if not self.message:
            return card
        posted = replace(card, ts=self.message["ts"])
        tx.save_card(posted)
        return posted

    def click(self, waiting: Waiting) -> Click:
        """Return an approver's click as the operations get it."""
        return Click(
            request_id=waiting.request_id,
            verdict=Verdict.APPROVE,
            pressed=Pressed(
                nonce=waiting.nonce, channel=PROD, ts=self.message["ts"], user=APPROVER
            ),
            team=TeamId(self.slack.team_id),
        )

    def payload(self, waiting: Waiting) -> dict[str, Any]:
        """Return an approver's click as Slack sends it, with the message it was made on."""
        team, value = self.slack.team_id, buttons.button_value(waiting.request_id, waiting.nonce)
        return {
            "type": "block_actions",
            "user": {"id": APPROVER, "username": "bob", "name": "bob", "team_id": team},
            "api_app_id": self.slack.app_id,
            "token": "t" * 24,
            "container": {
                "type": "message",
                "message_ts": self.message["ts"],
                "channel_id": PROD,
                "is_ephemeral": False,
            },
            "trigger_id": "1.2.3",
            "team": {"id": team, "domain": "local"},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": PROD, "name": "prod-incidents"},
            "message": self.message,
            "state": {"values": {}},
            "response_url": f"{self.slack.url}actions/none",
            "actions": [
                {
                    "action_id": buttons.APPROVE,
                    "block_id": "decide",
                    "text": {"type": "plain_text", "text": "Approve", "emoji": True},
                    "value": value,
                    "style": "primary",
                    "type": "button",
                    "action_ts": "1.000002",
                }
            ],
        }

    async def rest(self, *decided: Waiting) -> None:
        """Let everything about *decided* calls end, so that nothing runs into the next sample."""
        await asyncio.gather(*(waiting.call for waiting in decided))
        await self.door.errands.settled()

    async def draw_a_card(self) -> None:
        """Post one real card and keep its message for the payloads."""
        (waiting,) = await self.asks(1)
        while jobs := await take_jobs(self.desk):
            for job in jobs:
                await deliver(self.desk, self.door.messenger, job)
        (card,) = await self.desk.store.write(lambda tx: tx.cards(waiting.request_id))
        posted = self.slack.workspace.message(PROD, card.ts or "")
        assert posted is not None
        self.message = {
            "type": "message",
            "user": "U0SAYSO",
            "ts": posted.ts,
            "text": posted.text,
            "team": self.slack.team_id,
            "blocks": posted.blocks,
        }
        waiting.call.cancel()
        await asyncio.wait({waiting.call})


def a_call(tool: str, number: int = 0) -> ToolCall:
    """Return a frozen call of *tool*, each *number* with arguments of its own."""
    return ToolCall.of(tool, "f" * 64, {**ARGUMENTS, "number": number})


def proposal(tool: str, number: int = 0) -> Proposal:
    """Return what a guard would propose for `a_call`."""
    return Proposal(call=a_call(tool, number), requester=Requester(agent="deploy-bot"))


@asynccontextmanager
async def a_gateway(
    policy: str = POLICY, *, loops: bool = False, wrap: Callable[[Store], Store] = lambda each: each
) -> AsyncIterator[BenchGateway]:
    """Open a gateway on a local Slack, both in this process, and warm it up.

    *wrap* may put another store in front of the real one. With *loops* its outbox and its sleeper
    run, as in production; without, nothing runs beside what is measured. The pace Slack asks for is
    not kept: the clock of the pacing runs ahead.
    """
    clock = SystemClock()
    ids, in_force = SystemIds(clock), read_policy(policy.encode())
    async with AsyncExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="sayso-bench-"))
        slack = await stack.enter_async_context(LocalSlack.running())
        file = await stack.enter_async_context(
            SqlStore.open(Path(directory) / "sayso.db", clock=clock, ids=ids, source="/bench")
        )
        store = wrap(file)
        door = await stack.enter_async_context(
            SlackDoor.open(
                SlackSettings(
                    bot_token=slack.bot_token, app_token=slack.app_token, base_url=slack.base_url
                ),
                gateway="GWBENCH",
                channels=[PROD],
                monotonic=lambda: time.monotonic() * 1e6,
            )
        )
        display = SeenDisplay()
        desk = Desk(
            store=store,
            directory=door.directory,
            display=display,
            clock=clock,
            ids=ids,
            policy=lambda: in_force,
            owner="bench",
        )
        await door.connect(desk)
        call_log, ends = CallLog(), Ends()
        # Told before the gateway, whose calls take their next step when they are resumed.
        store.on_commit(ends.tell)
        freezes = FreezeCopy(store, clock)
        await freezes.refresh()
        stack.push_async_callback(_ended, asyncio.create_task(watch_freezes(freezes)))
        gateway = LocalGateway(desk, call_log, freezes)
        stack.push_async_callback(gateway.close)
        bench = BenchGateway(
            slack=slack,
            door=door,
            desk=desk,
            gateway=gateway,
            call_log=call_log,
            freezes=freezes,
            display=display,
            ends=ends,
        )
        await bench.draw_a_card()
        keep_loaded()  # as `sayso serve` does
        if loops:
            for loop in (Sleeper(desk).run(), Outbox(desk, deliveries(desk, door.messenger)).run()):
                stack.push_async_callback(_ended, asyncio.create_task(loop))
        yield bench


async def _ended(loop: asyncio.Task[None]) -> None:
    loop.cancel()
    await asyncio.wait({loop})
