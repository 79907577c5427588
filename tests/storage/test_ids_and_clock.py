"""The system's clock and its source of chance."""

from datetime import UTC, timedelta

from approvals.storage.clock import SystemClock
from approvals.storage.ids import SystemIds


def test_the_clock_tells_an_aware_present_in_utc() -> None:
    clock = SystemClock()

    first, second = clock.now(), clock.now()

    assert first.tzinfo is UTC
    assert first <= second < first + timedelta(minutes=1)


def test_ids_of_one_process_sort_in_the_order_they_were_made() -> None:
    ids = SystemIds(SystemClock())

    made = [ids.ulid() for _ in range(2_000)]

    assert made == sorted(set(made))
    assert {len(each) for each in made} == {26}


def test_secrets_carry_128_bits_and_differ() -> None:
    ids = SystemIds(SystemClock())

    made = {ids.secret() for _ in range(100)}

    assert len(made) == 100
    assert {len(each) for each in made} == {22}
