"""Who is on call at a moment, on days when clocks jump too."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.ids import UserId
from approvals.domain.rotation import Rotation
from approvals.storage.policy_reader import read_policy
from tests.policy.test_mistakes import changed, mistakes_in, only

BERLIN = ZoneInfo("Europe/Berlin")
ONE, TWO, THREE = UserId("U1"), UserId("U2"), UserId("U3")
WEEKLY = (
    '{zone: Europe/Berlin, handover: "Mon 09:00", every: 1w, from: 2026-01-05, '
    "people: [U1, U2, U3]}"
)
TWO_AT_ONCE = (
    "{from: 2026-01-06, to: 2026-01-09, user: U8}, {from: 2026-01-08, to: 2026-01-10, user: U9}"
)


def policy_text(rotation: str) -> str:
    return changed("{users: [U01ALICE]}", f"{{rotation: {rotation}}}")


def rotation(written: str) -> Rotation:
    (found,) = read_policy(policy_text(written).encode()).people(["sre"])[0].rotations
    return found


def daily(handover: str, people: str = "U1, U2") -> Rotation:
    return rotation(
        f'{{zone: Europe/Berlin, handover: "{handover}", every: 1d, from: 2026-01-05, '
        f"people: [{people}]}}"
    )


@pytest.mark.parametrize(
    ("at", "who"),
    [
        ("2026-01-05 08:59:59", None),
        ("2026-01-05 09:00:00", ONE),
        ("2026-01-12 08:59:59", ONE),
        ("2026-01-12 09:00:00", TWO),
        ("2026-01-19 09:00:00", THREE),
        ("2026-01-26 09:00:00", ONE),
        ("2026-03-30 08:59:59", THREE),
        ("2026-03-30 09:00:00", ONE),  # the day after the clocks went forward
        ("1999-01-01 00:00:00", None),
    ],
)
def test_each_is_on_call_from_one_hand_over_to_the_next(at: str, who: UserId | None) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=BERLIN)

    assert rotation(WEEKLY).on_call(moment) == who


def test_a_hand_over_that_the_clock_jumps_over_falls_as_long_after_the_jump() -> None:
    on_call = daily("02:30").on_call
    jump = datetime(2026, 3, 29, 1, tzinfo=UTC)  # 02:00 becomes 03:00 in Berlin
    before = on_call(jump - timedelta(seconds=1))

    assert on_call(jump + timedelta(minutes=29, seconds=59)) == before
    assert on_call(jump + timedelta(minutes=30)) != before


def test_a_hand_over_in_an_hour_that_comes_twice_falls_in_the_first_one() -> None:
    on_call = daily("02:30").on_call
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 in Berlin, for the first time
    before = on_call(first - timedelta(seconds=1))

    assert on_call(first) != before
    assert on_call(first + timedelta(hours=1)) == on_call(first)


def test_whoever_stands_in_is_on_call_until_the_override_ends() -> None:
    on_call = rotation(
        WEEKLY[:-1] + ', overrides: [{from: "2026-01-06 18:00", to: "2026-01-07 06:00", user: U9}]}'
    ).on_call

    def at(moment: str) -> UserId | None:
        return on_call(datetime.fromisoformat(moment).replace(tzinfo=BERLIN))

    assert [at("2026-01-06 17:59"), at("2026-01-06 18:00")] == [ONE, "U9"]
    assert [at("2026-01-07 05:59"), at("2026-01-07 06:00")] == ["U9", ONE]


@given(
    st.datetimes(datetime(2026, 1, 6), datetime(2036, 1, 1)),
    st.sampled_from(["00:00", "02:30", "03:00", "09:00", "23:59"]),
    st.integers(1, 400),
)
def test_every_hand_over_of_a_day_moves_on_by_exactly_one_person(
    wall: datetime, handover: str, people: int
) -> None:
    """An independent count: hand-overs that have passed, one by one, on the wall."""
    found = daily(handover, ", ".join(f"U{number}" for number in range(people)))
    at = wall.replace(tzinfo=UTC)
    moment = datetime.fromisoformat(f"2026-01-05 {handover}").replace(tzinfo=BERLIN)
    passed = -1
    while moment.astimezone(UTC) <= at:
        passed, moment = passed + 1, moment + timedelta(days=1)

    assert found.on_call(at) == (f"U{passed % people}" if passed >= 0 else None)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Europe/Berlin", "Europe/Nowhere", "'Europe/Nowhere' is not a time zone known"),
        ("Europe/Berlin", "../../etc/passwd", "is not a time zone known"),
        ("Europe/Berlin", "Europe", "'Europe' is not a time zone known"),
        ("Mon 09:00", "Monday 9:00", "is not a time of hand-over – write it like"),
        ("Mon 09:00", "24:00", "is not a time of hand-over"),
        ("Mon 09:00", "Tue 09:00", "2026-01-05 is a Mon, and the hand-over is on Tue – write"),
        ("1w", "3d", "a hand-over on Mon has to be every 1w or more whole weeks – write weeks"),
        ("1w", "12h", "'12h' is not a number of days or weeks"),
        ("1w", "0d", "'0d' is not a number of days or weeks"),
        ("2026-01-05", "2026-02-30", "'2026-02-30' is not a day"),
        ("2026-01-05", "9999-12-31", "'9999-12-31' is not a day"),
        ("people: [U1, U2, U3]", "people: [bob]", "'bob' is not a Slack user id"),
        (", people: [U1, U2, U3]", "", "people is missing – list ids in the order"),
        ("zone: Europe/Berlin, ", "", "zone is missing – write one like Europe/Berlin"),
        ("}", ", on: x}", "'on' is not known in this version"),
        (
            "}",
            ", overrides: [{from: 2026-01-06, to: 2026-01-06, user: U9}]}",
            "to is not after from",
        ),
        (
            "}",
            f", overrides: [{TWO_AT_ONCE}]}}",
            "two overrides hold at 2026-01-08 00:00 (U8 and U9) – shorten one of them",
        ),
        ("}", ", overrides: [{from: soon, to: 2026-01-09, user: U8}]}", "'soon' is not a moment"),
    ],
)
def test_what_leaves_a_moment_without_an_answer_is_a_mistake(old: str, new: str, says: str) -> None:
    assert WEEKLY.count(old) == 1

    assert says in only(mistakes_in(policy_text(WEEKLY.replace(old, new))))


def test_a_quorum_of_more_people_than_are_on_call_at_once_can_never_be_met() -> None:
    text = policy_text(WEEKLY).replace("effect: ask", "effect: ask, quorum: [{of: sre, count: 2}]")

    assert "count is 2, but sre have fewer people" in only(mistakes_in(text))
