"""What a card and its details tell of earlier calls of the same tool."""

from dataclasses import replace
from datetime import timedelta

from approvals.domain.approval_request import Cause
from approvals.domain.history import COUNTED_MAX, History, Past
from approvals.domain.ids import RequestId
from approvals.domain.lifecycle import PermitEvent
from bot.slack.cards import card_blocks
from bot.slack.modals import details_modal
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
from tests.cards.slack_rules import assert_slack_takes_message, assert_slack_takes_modal

YESTERDAY = ASKED_AT - timedelta(days=1)


def test_a_card_says_how_often_it_was_asked_and_how_that_went() -> None:
    history = History(asked=14, approved=11, rejected=2, failed=1, last_approved_at=YESTERDAY)

    blocks = card_blocks(a_content(history=history), ASKED_AT)

    assert "Before asked 14 times in 30 days, approved 11, last " in shown(blocks)
    assert ", rejected 2, ⚠ 1 run failed" in shown(blocks)
    moments = {each["timestamp"] for each in objects(blocks, "date")}
    assert int(YESTERDAY.timestamp()) in moments
    assert_slack_takes_message(blocks)


def test_x5_a_tool_that_was_changed_since_it_was_approved_says_so() -> None:
    history = History(asked=2, approved=1, last_approved_at=YESTERDAY)
    changed = replace(history, is_changed=True)

    assert "changed since" not in shown(card_blocks(a_content(history=history), ASKED_AT))
    blocks = card_blocks(a_content(history=changed), ASKED_AT)
    assert "⚠ the tool was changed since" in shown(blocks)
    assert_slack_takes_message(blocks)


def test_a_call_never_asked_before_says_so() -> None:
    assert "Before never asked here in 30 days" in shown(
        card_blocks(a_content(history=History()), ASKED_AT)
    )


def test_what_was_asked_and_never_approved_says_so() -> None:
    words = shown(card_blocks(a_content(history=History(asked=1, rejected=1)), ASKED_AT))

    assert "asked 1 time in 30 days, never approved, rejected 1" in words


def test_a_count_that_stopped_counting_says_or_more() -> None:
    history = History(asked=COUNTED_MAX, approved=1, last_approved_at=YESTERDAY)

    assert "asked 1,000+ times" in shown(card_blocks(a_content(history=history), ASKED_AT))


def test_details_show_the_latest_earlier_calls_and_how_they_went() -> None:
    request = a_request({"service": "checkout"})
    same = replace(ended(Cause.PERSON).request, id=RequestId("R1"))
    other = replace(
        approved(PermitEvent.CLAIM, PermitEvent.FAIL).request,
        id=RequestId("R2"),
        call=a_request({"service": "cart"}).call,
    )
    failed = approved(PermitEvent.CLAIM, PermitEvent.FAIL).permit
    past = (Past(request=same), Past(request=other, permit=failed))

    view = details_modal(a_content(request, past=past), ASKED_AT)

    assert "the same arguments – rejected by " in shown(view["blocks"])
    assert "service=cart – approved by " in shown(view["blocks"])
    assert ", failed" in shown(view["blocks"])
    assert BOB in {each["user_id"] for each in objects(view["blocks"], "user")}
    assert_slack_takes_modal(view)
