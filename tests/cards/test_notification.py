"""A phone shows only the message's `text`: it has to be enough."""

from datetime import timedelta

import pytest

from approvals.domain.requirement import Risk
from bot.slack.card_text import NOTIFICATION_MAX_CHARS, length, notification_text
from tests.cards.builders import ASKED_AT, a_content, a_request


def test_it_says_verb_tool_arguments_risk_and_minutes_left() -> None:
    request = a_request({"service": "checkout", "environment": "prod"}, risk=Risk.HIGH)

    text = notification_text(a_content(request), ASKED_AT)

    assert text == (
        "Approve k8s.restart_service(environment=prod, service=checkout)? HIGH RISK, 5 min left."
    )


def test_long_arguments_give_way_to_risk_and_time() -> None:
    request = a_request({"a": "x" * 500, "b": "y" * 500})

    text = notification_text(a_content(request), ASKED_AT)

    assert len(text) <= NOTIFICATION_MAX_CHARS
    assert text.endswith("…)? Medium risk, 5 min left.")


def test_a_long_tool_name_leaves_room_for_everything_else() -> None:
    request = a_request({"a": 1}, tool="t" * 200)

    text = notification_text(a_content(request), ASKED_AT + timedelta(minutes=3))

    assert len(text) <= NOTIFICATION_MAX_CHARS
    assert text.endswith("…(a=1)? Medium risk, 2 min left.")


def test_short_plain_values_come_before_secrets_and_lists() -> None:
    request = a_request({"api_key": "abc7", "items": [1, 2], "service": "checkout"})

    text = notification_text(a_content(request), ASKED_AT)

    assert "(service=checkout, api_key=[secret, 4 characters" in text


def test_reserved_characters_are_escaped_once() -> None:
    request = a_request({"q": "a<b & c>d"})

    text = notification_text(a_content(request), ASKED_AT)

    assert "q=a&lt;b &amp; c&gt;d" in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "under 1 s"), (59, "59 s"), (300, "5 min"), (3_725, "1 h 2 min"), (90_000, "1 d 1 h")],
)
def test_durations_have_at_most_two_units(seconds: int, words: str) -> None:
    assert length(timedelta(seconds=seconds)) == words


def test_no_time_left_is_said() -> None:
    text = notification_text(a_content(), ASKED_AT + timedelta(minutes=6))

    assert text.endswith("no time left.")
