"""The machines: every rule is something the world can do to the gateway, at any time.

Run by `test_life_of_requests`; `world` has what they share, and what is checked after every step.
"""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import (
    MultipleResults,
    consumes,
    initialize,
    multiple,
    precondition,
    rule,
)

from approvals.domain.decision import Verdict
from approvals.domain.ids import UserId
from approvals.operations.ports import NotNow
from tests.fakes.people import BOB, CAROL
from tests.state_machine.caller import Caller
from tests.state_machine.sights import Sight
from tests.state_machine.world import PEOPLE, PICKS, TURNS, VERDICTS, World

BOTH = (True, False)
APPROVERS = st.sampled_from([BOB, CAROL])
FAULTS = st.sampled_from(
    [
        *("nothing", "nothing", "nothing"),
        "Slack is away",
        "Slack posts, and its answers are lost",
        "the directory is down",
    ]
)


class LifeOfCards(World):
    """Calls that share cards, and buttons that are pressed long after they were seen."""

    @initialize(target=World.calls)
    def two_ask_the_same_and_two_fold(self) -> MultipleResults[Caller]:
        return multiple(*self.do(self._four()))

    async def _four(self) -> list[Caller]:
        first = await self.deeds.ask("deploy_service", keyed=True, is_slow=False)
        second = await self.deeds.ask_alike(first, keyed=False)
        others = [
            await self.deeds.ask("deploy_service", keyed=each, is_slow=False) for each in BOTH
        ]
        return [first, second, *others]

    @rule(caller=World.calls, user=APPROVERS, verdict=VERDICTS, in_view=st.booleans())
    def an_approver_decides_a_call(
        self, caller: Caller, user: UserId, verdict: Verdict, in_view: bool
    ) -> None:
        self.do(self.deeds.decide(caller, user, verdict, in_view=in_view))

    @rule(user=APPROVERS, sight=World.sights)
    def an_approver_approves_what_they_saw(self, user: UserId, sight: Sight | None) -> None:
        self.do(self.deeds.press_seen(user, Verdict.APPROVE, sight))

    @rule(target=World.calls, caller=World.calls, user=APPROVERS, in_view=st.booleans())
    def the_same_is_asked_while_an_approver_looks(
        self, caller: Caller, user: UserId, in_view: bool
    ) -> Caller:
        return self.do(self.deeds.ask_while_looking(caller, user, in_view=in_view))

    async def last_deeds(self) -> None:
        await self.deeds.forge(BOB, "others", 0)
        for caller in self.lives.callers:
            for in_view in (False, True):
                if not caller.task.done():
                    await self.deeds.decide(caller, BOB, Verdict.APPROVE, in_view=in_view)

    @rule(minutes=st.sampled_from([1, 1, 6]))
    def minutes_pass(self, minutes: int) -> None:
        self.do(self.deeds.wait(minutes))


class LifeOfRequests(World):
    """Clicks of anybody at anything, cancels, clocks, faults, kills and starts."""

    calls, sights = World.calls, World.sights

    @rule(target=calls, caller=calls)
    def the_same_key_asks_again(self, caller: Caller) -> Caller | MultipleResults[Caller]:
        return multiple() if caller.key is None else self.do(self.deeds.ask_again(caller))

    @rule(caller=calls)
    def somebody_else_uses_the_key(self, caller: Caller) -> None:
        if caller.key is not None:
            self.do(self.deeds.take_over(caller))

    @rule(user=APPROVERS, pick=PICKS)
    def an_approver_approves(self, user: UserId, pick: int) -> None:
        self.do(self.deeds.click(user, Verdict.APPROVE, pick))

    @rule(user=PEOPLE, verdict=VERDICTS, pick=PICKS, times=st.integers(1, 2))
    def somebody_clicks(self, user: UserId, verdict: Verdict, pick: int, times: int) -> None:
        self.do(self.deeds.click(user, verdict, pick, times=times))

    @rule(user=PEOPLE, field=st.sampled_from(["nonce", "channel", "ts", "others"]), pick=PICKS)
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
