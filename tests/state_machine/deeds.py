"""What agents and people do to the gateway of now, good and bad; the machine picks among these."""

import asyncio
from datetime import timedelta
from sqlite3 import Row
from typing import Any

from approvals.domain.approval_request import Requester
from approvals.domain.decision import Verdict
from approvals.domain.ids import RequestId, TeamId, UserId
from approvals.gate.exceptions import CallNotApproved
from approvals.operations.click import Answer
from tests.engine.gateway_in_test import GatewayInTest
from tests.fakes.people import BOB, TEAM
from tests.state_machine.caller import Caller
from tests.state_machine.clicks import EVE, Clicks
from tests.state_machine.lives import Lives

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

    async def ask(self, *, keyed: bool, is_slow: bool) -> Caller:
        """Ask what nobody has asked yet; a slow body waits until it is told to finish."""
        self._questions += 1
        key = f"key-{self._questions}" if keyed else None
        return await self._ask(self._questions, key, is_slow=is_slow)

    async def ask_again(self, earlier: Caller) -> Caller:
        """Ask the same once more, as a caller does that came back after a crash."""
        is_slow = not earlier.may_finish.is_set()
        return await self._ask(earlier.number, earlier.key, is_slow=is_slow)

    async def _ask(self, number: int, key: str | None, *, is_slow: bool) -> Caller:
        caller = Caller(self._gateway, self._lives.ledger, number=number, key=key)
        if not is_slow:
            caller.may_finish.set()
        self._lives.callers.append(caller)
        await self._gateway.delivered()
        return caller

    async def take_over(self, caller: Caller) -> None:
        """Ask as Bob under the key of another's call, to approve it for himself."""
        bob = Requester(agent="deploy-bot", person=BOB, team=TEAM)
        arguments = {"service": "web", "number": caller.number}
        taking = self._gateway.asks(arguments=arguments, key=caller.key, requester=bob)
        await self._gateway.settled()
        taking.cancel()
        results: list[object] = await asyncio.gather(taking, return_exceptions=True)
        # Where the key was never stored, or lapsed with its caller, the question is Bob's own.
        assert isinstance(results[0], CallNotApproved | asyncio.CancelledError), "I1"

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
        """Press a button of the picked request, *times* times at once."""
        request = self._picked(pick)
        if request is not None:
            await self._press(request, user, verdict, times=times)

    async def forge(self, user: UserId, field: str, pick: int) -> None:
        """Press Approve with a wrong *field*: the card's nonce, channel or ts."""
        request = self._picked(pick)
        if request is None:
            return
        log = self._lives.log
        # While the card's own ts is not known there is nothing to compare another with.
        may_count = field == "ts" and not any(
            card["request_id"] == request["id"] for card in log.cards
        )
        # Never the same place twice: Slack has one message at a ts.
        forged: dict[str, Any] = {field: f"7.{len(log.events):06d}"}
        await self._press(request, user, Verdict.APPROVE, may_count=may_count, **forged)

    def _picked(self, pick: int) -> Row | None:
        requests = self._lives.log.requests
        pending = [each for each in requests if requests[each]["status"] == "pending"]
        among = sorted(requests if pick % 2 else pending or requests)
        return requests[among[-1 - pick // 2 % len(among)]] if among else None

    async def _press(
        self,
        request: Row,
        user: UserId,
        verdict: Verdict,
        *,
        times: int = 1,
        may_count: bool = True,
        **forged: Any,
    ) -> None:
        """I8: clicks that were all refused changed nothing (a late one may commit the timeout)."""
        request_id = RequestId(request["id"])
        if may_count and not self._gateway.directory.is_down:
            self.clicks.may_count_from(request, user, verdict)
        before = self._lives.log.state(request_id)
        answers = await asyncio.gather(
            *(self._answer(request_id, user, verdict, **forged) for _ in range(times))
        )
        codes = [answer.refusal and answer.refusal.code for answer in answers]
        if None not in codes and "timed_out" not in codes:
            assert self._lives.log.state(request_id) == before, f"I8: {codes} changed it"
        await self._gateway.settled()

    async def _answer(
        self, request_id: RequestId, user: UserId, verdict: Verdict, **forged: Any
    ) -> Answer:
        team = ELSEWHERE if user == EVE else TEAM
        self.clicks.under_way += 1
        answer = await self._gateway.clicks(request_id, user, verdict=verdict, team=team, **forged)
        self.clicks.under_way -= 1
        self.clicks.answered(request_id, user, answer)
        return answer
