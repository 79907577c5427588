"""D1, D2: many people and the clock at once on one request, over the real store."""

import asyncio
import random
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import Cause, Status
from approvals.domain.card import Pressed
from approvals.domain.decision import Verdict
from approvals.domain.errors import Refusal
from approvals.domain.ids import TeamId, UserId
from approvals.gate.exceptions import CallNotApproved, CallTimedOut
from approvals.operations.cancel_request import cancel_request
from approvals.operations.click import Answer, Click
from approvals.operations.decide import decide
from approvals.operations.ports import Person
from approvals.operations.send_follow_ups import send_follow_ups
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway
from tests.fakes.people import BOB, TEAM, FakeDirectory
from tests.security.evidence import endings, permit_state, recorded
from tests.storage.given import held_back

CROWD = [UserId(f"U0P{number:02}") for number in range(64)]
CROWDED = POLICY.replace("[U0BOB, U0CAROL]", f"[{', '.join(CROWD)}]").replace(
    "timeout: 15m}", "timeout: 15m, cooldown: off}"
)
"""The same call is asked again at once, whatever became of it."""
MILLISECOND = timedelta(milliseconds=1)


async def press(
    gateway: GatewayInTest, user: UserId = BOB, *, verdict: Verdict = Verdict.APPROVE
) -> Answer:
    """Click on the newest card, starting at once."""
    card, ts = gateway.messenger.posts[-1].card, f"{len(gateway.messenger.posts)}.000100"
    pressed = Pressed(user=user, nonce=card.nonce, channel=card.channel, ts=ts)
    click = Click(request_id=card.request_id, verdict=verdict, pressed=pressed, team=TEAM)
    return await decide(gateway.desk, click)


@pytest.mark.parametrize("people", [2, 3, 8, 64])
async def test_d1_of_people_who_click_at_once_one_decides_and_all_others_are_told(
    tmp_path: Path, people: int
) -> None:
    path, chance = tmp_path / "sayso.db", random.Random(1_000 + people)
    endings_seen = set()
    async with a_gateway(path, policy=CROWDED) as gateway:
        for number in range(6):
            call = gateway.asks()
            request = await gateway.pending()
            racers: list[Coroutine[Any, Any, Any]] = [
                press(gateway, user, verdict=chance.choice(list(Verdict)))
                for user in chance.sample(CROWD, people)
            ]
            if number % 2:
                racers.append(cancel_request(gateway.desk, request.id, Cause.REQUESTER))
            chance.shuffle(racers)
            async with held_back(gateway.store):
                racing = [asyncio.create_task(racer) for racer in racers]
            results = await asyncio.gather(*racing, return_exceptions=True)
            await gateway.delivered()

            stored = await gateway.store.request(request.id)
            assert stored is not None
            told = [code_of(result) for result in results]
            assert sorted(told) == sorted(["already_decided"] * (len(racers) - 1) + ["done"])
            assert endings(path, request.id) == [stored.status]
            assert await ending_of(call) == stored.status
            assert gateway.messenger.updates[-1].request.status == stored.status
            endings_seen.add(stored.status)
    assert len(recorded(path, "decision.recorded")) == len(recorded(path, "request.approved")) + (
        len(recorded(path, "request.rejected"))
    )
    assert len(endings_seen) > 1


def code_of(result: Any) -> str:
    """What one racer was told."""
    refusal = result.refusal if isinstance(result, Answer) else result
    return refusal.code if isinstance(refusal, Refusal) else "done"


async def ending_of(call: asyncio.Task[object]) -> str:
    try:
        await call
    except CallNotApproved as refused:
        return str(refused.outcome.kind)
    return "approved"


class UnsteadyDirectory(FakeDirectory):
    """A directory that takes some turns of the loop, as Slack takes some milliseconds."""

    chance = random.Random(2)

    async def person(self, user: UserId, team: TeamId | None) -> Person:
        for _ in range(self.chance.randrange(6)):
            await asyncio.sleep(0)
        return await super().person(user, team)


async def near_the_deadline(gateway: GatewayInTest, chance: random.Random) -> tuple[str, bool]:
    """One request, one click and one sweep within 50 ms of its end: its status, whether in time."""
    gateway.clock.advance(timedelta(seconds=1))
    call = gateway.asks()
    request = await gateway.pending()
    clicked_ms, swept_ms = chance.randint(-50, 50), chance.randint(0, 50)
    clicking = sweeping = None
    for at_ms in range(-50, 51):
        gateway.clock.at = request.expires_at + at_ms * MILLISECOND
        if at_ms == clicked_ms:
            clicking = asyncio.create_task(press(gateway))
        if at_ms == swept_ms:
            sweeping = asyncio.create_task(send_follow_ups(gateway.desk))
        await asyncio.sleep(0)
    assert clicking is not None
    assert sweeping is not None
    answer, _ = await asyncio.gather(clicking, sweeping)
    await gateway.delivered()

    stored = await gateway.store.request(request.id)
    assert stored is not None
    told = answer.refusal.code if answer.refusal else "approved"
    assert (stored.status, told) in {
        (Status.APPROVED, "approved"),
        (Status.TIMED_OUT, "timed_out"),
        (Status.TIMED_OUT, "already_decided"),
    }
    if stored.status is Status.APPROVED:
        await call
    else:
        with pytest.raises(CallTimedOut):
            await call
    assert gateway.messenger.updates[-1].request.status is stored.status
    return stored.status, clicked_ms < 0


async def assert_the_deadline_divides(path: Path, *, rounds: int) -> None:
    chance = random.Random(rounds)
    async with a_gateway(path) as gateway:
        object.__setattr__(gateway.desk, "directory", UnsteadyDirectory())
        seen = [await near_the_deadline(gateway, chance) for _ in range(rounds)]
        requests = [content.request.id for content in gateway.messenger.posts]

    assert (Status.APPROVED, False) not in seen, "a click at or after the end was counted"
    assert {status for status, _ in seen} == {Status.APPROVED, Status.TIMED_OUT}
    for request_id, (status, _) in zip(requests, seen, strict=True):
        assert endings(path, request_id) == [status]
        has_permit = permit_state(path, request_id) is not None
        assert has_permit is (status is Status.APPROVED)


async def test_d2_at_the_deadline_a_request_is_either_approved_or_timed_out_for_everybody(
    tmp_path: Path,
) -> None:
    await assert_the_deadline_divides(tmp_path / "sayso.db", rounds=60)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_d2_a_thousand_clicks_around_their_deadlines_agree_with_agent_card_and_log(
    tmp_path: Path,
) -> None:
    await assert_the_deadline_divides(tmp_path / "sayso.db", rounds=1_000)


async def test_d2_a_click_that_began_in_time_counts_however_late_it_is_stored(
    tmp_path: Path,
) -> None:
    async with a_gateway(tmp_path / "sayso.db") as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        gateway.clock.at = request.expires_at - MILLISECOND

        async with held_back(gateway.store):
            clicking = asyncio.create_task(press(gateway))
            await asyncio.sleep(0)
            gateway.clock.at = request.expires_at + MILLISECOND
            await asyncio.sleep(0.01)
            sweeping = asyncio.create_task(send_follow_ups(gateway.desk))
        answer, _ = await asyncio.gather(clicking, sweeping)

        assert answer.refusal is None
        assert await ending_of(call) == "approved"
