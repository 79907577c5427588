"""The card before anyone decided: what will run, for whom, why, and until when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.domain.approval_request import Cause, Requester
from approvals.domain.errors import CardMismatch
from approvals.domain.lifecycle import PermitEvent
from approvals.domain.requirement import Risk, Slot
from bot.slack.arguments_view import shows_everything
from bot.slack.buttons import button_value, read_button_value, value_on
from bot.slack.cards import card_blocks
from tests.cards.builders import (
    ANN,
    ASKED_AT,
    BOB,
    NONCE,
    REQUEST_ID,
    RULE,
    a_content,
    a_decision,
    a_request,
    a_requirement,
    approved,
    arguments_shown,
    ended,
    labels,
    lapsed_permit,
    objects,
    shown,
)
from tests.cards.slack_rules import assert_slack_takes_message


def test_the_first_line_says_risk_and_tool() -> None:
    blocks = card_blocks(a_content(a_request(risk=Risk.HIGH)), ASKED_AT)

    assert blocks[0]["type"] == "header"
    assert blocks[0]["text"]["text"] == "🔴 High risk · Run k8s.restart_service?"
    assert blocks[0]["text"]["emoji"] is False


def test_arguments_stand_one_to_a_line_in_canonical_order() -> None:
    request = a_request({"service": "checkout", "dry_run": False, "replicas": 3, "why": None})

    blocks = card_blocks(a_content(request), ASKED_AT)

    assert arguments_shown(blocks) == (
        'dry_run: false\nreplicas: 3\nservice: "checkout"\nwhy: null'
    )


def test_short_nested_arguments_stay_on_their_line_and_long_ones_are_indented() -> None:
    request = a_request({"labels": {"app": "shop"}, "steps": [{"run": "x" * 60}, []]})

    blocks = card_blocks(a_content(request), ASKED_AT)

    assert arguments_shown(blocks).splitlines() == [
        'labels: {"app": "shop"}',
        "steps: [",
        "  {",
        f'    "run": "{"x" * 60}"',
        "  },",
        "  []",
        "]",
    ]


def test_the_card_names_who_asks_where_by_which_rule_and_until_when() -> None:
    requester = Requester(agent="ops-agent", person=ANN, on_behalf_of=(BOB,))
    requirement = a_requirement(message="Restarts drop open carts.")
    request = a_request(requester=requester, requirement=requirement, injected=("db",))

    blocks = card_blocks(a_content(request), ASKED_AT + timedelta(seconds=48))

    words = shown(blocks)
    assert "agent ops-agent for  on behalf of " in words
    assert [each["user_id"] for each in objects(blocks, "user")] == [ANN, BOB]
    assert [each["channel_id"] for each in objects(blocks, "channel")] == ["C0PROD"]
    assert "Rule #prod-incidents, rule 2" in words
    assert "Policy says Restarts drop open carts." in words
    assert "Needs 1 of sre" in words
    assert "4 min 12 s left when last updated, until 2026-03-02 03:05:00 UTC" in words
    assert "Filled in by the program, not by the agent: db" in words


def test_every_rule_with_its_quorum_is_named() -> None:
    second = RULE.__class__(
        name="guardrail 1",
        place="policy.yml:9",
        effect=RULE.effect,
        slots=(Slot(of=("leads", "owners"), count=2),),
    )
    request = a_request(requirement=a_requirement(rules=(RULE, second)))

    words = shown(card_blocks(a_content(request), ASKED_AT))

    assert "Rule #prod-incidents, rule 2; guardrail 1" in words
    assert "Needs 1 of sre and 2 of leads or owners" in words


def test_a_pending_card_has_five_buttons_which_carry_ids_only() -> None:
    content = a_content()
    blocks = card_blocks(content, ASKED_AT)

    buttons = list(objects(blocks, "button"))
    assert [(each["action_id"], each["text"]["text"]) for each in buttons] == [
        ("sayso:approve", "Approve"),
        ("sayso:reject", "Reject"),
        ("sayso:details", "Details"),
        ("sayso:ask_back", "Ask…"),
        ("sayso:extend", "Extend…"),
    ]
    assert [each.get("style") for each in buttons] == ["primary", "danger", None, None, None]
    assert {each["value"] for each in buttons} == {value_on(content)}
    assert all("confirm" not in each for each in buttons)


def test_a_high_risk_approval_is_asked_twice() -> None:
    blocks = card_blocks(a_content(a_request(risk=Risk.HIGH)), ASKED_AT)

    confirming = [each for each in objects(blocks, "button") if "confirm" in each]
    assert [each["action_id"] for each in confirming] == ["sayso:approve"]
    asked = confirming[0]["confirm"]["text"]["text"]
    assert asked.startswith("k8s.restart_service(service=checkout) runs with exactly")


def test_approvals_given_so_far_are_named() -> None:
    two = replace(RULE, slots=(Slot(of=("sre",), count=2),))
    request = a_request(requirement=a_requirement(rules=(two,)))

    blocks = card_blocks(a_content(request, decisions=(a_decision(),)), ASKED_AT)

    assert "1 of 2: approved by , needs 1 of sre." in shown(blocks)
    assert BOB in [each["user_id"] for each in objects(blocks, "user")]
    assert "Approve" in labels(blocks)


def test_a_question_asked_again_warns_that_the_earlier_run_may_have_happened() -> None:
    earlier = approved(PermitEvent.CLAIM, PermitEvent.LOSE)
    content = a_content(earlier=earlier.request, earlier_permit=earlier.permit)

    words = shown(card_blocks(content, ASKED_AT))

    assert "Asked again. An earlier run approved by " in words
    assert "was interrupted. It may have happened" in words


def test_a_question_asked_again_after_a_lapse_says_that_nothing_happened() -> None:
    content = a_content(earlier=ended(Cause.PEOPLE).request, earlier_permit=lapsed_permit())

    words = shown(card_blocks(content, ASKED_AT))

    assert "was not started in time. It did not happen." in words


def test_a_call_without_arguments_says_so() -> None:
    blocks = card_blocks(a_content(a_request({})), ASKED_AT)

    assert "(takes no arguments)" in shown(blocks)
    assert shows_everything(a_request({}))
    assert_slack_takes_message(blocks)


def test_a_button_value_is_read_back() -> None:
    read = read_button_value(button_value(REQUEST_ID, NONCE, "a" * 64))

    assert (read.request_id, read.nonce) == (REQUEST_ID, NONCE)


@pytest.mark.parametrize(
    "value",
    ["", ".", "R1", "R1.", ".n", "R1.n.2", "R1.n\n", " R1.n", "R1.n ", "R é.n", "R1.n;x", None, 7],
)
def test_a_button_value_that_is_not_ours_is_a_mismatch(value: object) -> None:
    with pytest.raises(CardMismatch):
        read_button_value(value)
