"""How far a quorum has come, in the words of the card and of the notification."""

from dataclasses import replace

import pytest

from approvals.domain.ids import UserId
from approvals.domain.requirement import Slot
from approvals.operations.ports import CardContent
from bot.slack.card_text import notification_text
from bot.slack.cards import card_blocks
from tests.cards.builders import (
    ASKED_AT,
    RULE,
    a_content,
    a_decision,
    a_request,
    a_requirement,
    shown,
)
from tests.cards.slack_rules import assert_slack_takes_message

SRE, LEADS = Slot(of=("sre",)), Slot(of=("leads",))
TWO_SRE = Slot(of=("sre",), count=2)


def content_of(rules: list[tuple[Slot, ...]], *approvals: tuple[str, ...]) -> CardContent:
    matches = tuple(replace(RULE, slots=slots) for slots in rules)
    decisions = tuple(
        replace(a_decision(UserId(f"U0P{number}")), sets=sets)
        for number, sets in enumerate(approvals)
    )
    request = a_request(requirement=a_requirement(rules=matches))
    return a_content(request, decisions=decisions)


@pytest.mark.parametrize(
    ("rules", "approvals", "words"),
    [
        ([(SRE, LEADS)], [("leads",)], "1 of 2: approved by , needs 1 of sre."),
        ([(SRE, LEADS)], [("leads", "sre")], "1 of 2: approved by , needs 1 of sre or leads."),
        ([(SRE, LEADS)], [("sre",), ("sre",)], "1 of 2: approved by , , needs 1 of leads."),
        ([(TWO_SRE, LEADS)], [("sre",)], "1 of 3: approved by , needs 1 of sre and 1 of leads."),
        (
            [(TWO_SRE, LEADS)],
            [("sre", "leads")],
            "1 of 3: approved by , needs 1 of sre and 1 of sre or leads.",
        ),
        ([(SRE,), (LEADS,)], [("sre",)], "1 of 2: approved by , needs 1 of leads."),
        ([(SRE,), (SRE, LEADS)], [("sre",)], "1 of 2: approved by , needs 1 of leads."),
        ([(TWO_SRE,), (SRE, LEADS)], [], "Needs 2 of sre and 1 of sre and 1 of leads"),
        ([(SRE, LEADS)], [()], "0 of 2: needs 1 of sre and 1 of leads. No longer counted: "),
        ([(SRE, LEADS)], [("sre",), ("leads",)], "2 of 2: approved by , . That is enough if"),
    ],
)
def test_a_pending_card_says_what_is_filled_and_what_is_missing(
    rules: list[tuple[Slot, ...]], approvals: list[tuple[str, ...]], words: str
) -> None:
    content = content_of(rules, *approvals)

    blocks = card_blocks(content, ASKED_AT)

    assert words in shown(blocks)
    assert_slack_takes_message(blocks)


def test_what_the_policy_asks_now_stands_on_the_card_in_place_of_what_it_asked_then() -> None:
    content = replace(content_of([(SRE,)], ("sre",)), rules=((TWO_SRE,),))

    assert "1 of 2: approved by , needs 1 of sre." in shown(card_blocks(content, ASKED_AT))


def test_a_notification_counts_only_where_several_people_are_needed() -> None:
    one, two = content_of([(SRE,)]), content_of([(SRE, LEADS)], ("sre",))

    assert "approved," not in notification_text(one, ASKED_AT)
    assert notification_text(two, ASKED_AT).endswith("? Medium risk, 1 of 2 approved, 5 min left.")


def test_twenty_approvals_of_the_longest_names_still_fit() -> None:
    slots = tuple(Slot(of=(f"{number}" + "x" * 300, "y" * 300), count=20) for number in range(10))
    content = content_of([slots], *[("y" * 300,)] * 60)

    blocks = card_blocks(content, ASKED_AT)

    assert "60 of 200: approved by " in shown(blocks)
    assert " and 30 more" in shown(blocks)
    assert_slack_takes_message(blocks)


def test_once_somebody_approved_the_whole_need_is_not_taken_for_what_is_missing() -> None:
    before = content_of([(SRE, LEADS)])
    after = content_of([(SRE, LEADS)], ("leads",))

    assert "Needs 1 of sre and 1 of leads" in shown(card_blocks(before, ASKED_AT))
    assert "Needs in all 1 of sre and 1 of leads" in shown(card_blocks(after, ASKED_AT))
