"""A gateway whose policy uses every option at once, and people and agents who do as chance has it.

Driven by `test_interplay`: after any life, once faults and freezes are over and time has passed,
everything has ended, says so, and was approved by as many people as it takes.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.decision import Verdict
from approvals.domain.ids import RequestId, UserId
from approvals.domain.tool_schema import ToolSchema
from approvals.gate.exceptions import CallNotApproved
from approvals.operations.deliver_outbox import take_jobs
from approvals.operations.edit_request import edit_request
from approvals.operations.extend_request import extend_request
from approvals.operations.ports import NotNow
from approvals.operations.read_card import read_cards
from approvals.operations.send_follow_ups import send_follow_ups
from bot.background import deliveries
from tests.engine.freezing import frozen, lifted
from tests.engine.gateway_in_test import GatewayInTest, a_policy
from tests.engine.test_webhook_rungs import Pager
from tests.fakes.people import ALICE, BOB, CAROL, DANA

ERIN, FRED = UserId("U0ERIN"), UserId("U0FRED")
PEOPLE = (ALICE, BOB, BOB, CAROL, CAROL, DANA, ERIN, FRED)
POLICY = """
version: 1
defaults:
  channel: "#ops"
  timeout: 10m
  extend_max: 20m
  edit: true
  cooldown: 2m
  remind: {every: 2m}
people:
  sre: {users: [U0ALICE, U0BOB, U0CAROL]}
  leads: {users: [U0DANA, U0ERIN]}
  oncall: {usergroup: S0ONCALL}
webhooks:
  pager: {url: "https://events.example.com/in", secret_env: PAGER_SECRET}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    escalate: [{after: 3m, to: leads}, {after: 5m, to: oncall, webhook: pager}]
    budget: {per: 10m, agent: 12}
    rules:
      - {tool: scale, effect: ask}
      - tool: scale
        effect: ask
        when: args.replicas > 10
        timeout: 5m
        quorum: [{of: sre}, {of: [leads, oncall]}]
      - {tool: scale, effect: ask, when: args.replicas > 20, hold: 10s}
      - {tool: scale, effect: ask, when: args.replicas > 30, risk: high}
      - {tool: scale, effect: deny, when: args.replicas > 50}
"""
POLICIES = (
    POLICY,
    POLICY.replace("[U0DANA, U0ERIN]", "[U0ERIN]"),
    POLICY.replace("hold: 10s", "hold: 30s").replace("> 10", "> 5"),
    POLICY.replace("U0BOB, U0CAROL", "U0BOB"),
)
SCHEMA = ToolSchema.of({"type": "object", "properties": {"replicas": {"type": "integer"}}})
ROUNDS_MAX = 300


class Interplay:
    """One life, by the chance of *seed*."""

    def __init__(self, gateway: GatewayInTest, seed: int) -> None:
        self._gateway = gateway
        self._chance = random.Random(seed)
        self._pager = Pager()
        self._calls: list[tuple[asyncio.Task[Any], str | None, int]] = []
        self._deeds: tuple[Callable[[], Awaitable[object]], ...] = (
            *(self.asks, self.asks, self.asks_again, self.goes_away),
            *(self.approves,) * 6,
            self.rejects,
            *(self.extends, self.edits),
            *(self.waits, self.waits, self.waits),
            *(self.freezes, self.lifts, self.lifts, self.policy_changes, self.something_fails),
        )
        gateway.directory.usergroups["S0ONCALL"] = frozenset({FRED})

    async def live(self, deeds: int) -> None:
        """Do so many *deeds*, and check what became of it all."""
        for _ in range(deeds):
            await self._chance.choice(self._deeds)()
            await self._deliver()
        await self.check_its_end()

    async def asks(self) -> None:
        replicas = self._chance.choice([3, 15, 25, 25, 25, 35, 35])
        self._ask(f"key {len(self._calls)}" if self._chance.random() < 0.6 else None, replicas)

    async def asks_again(self) -> None:
        keyed = [call for call in self._calls if call[1] is not None]
        if keyed:
            _, key, replicas = self._chance.choice(keyed)
            self._ask(key, replicas)

    async def goes_away(self) -> None:
        if self._calls:
            self._chance.choice(self._calls)[0].cancel()

    async def approves(self) -> None:
        for request in self._picked():
            crowd = [self._chance.choice(PEOPLE) for _ in range(self._chance.choice([1, 3, 3]))]
            said = {"digest": request.call.digest, "reason": "fine"}
            await asyncio.gather(
                *(self._gateway.clicks(request.id, person, **said) for person in crowd)
            )

    async def rejects(self) -> None:
        for request in self._picked():
            person = self._chance.choice(PEOPLE)
            await self._gateway.clicks(request.id, person, verdict=Verdict.REJECT)

    async def extends(self) -> None:
        for request in self._picked():
            until = request.expires_at + timedelta(minutes=self._chance.choice([5, 15]))
            await extend_request(self._gateway.desk, await self._click(request), until=until)

    async def edits(self) -> None:
        for request in self._picked():
            replicas = self._chance.choice(["2", "4", "12", "22", "32", "60"])
            click = await self._click(request)
            await edit_request(self._gateway.desk, click, {0: replicas})

    async def waits(self) -> None:
        await self._pass(timedelta(seconds=self._chance.choice([1, 5, 11, 11, 31, 60, 180, 600])))

    async def freezes(self) -> None:
        await frozen(self._gateway)

    async def lifts(self) -> None:
        try:
            await lifted(self._gateway)
        except errors.Refusal:
            return  # nothing was frozen

    async def policy_changes(self) -> None:
        self._gateway.policies.append(a_policy(self._chance.choice(POLICIES)))

    async def something_fails(self) -> None:
        fails = self._chance.choice(["nothing", "nothing", "slack", "the directory", "the pager"])
        self._gateway.messenger.trouble = NotNow("away") if fails == "slack" else None
        self._gateway.directory.is_down = fails == "the directory"
        self._pager.trouble = NotNow("away") if fails == "the pager" else None

    async def check_its_end(self) -> None:
        """Let faults and freezes be over and time pass; then look at everything."""
        self._gateway.messenger.trouble = self._pager.trouble = None
        self._gateway.directory.is_down = False
        await self.lifts()
        for _ in range(8):
            await self._pass(timedelta(minutes=7))
        for request_id in self._asked():
            request = await self._gateway.store.request(request_id)
            assert request is not None
            assert not request.is_pending, f"{request.id} never ends"
            await self._check_people(request)
            await self._check_cards(request)
        for task, _, _ in self._calls:
            assert task.done(), "a caller still waits"
            said = None if task.cancelled() else task.exception()
            assert said is None or isinstance(said, CallNotApproved), repr(said)
        assert await self._gateway.store.next_job_at() is None

    async def _check_people(self, request: ApprovalRequest) -> None:
        if request.cause is not Cause.PEOPLE:
            return
        given = await self._gateway.store.write(lambda tx: tx.decisions(request.id))
        people = {each.user for each in given if each.sets and each.verdict is Verdict.APPROVE}
        needed = max(sum(slot.count for slot in rule) for rule in request.requirement.slots_by_rule)
        assert len(people) >= needed, f"{request.id} was approved by {people}"
        assert not people & request.may_not_approve

    async def _check_cards(self, request: ApprovalRequest) -> None:
        for content in await read_cards(self._gateway.desk, request.id):
            if content.card.asks and content.card.ts is not None:
                drawn = self._gateway.messenger.shown[content.card.ts].shown
                shown = next(each.status for each in drawn if each.id == request.id)
                assert shown is request.status, f"{content.card} shows {shown}"

    def _ask(self, key: str | None, replicas: int) -> None:
        task = self._gateway.asks("scale", {"replicas": replicas}, schema=SCHEMA, key=key)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._calls.append((task, key, replicas))

    def _asked(self) -> list[RequestId]:
        return list(dict.fromkeys(each.request.id for each in self._gateway.messenger.posts))

    def _picked(self) -> list[ApprovalRequest]:
        """One of the latest requests as it was drawn last, mostly one that still waits."""
        messenger = self._gateway.messenger
        drawn = [each.request for each in (*messenger.posts, *messenger.updates)]
        latest = list({each.id: each for each in drawn}.values())
        waiting = [each for each in latest if each.is_pending]
        among = waiting if waiting and self._chance.random() < 0.9 else latest[-4:]
        return [self._chance.choice(among)] if among else []

    async def _click(self, request: ApprovalRequest) -> Any:
        person = self._chance.choice(PEOPLE)
        return await self._gateway.click_of(request.id, person, digest=request.call.digest)

    async def _pass(self, by: timedelta) -> None:
        self._gateway.clock.advance(by)
        for _ in range(3):
            if not await send_follow_ups(self._gateway.desk):
                break
        await self._deliver()

    async def _deliver(self) -> None:
        await self._gateway.settled()
        messenger, freezes = self._gateway.messenger, self._gateway.freeze_told
        of = deliveries(
            self._gateway.desk, messenger, webhooks=self._pager, freeze_messenger=freezes
        )
        for _ in range(ROUNDS_MAX):
            jobs = await take_jobs(self._gateway.desk)
            if not jobs:
                return
            for job in jobs:
                await of[job.kind](job)
        raise AssertionError("jobs without end")
