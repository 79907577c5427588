"""The machine: every rule is something the world can do to the gateway, at any time.

Run by `test_life_of_requests`. After every step the whole file is checked (I1 to I5, I8 to I10);
at the end of a life faults are over, time has passed, and everything has ended (I2, I3, I11).
"""

import asyncio
import tempfile
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
)

from approvals.domain.decision import Verdict
from approvals.domain.ids import UserId
from approvals.operations.ports import NotNow
from tests.fakes.people import ALICE, BOB, CAROL
from tests.state_machine.caller import Caller
from tests.state_machine.clicks import DANA, EVE, MALLORY, ROBOT
from tests.state_machine.deeds import Deeds
from tests.state_machine.lives import Lives
from tests.state_machine.log import Log

Result = TypeVar("Result")

PEOPLE = st.sampled_from([BOB, BOB, CAROL, ALICE, DANA, EVE, MALLORY, ROBOT])
VERDICTS = st.sampled_from([Verdict.APPROVE, Verdict.APPROVE, Verdict.REJECT])
PICKS = st.integers(0, 9)
"""Which request, counted from the latest; an even one means those that are pending still."""
FAULTS = st.sampled_from(
    [
        *("nothing", "nothing", "nothing"),
        "Slack is away",
        "Slack posts, and its answers are lost",
        "the directory is down",
    ]
)
TURNS = st.integers(0, 40)
"""How far what is under way gets before the kill, in turns of the event loop."""


class LifeOfRequests(RuleBasedStateMachine):
    """Asks, clicks of anybody, cancels, clocks, faults, kills and starts."""

    calls = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = tempfile.TemporaryDirectory()
        self.lives = Lives(Path(self.directory.name))
        self.deeds = Deeds(self.lives)
        self.seen: Log | None = None
        self.do(self.lives.start())

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    @rule(target=calls, keyed=st.sampled_from([True, True, False]), is_slow=st.booleans())
    def an_agent_asks(self, keyed: bool, is_slow: bool) -> Caller:
        return self.do(self.deeds.ask(keyed=keyed, is_slow=is_slow))

    @rule(target=calls, caller=calls)
    def the_same_key_asks_again(self, caller: Caller) -> Caller | MultipleResults[Caller]:
        return multiple() if caller.key is None else self.do(self.deeds.ask_again(caller))

    @rule(caller=calls)
    def somebody_else_uses_the_key(self, caller: Caller) -> None:
        if caller.key is not None:
            self.do(self.deeds.take_over(caller))

    @rule(user=st.sampled_from([BOB, CAROL]), pick=PICKS)
    def an_approver_approves(self, user: UserId, pick: int) -> None:
        self.do(self.deeds.click(user, Verdict.APPROVE, pick))

    @rule(user=PEOPLE, verdict=VERDICTS, pick=PICKS, times=st.integers(1, 2))
    def somebody_clicks(self, user: UserId, verdict: Verdict, pick: int, times: int) -> None:
        self.do(self.deeds.click(user, verdict, pick, times=times))

    @rule(user=PEOPLE, field=st.sampled_from(["nonce", "channel", "ts"]), pick=PICKS)
    def somebody_forges_a_click(self, user: UserId, field: str, pick: int) -> None:
        self.do(self.deeds.forge(user, field, pick))

    @rule(caller=consumes(calls))
    def the_caller_goes_away(self, caller: Caller) -> None:
        self.do(self.deeds.abandon(caller))

    @rule(caller=calls)
    def the_requester_cancels_by_key(self, caller: Caller) -> None:
        if caller.key is not None:
            self.do(self.deeds.cancel(caller.key))

    @rule(caller=calls)
    def a_slow_body_finishes(self, caller: Caller) -> None:
        self.do(self.deeds.finish(caller))

    @rule(minutes=st.sampled_from([1, 1, 1, 4, 6, 60 * 25]))
    def time_passes(self, minutes: int) -> None:
        self.do(self.deeds.wait(minutes))

    @rule(minutes=st.sampled_from([4, 6]))
    def time_passes_and_the_sleeper_is_late(self, minutes: int) -> None:
        self.lives.clock.advance(timedelta(minutes=minutes))

    @rule(fault=FAULTS)
    def something_fails_or_recovers(self, fault: str) -> None:
        messenger, directory = self.lives.messenger, self.lives.gateway.directory
        messenger.trouble = NotNow("service_unavailable") if fault == "Slack is away" else None
        messenger.loses_replies = fault == "Slack posts, and its answers are lost"
        directory.is_down = fault == "the directory is down"
        self.lives.clock.advance(timedelta(seconds=1))
        self.do(self.lives.gateway.delivered())

    @precondition(lambda self: self.lives.has_callers)
    @rule(is_killed=st.booleans(), agents_return=st.booleans())
    def the_gateway_starts_again(self, is_killed: bool, agents_return: bool) -> None:
        callers = [caller for caller in self.lives.callers if caller.key is not None]
        self.do(self.lives.die() if is_killed else self.lives.stop())
        self.do(self.lives.start())
        for caller in callers if agents_return else ():
            self.do(self.deeds.ask_again(caller))

    @precondition(lambda self: self.lives.has_callers)
    @rule(user=PEOPLE, verdict=VERDICTS, pick=PICKS, turns=TURNS)
    def it_is_killed_amid_a_click(
        self, user: UserId, verdict: Verdict, pick: int, turns: int
    ) -> None:
        self._killed_amid(self.deeds.click(user, verdict, pick), turns)

    @rule(caller=calls, turns=TURNS)
    def it_is_killed_amid_a_question_asked_again(self, caller: Caller, turns: int) -> None:
        if caller.key is not None:
            self._killed_amid(self._asks_again(caller), turns)

    @precondition(lambda self: self.lives.has_callers)
    @rule(minutes=st.sampled_from([0, 0, 4, 6]), turns=TURNS)
    def it_is_killed_amid_the_ends_of_bodies_or_follow_ups(self, minutes: int, turns: int) -> None:
        callers = self.lives.callers
        ends = self.deeds.wait(minutes) if minutes else self.deeds.finish(*callers)
        self._killed_amid(ends, turns)

    async def _asks_again(self, caller: Caller) -> None:
        await self.deeds.ask_again(caller)

    def _killed_amid(self, work: Coroutine[Any, Any, None], turns: int) -> None:
        self.do(self.lives.die_amid(work, turns=turns))
        self.do(self.lives.start())

    @invariant()
    def the_file_tells_one_consistent_story(self) -> None:
        """I1, I2, I3, I4, I5, I8, I9 and I10, as the checks it calls say."""
        log = self.lives.log
        log.check_bodies(self.lives.ledger)
        log.check_ends()
        log.check_replay()
        log.check_chain(self.seen)
        log.check_times()
        self.deeds.clicks.check(log)
        self.seen = log

    def teardown(self) -> None:
        try:
            self.do(self._quiesce())
        finally:
            # A store left open keeps its threads, and with them the whole test run, alive.
            self.do(self.lives.stop())
            self.runner.close()
            self.directory.cleanup()

    async def _quiesce(self) -> None:
        """I2, I3, I11: with faults over and time passed, everything has ended and says so."""
        gateway, messenger = self.lives.gateway, self.lives.messenger
        messenger.trouble = None
        messenger.loses_replies = False
        gateway.directory.is_down = False
        await self.deeds.finish(*self.lives.callers)
        await gateway.time_passes(timedelta(minutes=6))
        await gateway.time_passes(timedelta(minutes=6))
        await gateway.delivered()
        log = self.lives.log
        for request_id in log.requests:
            assert len(log.ends(request_id)) == 1, f"I2: {request_id} never ended"
        for card in log.cards:
            shown = messenger.shown[card["ts"]].request.status
            status = log.requests[card["request_id"]]["status"]
            assert shown == status, f"I11: the card at {card['ts']} shows {shown}, not {status}"
        waiting = [caller for caller in self.lives.callers if not caller.task.done()]
        assert waiting == [], "I11: a caller still waits"
        states = {permit["state"] for permit in log.permits.values()}
        assert "claimed" not in states, "I3: nobody says how a run ended"
