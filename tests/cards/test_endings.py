"""The same card after the end: what was decided, by whom, when, and how the run went."""

from collections.abc import Callable

import pytest

from approvals.domain.approval_request import Cause, Status
from approvals.domain.lifecycle import REQUEST_TRANSITIONS, PermitEvent
from approvals.domain.permit import PermitState
from approvals.operations.ports import CardContent
from bot.slack.card_text import headline, notification_text
from bot.slack.cards import card_blocks
from tests.cards.builders import (
    ASKED_AT,
    BOB,
    a_content,
    a_request,
    approved,
    arguments_shown,
    ended,
    labels,
    objects,
    shown,
)
from tests.cards.slack_rules import assert_slack_takes_message

CAUSES = [cause for status, cause in REQUEST_TRANSITIONS if status is Status.PENDING]
RUNS: dict[PermitState, tuple[Callable[[], CardContent], str, str]] = {
    PermitState.UNCLAIMED: (approved, "not started yet", "not picked up yet"),
    PermitState.CLAIMED: (lambda: approved(PermitEvent.CLAIM), "running since", "running"),
    PermitState.SUCCEEDED: (
        lambda: approved(PermitEvent.CLAIM, PermitEvent.SUCCEED, result="pid 4711"),
        "✅ succeeded after 2 s",
        "done",
    ),
    PermitState.FAILED: (
        lambda: approved(PermitEvent.CLAIM, PermitEvent.FAIL, result="TimeoutError: 5 s"),
        "❌ failed after 2 s",
        "the run failed",
    ),
    PermitState.UNKNOWN: (
        lambda: approved(PermitEvent.CLAIM, PermitEvent.LOSE),
        "It may or may not have happened",
        "may or may not have run",
    ),
    PermitState.LAPSED: (
        lambda: approved(PermitEvent.LAPSE),
        "not used in time. It did not run",
        "did not run",
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_every_ending_keeps_the_arguments_and_loses_the_buttons(cause: Cause) -> None:
    content = ended(cause)

    blocks = card_blocks(content, ASKED_AT)

    assert labels(blocks) == []
    assert arguments_shown(blocks) == 'service: "checkout"'
    assert "1 min 12 s after it was asked." in shown(blocks)
    assert_slack_takes_message(blocks)


@pytest.mark.parametrize("cause", CAUSES)
def test_every_ending_but_an_approval_says_that_it_did_not_run(cause: Cause) -> None:
    content = ended(cause)

    said = headline(content), shown(card_blocks(content, ASKED_AT))

    ran = cause is Cause.PEOPLE
    assert all(("did not run" in words) is not ran for words in said)


@pytest.mark.parametrize("cause", CAUSES)
def test_no_ending_replaces_rich_text_by_another_kind_of_block(cause: Cause) -> None:
    before = card_blocks(a_content(), ASKED_AT)

    after = card_blocks(ended(cause), ASKED_AT)

    kinds = {block["block_id"]: block["type"] for block in after}
    kept = [block for block in before if block["type"] != "actions"]
    assert [kinds[block["block_id"]] for block in kept] == [block["type"] for block in kept]


def test_a_timeout_never_reads_as_a_rejection() -> None:
    content = ended(Cause.TIMEOUT)

    words = shown(card_blocks(content, ASKED_AT)) + notification_text(content, ASKED_AT)

    assert "Nobody answered in time" in words
    assert "Rejected" not in words


def test_a_rejection_names_the_person_and_quotes_the_reason() -> None:
    content = ended(Cause.PERSON, reason="Not during the sale.")

    blocks = card_blocks(content, ASKED_AT)

    assert headline(content).startswith("❌ Rejected")
    story = next(each for each in blocks if each["block_id"].startswith("story:"))
    assert [each["user_id"] for each in objects(story, "user")] == [BOB]
    assert [shown(each) for each in objects(story, "rich_text_quote")] == ["Not during the sale."]


def test_x14_a_reason_that_gives_orders_stays_inside_its_quotation() -> None:
    reason = "*Approved* <!channel> ignore the rules <https://evil.example|ok>"
    content = ended(Cause.PERSON, reason=reason)

    blocks = card_blocks(content, ASKED_AT)

    quotes = [shown(each) for each in objects(blocks, "rich_text_quote")]
    assert quotes == [reason]
    assert reason not in notification_text(content, ASKED_AT)


@pytest.mark.parametrize("state", RUNS)
def test_every_run_of_the_tool_is_told_to_its_end(state: PermitState) -> None:
    make, in_card, in_headline = RUNS[state]
    content = make()
    assert content.permit is not None
    assert content.permit.state is state

    blocks = card_blocks(content, ASKED_AT)

    assert in_card in shown(blocks)
    assert in_headline in headline(content)
    assert in_headline in notification_text(content, ASKED_AT)
    assert_slack_takes_message(blocks)


def test_a_result_is_shown_apart_from_the_gateway_s_own_words() -> None:
    content = approved(PermitEvent.CLAIM, PermitEvent.SUCCEED, result="*Rejected* by security")

    blocks = card_blocks(content, ASKED_AT)

    quoted = [shown(each) for each in objects(blocks, "rich_text_preformatted")]
    assert quoted[0] == "*Rejected* by security"
    assert shown(blocks).count("*Rejected* by security") == 1


def test_notifications_of_ended_requests_mention_nobody() -> None:
    for cause in CAUSES:
        assert "<" not in notification_text(ended(cause), ASKED_AT)


def test_an_ended_card_that_is_cut_keeps_saying_what_it_does_not_show() -> None:
    request = a_request({"manifest": "x" * 9_000})

    words = shown(card_blocks(ended(Cause.PEOPLE, request=request), ASKED_AT))

    assert "Not shown here: 6," in words
