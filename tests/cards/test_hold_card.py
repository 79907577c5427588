"""A card whose approved call is held back: what it says, and its one button that counts."""

from datetime import timedelta

from approvals.operations.ports import CardContent
from bot.slack import buttons
from bot.slack.card_text import headline, notification_text
from bot.slack.cards import card_blocks
from tests.cards.builders import ASKED_AT, a_content, a_decision, a_request, shown

NOW = ASKED_AT + timedelta(seconds=72)


def a_held_content() -> CardContent:
    request = a_request(held_until=NOW + timedelta(seconds=10))
    return a_content(request, decisions=(a_decision(),))


def test_the_card_says_who_approved_and_until_when_it_can_be_stopped() -> None:
    content = a_held_content()

    words = shown(card_blocks(content, NOW))

    assert headline(content) == "⏸ Approved, on hold · k8s.restart_service"
    assert "unless somebody who may approve presses Stop" in words
    assert "10 s left" in words
    assert "does not run" not in words
    assert notification_text(content, NOW).endswith("10 s left to stop it.")


def test_a_held_card_has_stop_in_place_of_approve_and_reject() -> None:
    (actions,) = [each for each in card_blocks(a_held_content(), NOW) if each["type"] == "actions"]

    assert [each["action_id"] for each in actions["elements"]] == [buttons.STOP, buttons.DETAILS]


def test_the_card_of_an_ended_request_says_nothing_of_its_hold() -> None:
    content = a_held_content()
    before = shown(card_blocks(content, NOW))

    assert "on hold" in before
    assert "Stop" not in shown(card_blocks(a_content(), NOW))
