"""What agents and people do to the gateway of now, good and bad; the machine picks among these."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from sqlite3 import Row
from typing import Any

from approvals.domain.approval_request import Requester
from approvals.domain.decision import Verdict
from approvals.domain.ids import RequestId, TeamId, UserId
from approvals.gate.exceptions import CallNotApproved
from approvals.gate.gateway import Clearance
from approvals.operations.click import Answer, FullView
from approvals.operations.decide import open_full_view
from tests.engine.gateway_in_test import GatewayInTest
from tests.fakes.people import BOB, TEAM
from tests.state_machine.caller import Caller
from tests.state_machine.clicks import EVE, Clicks, may_approve
from tests.state_machine.lives import Lives
from tests.state_machine.log import Log
from tests.state_machine.sights import Sight, decidable, identical

ELSEWHERE = TeamId("T0OTHER")


class Deeds:
    """Hands on one gateway after the other."""

    def __init__(self, lives: Lives) -> None:
        self._lives = lives
        self._questions = 0
        self.clicks = Clicks()

    @property
    def _gateway(self) -> GatewayInTest:
        return self._lives.gateway

    async def ask(self, tool: str, *, keyed: bool, is_slow: bool) -> Caller:
        """Ask what nobody has asked yet; a slow body waits until it is told to finish."""
        self._questions += 1
        return await self._ask(tool, self._questions, self._key(keyed=keyed), is_slow=is_slow)

    async def ask_again(self, earlier: Caller) -> Caller:
        """Ask the same once more, as a caller does that came back after a crash."""
        is_slow = not earlier.may_finish.is_set()
        return await self._ask(earlier.tool, earlier.number, earlier.key, is_slow=is_slow)

    async def ask_alike(self, other: Caller, *, keyed: bool) -> Caller:
        """Ask for the same call as *other* does, as a question of its own.

        I2: while it waits it has a row of its own, which ends by itself.
        """
        self._questions += 1
        before, is_slow = len(self._lives.log.requests), not other.may_finish.is_set()
        key = self._key(keyed=keyed)
        caller = await self._ask(other.tool, other.number, key, is_slow=is_slow)
        rows = len(self._lives.log.requests) - before
        assert caller.task.done() or rows == 1, f"I2: {rows} rows for a call that waits"
        return caller

    def _key(self, *, keyed: bool) -> str | None:
        return f"key-{self._questions}" if keyed else None

    async def _ask(self, tool: str, number: int, key: str | None, *, is_slow: bool) -> Caller:
        caller = Caller(self._gateway, self._lives.ledger, tool=tool, number=number, key=key)
        if not is_slow:
            caller.may_finish.set()
        self._lives.callers.append(caller)
        await self._gateway.delivered()
        return caller

    async def take_over(self, caller: Caller) -> None:
        """Ask as Bob under the key of another's call, to approve it for himself."""
        bob = Requester(agent="deploy-bot", person=BOB, team=TEAM)
        arguments = {"service": "web", "number": caller.number}
        taking = self._gateway.asks(caller.tool, arguments, key=caller.key, requester=bob)
        await self._gateway.settled()
        taking.cancel()
        results: list[object] = await asyncio.gather(taking, return_exceptions=True)
        # Where the key was never stored, or lapsed with its caller, the question is Bob's own.
        if isinstance(results[0], Clearance):
            await self._runs_own(results[0])
        else:
            assert isinstance(results[0], CallNotApproved | asyncio.CancelledError), "I1"

    async def _runs_own(self, clearance: Clearance) -> None:
        """I1: what Bob is cleared for is a question of his own, which others approved."""
        request_id = clearance.request_id
        assert request_id is not None
        assert self._lives.log.requests[request_id]["person"] == BOB, "I1"
        self._lives.ledger.append(request_id, clearance.arguments_json)
        await self._gateway.gateway.report(clearance, succeeded=True, result="done")

    async def abandon(self, caller: Caller) -> None:
        caller.task.cancel()
        await asyncio.gather(caller.task, return_exceptions=True)
        await self._gateway.settled()

    async def cancel(self, key: str) -> None:
        await self._gateway.gateway.cancel(key, agent="deploy-bot")

    async def finish(self, *callers: Caller) -> None:
        """Let these slow bodies come to their end."""
        for caller in callers:
            caller.may_finish.set()
        await self._gateway.settled()

    async def wait(self, minutes: int) -> None:
        """Let time pass with the sleeper awake.

        I11: nothing is pending past its deadline afterwards.
        """
        await self._gateway.time_passes(timedelta(minutes=minutes))
        now = self._lives.clock.now()
        for request_id in self._lives.log.requests:
            stored = await self._gateway.store.request(RequestId(request_id))
            assert stored is not None
            assert not stored.is_pending or stored.expires_at > now, f"I11: {request_id}"

    async def click(self, user: UserId, verdict: Verdict, pick: int, *, times: int = 1) -> None:
        """Press a button of the picked request as it stands now, *times* times at once."""
        request = self._picked(pick)
        if request is not None:
            await self._press(self._as_it_stands(request), user, verdict, times=times)

    async def forge(self, user: UserId, field: str, pick: int) -> None:
        """Press Approve with a wrong *field*: the card's nonce, channel, ts, or number of calls."""
        request = self._picked(pick)
        if request is None:
            return
        log = self._lives.log
        # While the card's own ts is not known there is nothing to compare another with.
        first = request["joined"] or request["id"]
        may_count = field == "ts" and not any(card["request_id"] == first for card in log.cards)
        # Never the same place twice: Slack has one message at a ts.
        forged: dict[str, Any] = {field: f"7.{len(log.events):06d}"}
        seen = self._as_it_stands(request)
        if field == "others":
            seen, forged = replace(seen, named=seen.named | {"one that is not there"}), {}
        await self._press(seen, user, Verdict.APPROVE, may_count=may_count, **forged)

    def look(self, pick: int, part: int) -> Sight | None:
        """See a button of one of the messages, the latest first, as it is drawn."""
        drawn = [*self._lives.messenger.shown.items()]
        if not drawn:
            return None
        ts, content = drawn[-1 - pick % len(drawn)]
        return Sight.of_card(content, ts, part)

    async def open_view(self, user: UserId, pick: int) -> Sight | None:
        """Open the full view of the picked request; None where it is refused."""
        request = self._picked(pick)
        return None if request is None else await self._view(user, self._as_it_stands(request))

    async def _view(self, user: UserId, sight: Sight) -> Sight | None:
        self.clicks.under_way += 1
        opened = await open_full_view(
            self._gateway.desk,
            await self._gateway.click_of(sight.request_id, user, team=_team(user), **sight.place),
        )
        self.clicks.under_way -= 1
        if isinstance(opened, FullView):
            return Sight.of_view(opened, user)
        self.clicks.answered(user, opened, alike=1)
        return None

    async def ask_while_looking(self, other: Caller, user: UserId, *, in_view: bool) -> Caller:
        """Ask for the same call as *other* while *user* has it before them, who then approves."""
        seen = await self._sight_of(other, user if in_view else None)
        caller = await self.ask_alike(other, keyed=False)
        await self.press_seen(user, Verdict.APPROVE, seen)
        return caller

    async def decide(
        self, caller: Caller, user: UserId, verdict: Verdict, *, in_view: bool
    ) -> None:
        """Decide what *caller* asks for, from its message or in a view of it."""
        seen = await self._sight_of(caller, user if in_view else None)
        await self.press_seen(user, verdict, seen)

    async def _sight_of(self, caller: Caller, viewer: UserId | None) -> Sight | None:
        """See a call's button on the latest message that shows it, or in *viewer*'s view of it."""
        for ts, content in reversed(self._lives.messenger.shown.items()):
            for place, part in enumerate(content.parts):
                call = part.request.call
                if (call.tool, call.arguments["number"]) == (caller.tool, caller.number):
                    on_card = Sight.of_card(content, ts, place)
                    return await self._view(viewer, on_card) if viewer else on_card
        return None

    async def press_seen(self, user: UserId, verdict: Verdict, sight: Sight | None) -> None:
        """Press a button as it was seen once, however long ago."""
        if sight is not None and sight.request_id in self._lives.log.requests:
            await self._press(sight, sight.viewer or user, verdict)

    def _picked(self, pick: int) -> Row | None:
        requests = self._lives.log.requests
        pending = [each for each in requests if requests[each]["status"] == "pending"]
        among = sorted(requests if pick % 2 else pending or requests)
        return requests[among[-1 - pick // 2 % len(among)]] if among else None

    def _as_it_stands(self, request: Row) -> Sight:
        """What the request's button stands for now, wherever it is pressed."""
        log = self._lives.log
        card = log.messages[request["joined"] or request["id"]]
        return Sight(
            request_id=RequestId(request["id"]),
            named=identical(log, request["id"]),
            nonce=card["nonce"],
            channel=card["channel"],
            ts=card["ts"],
        )

    async def _press(
        self,
        sight: Sight,
        user: UserId,
        verdict: Verdict,
        *,
        times: int = 1,
        may_count: bool = True,
        **forged: Any,
    ) -> None:
        """I8: clicks that were all refused decided nothing (a late one may commit the timeout)."""
        before, request_id = self._lives.log, sight.request_id
        request, may = before.requests[request_id], decidable(before, sight)
        is_known = may_count and not self._gateway.directory.is_down
        if is_known:
            self.clicks.may_count_from(request, user, verdict, may)
        alike = len(identical(before, request_id))
        answers = await asyncio.gather(
            *(self._answer(sight, user, verdict, alike, **forged) for _ in range(times))
        )
        codes = [answer.refusal.code if answer.refusal else None for answer in answers]
        after = self._lives.log
        if None not in codes and "timed_out" not in codes:
            assert after.state(request_id) == before.state(request_id), f"I8: {codes} changed it"
        if verdict is Verdict.APPROVE:
            self._check_approvals(before, after, may, codes)
        in_time = request["expires_at"] > self._lives.clock.now().isoformat()
        if verdict is Verdict.APPROVE and is_known and may_approve(request, user) and in_time:
            joined = identical(before, request_id) - sight.named
            told = {"more_joined", "card_mismatch"}
            is_open = request["status"] == "pending"
            assert not (joined and is_open) or set(codes) <= told, f"I13: {codes} for {joined}"
        await self._gateway.settled()

    def _check_approvals(
        self, before: Log, after: Log, may: frozenset[str], codes: list[str | None]
    ) -> None:
        """I13: an approval holds for all that its button stood for then, and for nothing else."""
        kept = len(before.decisions)
        approved = {row["request_id"] for row in after.decisions} - {
            row["request_id"] for row in before.decisions
        }
        assert approved <= may, f"I13: approved {approved - may} beside what was shown"
        if None in codes:
            left = [each for each in may if after.requests[each]["status"] == "pending"]
            assert not left, f"I13: {left} was shown and not approved"
        else:
            assert len(after.decisions) == kept, f"I8: {codes} decided something"

    async def _answer(
        self, sight: Sight, user: UserId, verdict: Verdict, alike: int, **forged: Any
    ) -> Answer:
        self.clicks.under_way += alike
        answer = await self._gateway.clicks(
            sight.request_id,
            user,
            verdict=verdict,
            team=_team(user),
            others=len(sight.named) - 1,
            **{**sight.place, **forged},
        )
        self.clicks.under_way -= alike
        self.clicks.answered(user, answer, alike=alike)
        return answer


def _team(user: UserId) -> TeamId:
    return ELSEWHERE if user == EVE else TEAM
