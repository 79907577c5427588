"""What a card says of people and moments stands in elements Slack draws: persons and dates."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.domain.approval_request import Cause
from approvals.domain.lifecycle import PermitEvent
from approvals.operations.ports import CardContent
from bot.slack.card_text import NOTIFICATION_MAX_CHARS, notification_text
from bot.slack.cards import card_blocks
from tests.cards.builders import (
    ASKED_AT,
    BOB,
    a_content,
    a_request,
    approved,
    ended,
    objects,
    shown,
)
from tests.cards.test_endings import CAUSES, RUNS

ENDED_AT = ASKED_AT + timedelta(seconds=72)


def story_of(content: CardContent) -> dict[str, Any]:
    blocks = card_blocks(content, ASKED_AT)
    return next(each for each in blocks if each["block_id"].startswith("story:"))


def moments(drawn: Any) -> list[int]:
    return [each["timestamp"] for each in objects(drawn, "date")]


def people(drawn: Any) -> list[str]:
    return [each["user_id"] for each in objects(drawn, "user")]


@pytest.mark.parametrize("cause", CAUSES)
def test_every_ending_says_at_which_second_it_came_and_how_long_after_the_question(
    cause: Cause,
) -> None:
    story = story_of(ended(cause))

    assert moments(story)[0] == int(ENDED_AT.timestamp())
    assert next(objects(story, "date"))["format"].endswith("{time_secs}")
    assert "1 min 12 s after it was asked" in shown(story)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (Cause.PEOPLE, "Approved by "),
        (Cause.PERSON, "Rejected by "),
        (Cause.REQUESTER, "Cancelled by "),
    ],
)
def test_an_ending_by_a_person_names_that_person(cause: Cause, words: str) -> None:
    story = story_of(ended(cause))

    assert shown(story).startswith(words)
    assert people(story) == [BOB]


@pytest.mark.parametrize(
    "cause", [each for each in CAUSES if each not in {Cause.PEOPLE, Cause.PERSON, Cause.REQUESTER}]
)
def test_an_ending_nobody_chose_names_nobody(cause: Cause) -> None:
    assert people(story_of(ended(cause))) == []


def test_a_running_tool_says_since_when() -> None:
    story = story_of(approved(PermitEvent.CLAIM))

    assert int((ASKED_AT + timedelta(seconds=75)).timestamp()) in moments(story)


def test_a_pending_card_has_the_end_of_its_time_as_a_date() -> None:
    request = a_request()

    blocks = card_blocks(a_content(request), ASKED_AT)

    assert moments(blocks) == [int(request.expires_at.timestamp())]


@pytest.mark.parametrize("state", RUNS)
def test_the_text_of_an_approved_call_fits_a_phone_whatever_it_was_called(state: Any) -> None:
    make, _, _ = RUNS[state]
    content = make()
    long = a_request({"a": "x" * 500}, tool="t" * 200)

    text = notification_text(
        CardContent(
            card=content.card,
            request=ended(Cause.PEOPLE, request=long).request,
            permit=content.permit,
        ),
        ASKED_AT,
    )

    assert len(text) <= NOTIFICATION_MAX_CHARS == 110
    assert "tttt" in text
