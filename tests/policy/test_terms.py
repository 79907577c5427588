"""The table of options: what can be written is declared, read, stored and read back."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.effect import Effect, Risk
from approvals.domain.terms import OPTIONS, RISK, TIMEOUT, Option, Sources, Terms, settle
from approvals.storage.policy_terms import READERS
from tests.cards.builders import a_requirement


def test_every_option_that_may_be_written_can_be_read_and_no_other() -> None:
    assert {option for option in OPTIONS if option.places} == set(READERS)


def test_no_two_options_share_a_key_or_a_place_in_the_row() -> None:
    assert len({option.key for option in OPTIONS}) == len(OPTIONS)
    assert len({option.stored_as for option in OPTIONS}) == len(OPTIONS)


def test_no_option_takes_the_place_of_something_else_in_the_row() -> None:
    bare = a_requirement(terms=Terms()).to_json()

    assert bare.keys().isdisjoint(option.stored_as for option in OPTIONS)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_every_option_can_be_held_against_what_holds_where_nobody_says_anything(
    option: Option[Any],
) -> None:
    if option.otherwise is not None:
        assert option.strictest([option.otherwise, option.otherwise]) == option.otherwise


def test_terms_come_back_from_their_row_among_whatever_else_it_holds() -> None:
    terms = Terms({TIMEOUT: timedelta(minutes=5), RISK: Risk.HIGH})

    assert Terms.from_json({**terms.to_json(), "effect": "ask"}, OPTIONS) == terms


def test_what_a_row_does_not_hold_reads_as_never_said() -> None:
    terms = Terms.from_json({}, OPTIONS)

    assert terms == Terms()
    assert terms[RISK] is Risk.MEDIUM


@given(st.lists(st.sampled_from(Risk), min_size=1))
def test_the_strictest_rule_wins_in_any_order(risks: list[Risk]) -> None:
    rules = [(Effect.ASK, Terms({RISK: risk})) for risk in risks]
    quiet = Terms({RISK: Risk.LOW})

    forwards = settle(Sources(rules=rules, channel=quiet, defaults=quiet), OPTIONS)
    backwards = settle(Sources(rules=rules[::-1], channel=quiet, defaults=quiet), OPTIONS)

    assert forwards == backwards
    assert forwards[RISK] is max(risks, key=list(Risk).index)


def test_a_rule_with_another_effect_has_no_say_about_an_asking_option() -> None:
    rules = [(Effect.DENY, Terms({TIMEOUT: timedelta(seconds=1)})), (Effect.ASK, Terms())]

    settled = settle(Sources(rules=rules, channel=Terms({TIMEOUT: timedelta(minutes=7)})), OPTIONS)

    assert settled[TIMEOUT] == timedelta(minutes=7)


def test_the_channel_speaks_before_the_defaults() -> None:
    sources = Sources(
        channel=Terms({TIMEOUT: timedelta(minutes=7)}),
        defaults=Terms({TIMEOUT: timedelta(minutes=9), RISK: Risk.LOW}),
    )

    settled = settle(sources, OPTIONS)

    assert (settled[TIMEOUT], settled[RISK]) == (timedelta(minutes=7), Risk.LOW)
