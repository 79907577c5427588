"""Random lives of requests: asks, clicks of anybody, cancels, clocks, faults, kills, restarts.

The same lives at every run in the quick suite, four times as many in the long stage; new ones in
the campaign, one seed after another for `LIFE_SECONDS`. It prints each seed; `LIFE_SEED` starts
with one of them.
"""

import itertools
import os
import random
import time

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.examples import examples
from tests.state_machine.life import LifeOfCards, LifeOfRequests
from tests.state_machine.world import World


@pytest.mark.hypothesis
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("machine", "lives", "steps"), [(LifeOfRequests, 40, 30), (LifeOfCards, 40, 12)]
)
def test_requests_live_one_consistent_life(machine: type[World], lives: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples(lives),
            stateful_step_count=steps,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_requests_live_one_consistent_life_for_as_long_as_new_lives_are_drawn() -> None:
    ends_at = time.monotonic() + float(os.environ.get("LIFE_SECONDS", "240"))
    first = int(os.environ.get("LIFE_SEED", random.randrange(1 << 32)))
    for number in itertools.count(first):
        print(f"LIFE_SEED={number}")
        machine = LifeOfCards if number % 2 else LifeOfRequests
        run_state_machine_as_test(
            seed(number)(type("LongLife", (machine,), {})),
            settings=settings(
                max_examples=20,
                stateful_step_count=100,
                deadline=None,
                derandomize=False,
                database=None,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            ),
        )
        if time.monotonic() >= ends_at:
            return
