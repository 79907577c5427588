"""What every machine can do: asks, looks at cards, presses of what was seen, kills and starts.

Run as `life.LifeOfCards` and `life.LifeOfRequests`. After every step the whole file is checked (I1
to I5, I8 to I10); at the end of a life faults are over, time has passed, and everything has ended
(I2, I3, I11, I13).
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
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from approvals.domain.decision import Verdict
from approvals.domain.ids import UserId
from tests.fakes.people import ALICE, BOB, CAROL
from tests.state_machine.caller import Caller
from tests.state_machine.clicks import DANA, EVE, MALLORY, ROBOT
from tests.state_machine.deeds import Deeds
from tests.state_machine.lives import Lives
from tests.state_machine.log import Log
from tests.state_machine.sights import Sight, check_cards

Result = TypeVar("Result")

PEOPLE = st.sampled_from([BOB, BOB, CAROL, ALICE, DANA, EVE, MALLORY, ROBOT])
VERDICTS = st.sampled_from([Verdict.APPROVE, Verdict.APPROVE, Verdict.REJECT])
TOOLS = st.sampled_from(["restart_service", "deploy_service", "deploy_service"])
KEYED = st.sampled_from([True, True, False])
PICKS = st.integers(0, 9)
"""Which request, counted from the latest; an even one means those that are pending still."""
TURNS = st.integers(0, 40)
"""How far what is under way gets before the kill, in turns of the event loop."""


class World(RuleBasedStateMachine):
    """Agents that ask, people who look and press, a gateway that ends and starts."""

    calls = Bundle("calls")
    sights = Bundle("sights")
    """None where nothing was to be seen: what the bundle holds must not depend on how fast threads
    are, by which the drawing of rules would be another one."""

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

    @rule(target=calls, tool=TOOLS, keyed=KEYED, is_slow=st.booleans())
    def an_agent_asks(self, tool: str, keyed: bool, is_slow: bool) -> Caller:
        return self.do(self.deeds.ask(tool, keyed=keyed, is_slow=is_slow))

    @rule(target=calls, caller=calls, keyed=KEYED)
    def another_asks_for_the_same_call(self, caller: Caller, keyed: bool) -> Caller:
        return self.do(self.deeds.ask_alike(caller, keyed=keyed))

    @rule(target=sights, pick=PICKS, part=PICKS)
    def somebody_looks_at_a_card(self, pick: int, part: int) -> Sight | None:
        return self.deeds.look(pick, part)

    @rule(target=sights, user=st.sampled_from([BOB, CAROL, ALICE, EVE]), pick=PICKS)
    def somebody_opens_the_full_view(self, user: UserId, pick: int) -> Sight | None:
        return self.do(self.deeds.open_view(user, pick))

    @rule(user=PEOPLE, verdict=VERDICTS, sight=sights)
    def somebody_presses_what_they_saw(
        self, user: UserId, verdict: Verdict, sight: Sight | None
    ) -> None:
        self.do(self.deeds.press_seen(user, verdict, sight))

    @precondition(lambda self: self.lives.has_callers)
    @rule(is_killed=st.booleans(), agents_return=st.booleans())
    def the_gateway_starts_again(self, is_killed: bool, agents_return: bool) -> None:
        callers = [caller for caller in self.lives.callers if caller.key is not None]
        self.do(self.lives.die() if is_killed else self.lives.stop())
        self.do(self.lives.start())
        for caller in callers if agents_return else ():
            self.do(self.deeds.ask_again(caller))

    @precondition(lambda self: self.lives.has_callers)
    @rule(user=PEOPLE, verdict=VERDICTS, sight=sights, turns=TURNS)
    def it_is_killed_amid_a_press_of_what_was_seen(
        self, user: UserId, verdict: Verdict, sight: Sight | None, turns: int
    ) -> None:
        self._killed_amid(self.deeds.press_seen(user, verdict, sight), turns)

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

    async def last_deeds(self) -> None:
        """What people do about all that waits, once faults are over; nothing, if not overridden."""

    async def _quiesce(self) -> None:
        """I2, I3, I11: with faults over and time passed, everything has ended and says so."""
        gateway, messenger = self.lives.gateway, self.lives.messenger
        messenger.trouble = None
        messenger.loses_replies = False
        gateway.directory.is_down = False
        await gateway.delivered()
        await self.last_deeds()
        await self.deeds.finish(*self.lives.callers)
        await gateway.time_passes(timedelta(minutes=6))
        await gateway.time_passes(timedelta(minutes=6))
        await gateway.delivered()
        log = self.lives.log
        for request_id in log.requests:
            assert len(log.ends(request_id)) == 1, f"I2: {request_id} never ended"
        check_cards(log, messenger.shown)
        waiting = [caller for caller in self.lives.callers if not caller.task.done()]
        assert waiting == [], "I11: a caller still waits"
        states = {permit["state"] for permit in log.permits.values()}
        assert "claimed" not in states, "I3: nobody says how a run ended"
