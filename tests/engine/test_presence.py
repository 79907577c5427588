"""A gap in which no click could arrive is noticed, and told on the cards that were open."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.domain.absence import ABSENCES_KEPT_MAX, Absence
from approvals.domain.upkeep import LOOK_EVERY
from approvals.gate.exceptions import CallPaused
from approvals.operations.note_presence import last_present_at
from approvals.operations.reconcile import SWEEP_MAX
from bot.background import Outbox, deliveries
from bot.convergence import Presence, Reconciler
from tests.engine.gateway_in_test import GatewayInTest, proposal
from tests.engine.test_reconciling import a_gateway, asking, sweep
from tests.fakes.clock import FakeClock
from tests.fakes.virtual_time import LoopClock, in_virtual_time
from tests.security.evidence import recorded

NOTHING = timedelta(0)


@dataclass
class Line:
    """The connection to Slack, as the door tells of it."""

    silence: timedelta | None = NOTHING
    absences: int = 0
    presence: Presence = field(init=False)

    def hear_of_absence(self) -> None:
        self.absences += 1


def presence_of(gateway: GatewayInTest) -> Line:
    line = Line()
    line.presence = Presence(
        gateway.desk, silence=lambda: line.silence, on_absence=line.hear_of_absence
    )
    return line


async def missed(gateway: GatewayInTest) -> tuple[Absence, ...]:
    """What the newest drawing of the card tells."""
    await sweep(gateway)
    drawn = [*gateway.messenger.posts, *gateway.messenger.updates]
    return drawn[-1].missed


@pytest.mark.parametrize(("away_s", "is_told"), [(4, False), (5, False), (6, True), (3_600, True)])
async def test_cards_that_waited_over_a_restart_say_when_nobody_was_there(
    tmp_path: Path, away_s: int, is_told: bool
) -> None:
    path, clock = tmp_path / "sayso.db", FakeClock()
    async with a_gateway(path, clock=clock) as before, asking(before):
        await presence_of(before).presence.beat()
    left_at = clock.now()

    async with a_gateway(path, clock=clock, messenger=before.messenger) as after:
        clock.advance(timedelta(seconds=away_s))
        line = presence_of(after)
        await line.presence.beat()

        expected = (Absence(began_at=left_at, ended_at=clock.now()),) if is_told else ()
        assert await missed(after) == expected
        assert line.absences == is_told
        assert len(recorded(path, "gateway.away")) == is_told


async def test_a_first_start_was_never_away() -> None:
    async with a_gateway() as gateway, asking(gateway):
        line = presence_of(gateway)
        await line.presence.beat()

        assert (line.absences, await missed(gateway)) == (0, ())


async def test_a_lost_connection_is_told_from_when_slack_was_last_heard() -> None:
    async with a_gateway() as gateway, asking(gateway):
        line, clock = presence_of(gateway), gateway.clock
        await line.presence.beat()
        for _ in range(10):
            clock.advance(timedelta(seconds=4))
            await line.presence.beat()
        heard_at = clock.now() - timedelta(seconds=30)

        line.silence = timedelta(seconds=30)
        await line.presence.beat()
        clock.advance(timedelta(minutes=2))
        line.silence = timedelta(seconds=150)
        await line.presence.beat()
        line.silence = NOTHING
        await line.presence.beat()

        (told,) = await missed(gateway)
        assert (told.began_at, told.ended_at - told.began_at) == (
            heard_at,
            timedelta(minutes=2, seconds=30),
        )


async def test_a_card_tells_only_of_the_time_it_was_there_itself() -> None:
    async with a_gateway() as gateway:
        line, clock = presence_of(gateway), gateway.clock
        async with asking(gateway):
            await line.presence.beat()
            clock.advance(timedelta(minutes=1))
            amid = gateway.asks(arguments={"n": 1})
            await gateway.pending()
            asked_at = clock.now()
            clock.advance(timedelta(minutes=1))
            await line.presence.beat()
            clock.advance(timedelta(seconds=1))
            later = gateway.asks(arguments={"n": 2})
            await gateway.pending()
            await sweep(gateway)

            first, second, third = (gateway.messenger.shown[f"{n}.000100"] for n in (1, 2, 3))
            assert [each.missed[0].began_at for each in (first, second)] == [
                asked_at - timedelta(minutes=1),
                asked_at,
            ]
            assert third.missed == ()
        await asyncio.gather(amid, later, return_exceptions=True)


async def test_nothing_is_told_or_written_while_nobody_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path) as gateway:
        line = presence_of(gateway)
        await line.presence.beat()
        gateway.clock.advance(timedelta(hours=1))
        await line.presence.beat()

        assert line.absences == 0
        assert await gateway.store.write(lambda tx: tx.fact("gateway.present_at")) is None
        assert recorded(path, "gateway.away") == []


async def test_nothing_is_written_while_approvals_wait_only_to_be_used(tmp_path: Path) -> None:
    async with a_gateway(tmp_path / "sayso.db") as gateway:
        with pytest.raises(CallPaused):
            await gateway.gateway.ask(proposal(key="RUN1/CALL1", pauses=True))
        request = await gateway.pending()
        await gateway.clicks(request.id)
        line = presence_of(gateway)
        for _ in range(2):
            await line.presence.beat()
            gateway.clock.advance(timedelta(seconds=60))

        assert await gateway.store.next_due_at() is not None
        assert await last_present_at(gateway.desk) is None
        assert recorded(tmp_path / "sayso.db", "gateway.away") == []


async def test_a_card_tells_of_the_latest_absences_only() -> None:
    async with a_gateway() as gateway, asking(gateway):
        line = presence_of(gateway)
        for _ in range(ABSENCES_KEPT_MAX + 3):
            await line.presence.beat()
            gateway.clock.advance(timedelta(seconds=20))

        told = await missed(gateway)

        assert len(told) == ABSENCES_KEPT_MAX
        assert [each.began_at for each in told] == sorted(each.began_at for each in told)


@contextmanager
def loops_of(gateway: GatewayInTest, line: Line) -> Iterator[Reconciler]:
    async def may_speak() -> bool:
        return line.silence == NOTHING

    reconciler = Reconciler(gateway.desk, gateway.messenger, may_speak=may_speak)
    presence = Presence(gateway.desk, silence=lambda: line.silence, on_absence=reconciler.hurry)
    loops = [
        asyncio.create_task(each)
        for each in (
            Outbox(gateway.desk, deliveries(gateway.desk, gateway.messenger)).run(),
            reconciler.run(),
            presence.run(),
        )
    ]
    try:
        yield reconciler
    finally:
        for loop in loops:
            loop.cancel()


MANY = SWEEP_MAX + 20


def test_after_a_gap_every_open_card_says_so_once_however_many_there_are() -> None:
    async def scenario() -> int:
        async with a_gateway(clock=LoopClock()) as gateway:
            line, shown = Line(), gateway.messenger.shown
            with loops_of(gateway, line):
                calls = [gateway.asks(arguments={"number": number}) for number in range(MANY)]
                await until(lambda: len(shown) == MANY)
                await asyncio.sleep(5)
                line.silence = timedelta(seconds=1)
                await asyncio.sleep(60)
                assert not any(each.missed for each in shown.values())
                line.silence = NOTHING
                await until(lambda: all(each.missed for each in shown.values()))
            await gateway.gateway.close()
            await asyncio.gather(*calls, return_exceptions=True)
            return len(gateway.messenger.updates)

    assert in_virtual_time(scenario) == MANY


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what takes as long as threads take; the loop's own time may jump meanwhile."""
    async with asyncio.timeout(LOOK_EVERY.total_seconds() - 10):
        while not is_so():
            await asyncio.sleep(0.1)


def test_the_reconciler_looks_at_start_and_every_five_minutes() -> None:
    async def scenario() -> tuple[int, bool]:
        async with a_gateway(clock=LoopClock()) as gateway:
            call = gateway.asks()
            await gateway.pending()
            reconciler = Reconciler(gateway.desk, gateway.messenger, may_speak=yes)
            sweeping = asyncio.create_task(reconciler.run())
            await asyncio.sleep(10)
            at_start = gateway.messenger.looks
            await asyncio.sleep(3 * LOOK_EVERY.total_seconds())
            sweeping.cancel()
            await gateway.gateway.close()
            await asyncio.gather(call, sweeping, return_exceptions=True)
            return at_start, 3 <= gateway.messenger.looks <= 4

    assert in_virtual_time(scenario) == (1, True)


async def yes() -> bool:
    return True
