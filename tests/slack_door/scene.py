"""One gateway's Slack door, opened on a local Slack, with a real store behind it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from approvals.domain.approval_request import ApprovalRequest, Requester
from approvals.domain.card import Card
from approvals.domain.decision import Decision
from approvals.domain.ids import ChannelId, RunId, UserId
from approvals.domain.jobs import Job, JobKind
from approvals.domain.policy import Policy, Slot
from approvals.domain.requirement import WantedReason
from approvals.domain.terms import EDIT, REASON
from approvals.domain.tool_call import ToolCall
from approvals.domain.tool_schema import ToolSchema
from approvals.operations.answerer import AgentAnswers
from approvals.operations.ask import Ask, new_request
from approvals.operations.deliver_outbox import take_jobs
from approvals.operations.desk import Desk
from approvals.operations.ports import Store
from approvals.operations.submit_request import submit_request
from approvals.operations.webhook_sender import WebhookSender
from approvals.storage.ids import SystemIds
from approvals.storage.policy_reader import read_policy
from approvals.storage.sql_store import SqlStore
from bot.background import deliveries
from bot.sandbox.hands.reach import InteractionResult
from bot.sandbox.nouns import Message, OpenView
from bot.sandbox.seed import Seed
from bot.sandbox.server import LocalSlack, Pace
from bot.slack import buttons
from bot.slack.agent_choice import AgentChoice
from bot.slack.arguments_view import CardDisplay
from bot.slack.door import SlackDoor
from bot.slack.elapsed import elapsed_s
from bot.slack.slack_settings import SlackSettings
from tests.fakes.clock import FakeClock
from tests.fresh_database import fresh_database

PROD = ChannelId("C0PROD")
ALICE, BOB, CAROL, DANA, EVE, FRANK = (
    UserId(f"U0{name}") for name in ("ALICE", "BOB", "CAROL", "DANA", "EVE", "FRANK")
)
SAYSO = UserId("U0SAYSO")
EVERYBODY = "[U0ALICE, U0BOB, U0CAROL, U0DANA, U0EVE, U0FRANK, U0SAYSO]"
OPS = AgentChoice(name="ops", channels=frozenset({PROD}))

POLICY = """
version: 1
defaults: {channel: "#prod", timeout: 15m}
people:
  sre: {usergroups: [S0SRE]}
channels:
  "#prod": {id: C0PROD, approvers: [sre], rules: [{tool: "*", effect: ask}]}
"""


@cache
def policy(people: str = "{usergroup: S0SRE}") -> Policy:
    return read_policy(POLICY.replace("{usergroups: [S0SRE]}", people).encode())


Wrap = Callable[[Store], Store]


@dataclass(kw_only=True)
class Scene:
    slack: LocalSlack
    door: SlackDoor
    desk: Desk
    clock: FakeClock
    policies: list[Policy] = field(default_factory=list)
    resumes: list[Job] = field(default_factory=list)
    """Runs that somebody should take; nobody does unless the test says so."""
    agents: AgentAnswers | None = None
    """Who answers for agents; what they are asked waits unless the test says so."""
    webhooks: WebhookSender | None = None
    """Through whom webhooks are told; nobody tells them unless the test says so."""

    async def ask(
        self,
        tool: str = "service_restart",
        *,
        fingerprint: str = "0" * 64,
        requester: Requester | None = None,
        channel: ChannelId = PROD,
        thread_ts: str | None = None,
        needs: int = 1,
        reason: WantedReason | None = None,
        schema: ToolSchema | None = None,
        run_id: RunId | None = None,
        turn: str | None = None,
        deliver_it: bool = True,
        **arguments: Any,
    ) -> ApprovalRequest:
        call = ToolCall.of(tool, fingerprint, arguments or {"service": "checkout"})
        requirement = self.policies[-1].requirement(call)
        slots = (Slot(of=("sre",), count=needs),)
        rules = tuple(replace(rule, slots=slots) for rule in requirement.rules)
        terms = requirement.terms if reason is None else requirement.terms.with_said(REASON, reason)
        request = new_request(
            self.desk,
            Ask(
                call=call,
                requirement=replace(requirement, rules=rules, terms=terms),
                requester=requester or Requester(agent="ops", person=ALICE),
                card_channel=channel,
                thread_ts=thread_ts,
                run_id=run_id,
                turn=turn,
                schema=schema if terms[EDIT] else None,
            ),
        )
        await submit_request(self.desk, request, schema=schema)
        if deliver_it:
            await self.deliver()
        return request

    async def deliver(self) -> None:
        """Run the outbox until nothing is due."""
        door = self.door
        deliver_of = deliveries(
            self.desk,
            door.messenger,
            door.run_messenger,
            door.home_messenger,
            webhooks=self.webhooks,
            agents=self.agents,
            freeze_messenger=door.freeze_messenger,
        )
        while jobs := await take_jobs(self.desk):
            for job in jobs:
                if job.kind is JobKind.RESUME:
                    self.resumes.append(job)
                elif job.kind in deliver_of:
                    await deliver_of[job.kind](job)

    async def click(
        self, person: str, request: ApprovalRequest, action_id: str = buttons.APPROVE
    ) -> InteractionResult:
        """Press a button of the request's card and wait until everything about it has ended."""
        card = await self.card(request)
        assert card.ts is not None
        result = await self.slack.interactions.click(
            person, channel=card.channel, ts=card.ts, action_id=action_id
        )
        await self.settle()
        return result

    async def settle(self) -> None:
        await self.door.errands.settled()
        await self.deliver()

    async def send(self, payload: dict[str, Any]) -> InteractionResult:
        """Deliver a payload made by hand and wait until everything about it has ended."""
        result = await self.slack.interactions.deliver("interactive", payload)
        await self.settle()
        return result

    async def payload(
        self,
        person: str,
        request: ApprovalRequest,
        action_id: str = buttons.APPROVE,
        *,
        others: int = 0,
    ) -> dict[str, Any]:
        card = await self.card(request)
        value = buttons.button_value(request.id, card.nonce, request.call.digest, others)
        return {
            "type": "block_actions",
            "user": {"id": person, "username": "x", "name": "x", "team_id": self.slack.team_id},
            "api_app_id": self.slack.app_id,
            "team": {"id": self.slack.team_id, "domain": "local"},
            "enterprise": None,
            "container": {
                "type": "message",
                "message_ts": card.ts or "1.000001",
                "channel_id": card.channel,
            },
            "channel": {"id": card.channel, "name": "prod"},
            "trigger_id": "1.2.3",
            "actions": [{"action_id": action_id, "block_id": "b", "value": value}],
        }

    async def card(self, request: ApprovalRequest) -> Card:
        """The first card that shows it, which may be that of an identical request."""
        stored = await self.stored(request)
        found = await self.desk.store.write(lambda tx: tx.cards(stored.shown_by))
        return found[0]

    async def cards(self, request: ApprovalRequest) -> tuple[Card, ...]:
        return await self.desk.store.write(lambda tx: tuple(tx.cards(request.id)))

    async def decisions(self, request: ApprovalRequest) -> tuple[Decision, ...]:
        return await self.desk.store.write(lambda tx: tuple(tx.decisions(request.id)))

    async def stored(self, request: ApprovalRequest) -> ApprovalRequest:
        found = await self.desk.store.request(request.id)
        assert found is not None
        return found

    async def message(self, request: ApprovalRequest) -> Message:
        card = await self.card(request)
        assert card.ts is not None
        found = self.slack.workspace.message(card.channel, card.ts)
        assert found is not None
        return found

    async def headline(self, request: ApprovalRequest) -> str:
        return str((await self.message(request)).blocks[0]["text"]["text"])

    def told(self, person: str, channel: str = PROD) -> list[str]:
        """What this person was told privately, oldest first."""
        return [each.text for each in self.slack.workspace.ephemerals(person, channel)]

    def window(self, person: str) -> OpenView:
        return self.slack.workspace.view_stack(person)[-1]

    def set_policy(self, policy: Policy) -> None:
        self.policies.append(policy)


def slack_settings(slack: LocalSlack, **changed: Any) -> SlackSettings:
    """Settings for a local Slack."""
    settings = SlackSettings(
        bot_token=slack.bot_token,
        app_token=slack.app_token,
        signing_secret=slack.signing_secret,
        base_url=slack.base_url,
        ping_every_s=1.0,
    )
    return replace(settings, **changed)


@asynccontextmanager
async def scene(
    directory: Path,
    *,
    people: str = "{usergroup: S0SRE}",
    wrap: Wrap = lambda store: store,
    agents: Sequence[AgentChoice] = (OPS,),
    seed: Seed | None = None,
    gateway: str = "GW1",
    pace: Pace | None = None,
    paces_by_clock: bool = False,
    **settings: Any,
) -> AsyncIterator[Scene]:
    """Open everything; *wrap* may put a slow or broken store in front of the real one.

    With *paces_by_clock* our own pace towards Slack is that of the clock which stands still.
    """
    clock = FakeClock(datetime.now(UTC))
    monotonic = (lambda: clock.now().timestamp()) if paces_by_clock else elapsed_s
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(LocalSlack.running(seed=seed, pace=pace))
        ids = SystemIds(clock)
        store = await stack.enter_async_context(
            SqlStore.open(
                fresh_database(directory / "sayso.db"), clock=clock, ids=ids, source=gateway
            )
        )
        door = await stack.enter_async_context(
            SlackDoor.open(
                slack_settings(slack, **settings),
                gateway=gateway,
                channels=[PROD],
                monotonic=monotonic,
            )
        )
        policies = [policy(people)]
        desk = Desk(
            store=wrap(store),
            directory=door.directory,
            display=CardDisplay(),
            clock=clock,
            ids=ids,
            policy=lambda: policies[-1],
            owner="test",
        )
        await door.connect(desk, agents=lambda: agents)
        yield Scene(slack=slack, door=door, desk=desk, clock=clock, policies=policies)
        await asyncio.wait_for(door.errands.settled(), 10)
