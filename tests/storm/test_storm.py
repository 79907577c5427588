"""Requests by the thousand while Slack refuses, forgets and hangs up."""

import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.domain.outcome import OutcomeKind
from tests.fakes.virtual_time import in_virtual_time
from tests.storm.gateway import a_storm_gateway
from tests.storm.storm import Storm, too_early
from tests.storm.truth import is_true

SEED = 4


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("requests", "drops", "minutes"), [pytest.param(1_000, 10, 10, id="1000"), (50, 2, 0.5)]
)
def test_in_a_storm_nothing_is_lost_or_run_twice_and_every_card_ends_true(
    requests: int, drops: int, minutes: float, tmp_path: Path
) -> None:
    async def scenario() -> None:
        dice = random.Random(SEED)
        lasts = timedelta(minutes=minutes)
        storm = Storm(requests=requests, drops=drops, lasts=lasts, dice=dice)
        async with a_storm_gateway(tmp_path, dice) as gateway:
            crowd = await storm.rage(gateway)

            assert gateway.loops.dead == ()
            assert sorted(storm.told) == list(range(requests))
            approved = [n for n, kind in storm.told.items() if kind is OutcomeKind.APPROVED]
            assert storm.ran == Counter(approved)
            assert set(storm.told.values()) <= {
                OutcomeKind.APPROVED,
                OutcomeKind.REJECTED,
                OutcomeKind.TIMED_OUT,
            }
            assert too_early(storm.calls) == []
            contents = await gateway.contents()
            assert len(contents) == requests
            assert [each for each in contents if each[0].request.is_pending] == []
            assert crowd.pressable == {}
            assert [card for each in contents for card in each if not is_true(gateway, card)] == []

    try:
        in_virtual_time(scenario)
    except BaseException as failure:
        failure.add_note(f"The dice were random.Random({SEED}).")
        raise
