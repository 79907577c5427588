"""Random lives of requests: asks, clicks of anybody, cancels, clocks, faults, crashes, restarts.

Invariants I1–I5 and I8–I11 are checked after every step against the file itself.
"""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from approvals.domain.approval_request import Requester
from approvals.domain.decision import Verdict
from approvals.domain.ids import RequestId, TeamId, UserId
from approvals.gate.exceptions import CallNotApproved
from approvals.operations.ports import NotNow
from approvals.operations.recover import recover
from approvals.operations.send_follow_ups import send_follow_ups
from approvals.storage.audit_chain import verify_file
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway, proposal
from tests.fakes.clock import FakeClock
from tests.fakes.people import ALICE, BOB, CAROL, TEAM, FakeMessenger
from tests.state_machine.ledger import TERMINAL, BodyLedger, Log

DANA, EVE, MALLORY, ROBOT = (UserId(name) for name in ("U0DANA", "U0EVE", "U0MALLORY", "U0ROBOT"))
ELSEWHERE = TeamId("T0OTHER")
APPROVERS = {BOB, CAROL}
LISTED = POLICY.replace("[U0BOB, U0CAROL]", "[U0BOB, U0CAROL, U0ALICE, U0DANA, U0EVE, U0ROBOT]")
"""A policy that lists people who may never approve: a requester, a guest, an outsider, a bot."""
PEOPLE = st.sampled_from([BOB, BOB, CAROL, ALICE, DANA, EVE, MALLORY, ROBOT])
VERDICTS = st.sampled_from([Verdict.APPROVE, Verdict.APPROVE, Verdict.REJECT])


class Caller:
    """An agent's call: it asks, runs its body once cleared, and reports; it may be slow."""

    def __init__(self, gateway: GatewayInTest, ledger: BodyLedger, *, number: int, key: str | None):
        self.number = number
        self.key = key
        self.may_finish = asyncio.Event()
        self.outcome: str | None = None
        self.task = asyncio.create_task(self._call(gateway, ledger))

    async def _call(self, gateway: GatewayInTest, ledger: BodyLedger) -> None:
        try:
            clearance = await gateway.gateway.ask(
                proposal(arguments={"service": "web", "number": self.number}, key=self.key)
            )
        except CallNotApproved as refused:
            self.outcome = refused.outcome.kind
            return
        assert clearance.request_id is not None
        ledger.append(clearance.request_id, clearance.arguments_json)
        try:
            await self.may_finish.wait()
        except asyncio.CancelledError:
            await gateway.gateway.report(clearance, succeeded=False, result="cancelled")
            raise
        await gateway.gateway.report(clearance, succeeded=True, result="done")
        self.outcome = "ran"


class LifeOfRequests(RuleBasedStateMachine):
    """The machine; every rule is something the world can do to the gateway."""

    calls = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "sayso.db"
        self.ledger = BodyLedger(Path(self.directory.name) / "bodies")
        self.clock = FakeClock()
        self.messenger = FakeMessenger()
        self.number = 0
        self.refused_clicks = 0
        self.good_approvals: set[str] = set()
        self.open_calls: list[Caller] = []
        self.runner.run(self._start())

    async def _start(self) -> None:
        self.stack = AsyncExitStack()
        self.number += 1
        self.gateway = await self.stack.enter_async_context(
            a_gateway(
                self.path,
                clock=self.clock,
                owner=f"gateway-{self.number}",
                policy=LISTED,
                messenger=self.messenger,
            )
        )
        people = self.gateway.directory
        people.change(DANA, is_guest=True)
        people.change(ROBOT, is_bot=True)
        people.change(EVE, is_internal=False)
        await recover(self.gateway.desk)
        await send_follow_ups(self.gateway.desk)

    def do(self, work: Any) -> Any:
        return self.runner.run(work)

    @rule(target=calls, keyed=st.booleans(), is_slow=st.booleans())
    def an_agent_asks(self, keyed: bool, is_slow: bool) -> Caller:
        self.number += 1
        caller: Caller = self.do(
            self._ask(f"key-{self.number}" if keyed else None, is_slow=is_slow)
        )
        return caller

    async def _ask(self, key: str | None, *, is_slow: bool, number: int | None = None) -> Caller:
        caller = Caller(
            self.gateway, self.ledger, number=self.number if number is None else number, key=key
        )
        if not is_slow:
            caller.may_finish.set()
        self.open_calls.append(caller)
        await self.gateway.delivered()
        return caller

    @rule(caller=calls)
    def somebody_else_uses_the_key(self, caller: Caller) -> None:
        """An approver asks under another's key, to approve it for themselves."""
        if caller.key is not None:
            self.do(self._take_over(caller.key, caller.number))

    async def _take_over(self, key: str, number: int) -> None:
        bob = Requester(agent="deploy-bot", person=BOB, team=TEAM)
        arguments = {"service": "web", "number": number}
        taking = self.gateway.asks(arguments=arguments, key=key, requester=bob)
        await self.gateway.settled()
        taking.cancel()
        results: list[object] = await asyncio.gather(taking, return_exceptions=True)
        # Where the key was never stored, or lapsed with its caller, the question is Bob's own.
        assert isinstance(results[0], CallNotApproved | asyncio.CancelledError), "I1"

    @rule(target=calls, caller=calls)
    def the_same_key_asks_again(self, caller: Caller) -> Any:
        if caller.key is None:
            return multiple()
        return self.do(self._ask(caller.key, is_slow=False, number=caller.number))

    @rule(user=PEOPLE, verdict=VERDICTS, pick=st.integers(0, 9), twice=st.booleans())
    def somebody_clicks(self, user: UserId, verdict: Verdict, pick: int, twice: bool) -> None:
        self.do(self._click(user, verdict, pick, twice=twice))

    async def _click(self, user: UserId, verdict: Verdict, pick: int, *, twice: bool) -> None:
        ids = sorted(Log.read(self.path).requests)
        if not ids:
            return
        request_id = RequestId(ids[-1 - pick % len(ids)])
        team = ELSEWHERE if user == EVE else TEAM
        if verdict is Verdict.APPROVE and user in APPROVERS:
            self.good_approvals.add(request_id)
        clicks = [
            self.gateway.clicks(request_id, user, verdict=verdict, team=team)
            for _ in range(2 if twice else 1)
        ]
        for answer in await asyncio.gather(*clicks):
            assert (answer.decision is None) != (answer.refusal is None)
            self.refused_clicks += answer.refusal is not None
        await self.gateway.settled()

    @rule(user=PEOPLE, pick=st.integers(0, 9), field=st.sampled_from(["nonce", "channel", "ts"]))
    def somebody_forges_a_click(self, user: UserId, pick: int, field: str) -> None:
        self.do(self._forge(user, pick, field))

    async def _forge(self, user: UserId, pick: int, field: str) -> None:
        log = Log.read(self.path)
        if not log.requests:
            return
        request_id = RequestId(sorted(log.requests)[-1 - pick % len(log.requests)])
        # Never the same place twice: Slack has one message at a ts.
        forged: dict[str, Any] = {field: f"7.{len(log.events):06d}"}
        answer = await self.gateway.clicks(request_id, user, **forged)
        if answer.refusal is None:
            # The card's ts was not known yet, so the place could not be compared.
            assert field == "ts"
            if user in APPROVERS:
                self.good_approvals.add(request_id)
        else:
            self.refused_clicks += 1
        await self.gateway.settled()

    @rule(caller=consumes(calls))
    def the_caller_goes_away(self, caller: Caller) -> None:
        self.do(self._abandon(caller))

    async def _abandon(self, caller: Caller) -> None:
        caller.task.cancel()
        await asyncio.gather(caller.task, return_exceptions=True)
        await self.gateway.settled()

    @rule(caller=calls)
    def the_requester_cancels_by_key(self, caller: Caller) -> None:
        if caller.key is not None:
            self.do(self.gateway.gateway.cancel(caller.key, agent="deploy-bot"))

    @rule(caller=calls)
    def a_slow_body_finishes(self, caller: Caller) -> None:
        caller.may_finish.set()
        self.do(self.gateway.settled())

    @rule(minutes=st.sampled_from([1, 4, 6, 60 * 25]))
    def time_passes(self, minutes: int) -> None:
        self.do(self.gateway.time_passes(timedelta(minutes=minutes)))

    @rule(minutes=st.sampled_from([4, 6]))
    def time_passes_and_the_sleeper_is_late(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @rule()
    def slack_goes_away(self) -> None:
        self.messenger.trouble = NotNow("service_unavailable")

    @rule()
    def slack_posts_but_its_answers_are_lost(self) -> None:
        self.messenger.loses_replies = True

    @rule()
    def slack_comes_back(self) -> None:
        self.messenger.trouble = None
        self.messenger.loses_replies = False
        self.clock.advance(timedelta(seconds=1))
        self.do(self.gateway.delivered())

    @rule(seconds=st.booleans())
    def the_directory_fails(self, seconds: bool) -> None:
        self.gateway.directory.is_down = seconds

    @rule()
    def the_gateway_is_killed_and_starts_again(self) -> None:
        self.do(self._crash())

    async def _crash(self) -> None:
        await self.stack.aclose()
        for caller in self.open_calls:
            caller.task.cancel()
        await asyncio.gather(*(each.task for each in self.open_calls), return_exceptions=True)
        self.open_calls.clear()
        await self._start()

    @invariant()
    def the_file_tells_one_consistent_story(self) -> None:
        log = Log.read(self.path)
        log.check_ends()
        log.check_replay()
        log.check_bodies(self.ledger)
        assert verify_file(self.path).is_intact, "I5"
        self._check_actors(log)
        self._check_times(log)

    def _check_times(self, log: Log) -> None:
        """A decision that started at or after the deadline never counts."""
        for row in log.requests.values():
            if row["status"] == "approved":
                assert row["ended_at"] < row["expires_at"], "I10: approved after its time"

    def _check_actors(self, log: Log) -> None:
        """I8, I10: only approvers approved; every refused click left exactly one trace."""
        for _, name, subject, data in log.events:
            if name == "request.approved":
                assert data["by"] in APPROVERS, f"I8: {data}"
                assert subject in self.good_approvals, "I10: nobody who may approved it"
            if name == "request.rejected" and data["cause"] == "person":
                assert data["by"] in APPROVERS | {ALICE}, f"I8: {data}"
        traces = [name for _, name, _, _ in log.events if name.startswith("decision.")]
        refused = [name for name in traces if name != "decision.recorded"]
        assert len(refused) == self.refused_clicks, "I8: a refused click left no trace"

    def teardown(self) -> None:
        self.do(self._quiesce())
        self.runner.close()
        self.directory.cleanup()

    async def _quiesce(self) -> None:
        """I2, I3, I11: with faults over and time passed, everything has ended and says so."""
        self.messenger.trouble = None
        self.messenger.loses_replies = False
        self.gateway.directory.is_down = False
        for caller in self.open_calls:
            caller.may_finish.set()
        await self.gateway.settled()
        await self.gateway.time_passes(timedelta(minutes=6))
        await self.gateway.time_passes(timedelta(minutes=6))
        await self.gateway.settled()
        await self.gateway.delivered()
        log = Log.read(self.path)
        for request_id, row in log.requests.items():
            ends = [name for _, name, _ in log.of(request_id) if name in TERMINAL]
            assert len(ends) == 1, f"I2: {request_id} never ended"
            for card in log.cards:
                if card["request_id"] == request_id:
                    self._check_shown(card["ts"], row["status"])
        waiting = [caller for caller in self.open_calls if not caller.task.done()]
        assert waiting == [], "I11: a caller still waits"
        states = {permit["state"] for permit in log.permits.values()}
        assert "claimed" not in states, "I3"
        await self.stack.aclose()

    def _check_shown(self, ts: str, status: str) -> None:
        shown = self.messenger.shown[ts].request.status
        assert shown == status, f"I11: the card at {ts} shows {shown}, not {status}"


@pytest.mark.timeout(300)
def test_requests_live_one_consistent_life() -> None:
    run_state_machine_as_test(
        LifeOfRequests,
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
