"""What holds for every quorum: it is filled as a person trying every seating would fill it."""

from collections.abc import Sequence
from itertools import permutations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.domain.ids import UserId
from approvals.domain.quorum import can_be_met, is_met, prevailing, progress
from approvals.domain.requirement import Requirement, Slot
from tests.policy.given import call, policy_of

SETS = ("sre", "leads", "oncall")
Sets = frozenset[str]

slots = st.builds(
    Slot,
    of=st.lists(st.sampled_from(SETS), min_size=1, max_size=2, unique=True).map(tuple),
    count=st.integers(1, 2),
)
rules = st.lists(slots, min_size=1, max_size=3)
crowds = st.lists(st.frozensets(st.sampled_from(SETS)), max_size=5)


def seats_filled(rule: Sequence[Slot], crowd: Sequence[Sets]) -> int:
    """The most places any seating fills: every order of people is tried on the places."""
    places = [set(slot.of) for slot in rule for _ in range(slot.count)]
    # Chairs nobody can sit on and people who fit nowhere make both sides equally long.
    length = max(len(places), len(crowd))
    people = [*crowd, *[frozenset[str]()] * (length - len(crowd))]
    return max(
        sum(1 for place, who in zip(places, order, strict=False) if place & who)
        for order in set(permutations(people, len(places)))
    )


def is_full(rule: Sequence[Slot], crowd: Sequence[Sets]) -> bool:
    return seats_filled(rule, crowd) == sum(slot.count for slot in rule)


@settings(max_examples=150, deadline=None)
@given(rules, crowds)
def test_I7_nobody_counts_twice_in_a_rule_and_as_many_places_are_filled_as_can_be(
    rule: list[Slot], crowd: list[Sets]
) -> None:
    state = progress([rule], crowd)

    assert state.filled == seats_filled(rule, crowd)
    assert state.needed == sum(slot.count for slot in rule)
    assert is_met([rule], crowd) == is_full(rule, crowd) == (state.missing == ())


@settings(max_examples=100, deadline=None)
@given(st.lists(rules, min_size=1, max_size=3), crowds)
def test_a_request_is_approved_when_every_rule_is_whatever_the_order(
    written: list[list[Slot]], crowd: list[Sets]
) -> None:
    expected = all(is_full(rule, crowd) for rule in written)

    assert is_met(written, crowd) == expected
    assert is_met(written[::-1], crowd[::-1]) == expected
    assert is_met(prevailing(written), crowd) == expected
    assert (progress(written, crowd).missing == ()) == expected


@settings(max_examples=100, deadline=None)
@given(rules, crowds)
def test_whoever_the_missing_names_brings_the_request_on(
    rule: list[Slot], crowd: list[Sets]
) -> None:
    before = progress([rule], crowd)

    for slot in before.missing:
        for name in slot.of:
            after = progress([rule], [*crowd, frozenset({name})])
            assert after.filled == before.filled + 1
    named = {name for slot in before.missing for name in slot.of}
    for name in set(SETS) - named:
        assert progress([rule], [*crowd, frozenset({name})]).filled == before.filled


@settings(max_examples=150, deadline=None)
@given(rules, crowds, st.sets(st.integers(0, 4), max_size=2))
def test_what_is_refused_as_never_to_be_met_is_what_no_crowd_of_these_people_meets(
    rule: list[Slot], crowd: list[Sets], excluded: set[int]
) -> None:
    people = {
        name: frozenset(UserId(f"U{n}") for n, sets in enumerate(crowd) if name in sets)
        for name in SETS
    }
    left = [sets for number, sets in enumerate(crowd) if number not in excluded]

    possible = can_be_met(rule, people, {UserId(f"U{number}") for number in excluded})

    assert possible == is_full(rule, left)


@settings(max_examples=60, deadline=None)
@given(rules, crowds, st.sampled_from(SETS))
def test_a_set_that_could_not_be_read_refuses_nothing_that_it_could_meet(
    rule: list[Slot], crowd: list[Sets], unread: str
) -> None:
    people = {
        name: None
        if name == unread
        else frozenset(UserId(f"U{n}") for n, sets in enumerate(crowd) if name in sets)
        for name in SETS
    }
    helped = [*crowd, *[frozenset({unread})] * 6]

    if is_full(rule, helped):
        assert can_be_met(rule, people, ())


@st.composite
def quorums(draw: st.DrawFn) -> str:
    entries = draw(
        st.lists(st.tuples(st.sampled_from(["sre", "[sre, leads]"]), st.integers(1, 3)), max_size=2)
    )
    written = ", ".join(f"{{of: {of}, count: {count}}}" for of, count in entries)
    return f"tool: a.*, effect: ask, quorum: [{written}]" if entries else "tool: a.*, effect: ask"


def approved_by(requirement: Requirement) -> set[tuple[Sets, ...]]:
    """Which crowds of up to four approve."""
    kinds = [frozenset({"sre"}), frozenset({"leads"}), frozenset({"sre", "leads"})]
    crowds = [crowd for size in range(5) for crowd in product(kinds, repeat=size)]
    return {crowd for crowd in crowds if is_met(requirement.slots_by_rule, crowd)}


@settings(max_examples=40, deadline=None)
@given(st.data(), st.lists(quorums(), min_size=1, max_size=3))
def test_T4_the_order_of_rules_with_quorums_changes_nothing(
    data: st.DataObject, written: list[str]
) -> None:
    shuffled = data.draw(st.permutations(written))

    one = policy_of(*written).requirement(call("a.x"))
    other = policy_of(*shuffled).requirement(call("a.x"))

    assert approved_by(one) == approved_by(other)


@settings(max_examples=40, deadline=None)
@given(st.lists(quorums(), min_size=1, max_size=3), quorums(), st.booleans())
def test_T4_adding_a_rule_with_a_quorum_never_loosens(
    written: list[str], added: str, is_guardrail: bool
) -> None:
    before = policy_of(*written).requirement(call("a.x"))
    after = (
        policy_of(*written, guardrails=(added,)) if is_guardrail else policy_of(*written, added)
    ).requirement(call("a.x"))

    assert approved_by(after) <= approved_by(before)
