"""The full view that decides, the modal that asks why, and the details."""

from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.domain import errors
from approvals.domain.approval_request import Cause, Requester
from approvals.domain.decision import Verdict
from approvals.domain.errors import CardMismatch, TooLargeToShow
from approvals.domain.ids import RunId
from approvals.domain.requirement import Risk, WantedReason
from approvals.domain.terms import REASON, Terms
from approvals.operations.read_window import MayApprove
from bot.slack.arguments_view import CardDisplay, arguments_text, pages
from bot.slack.full_view import ViewPlace, read_place, view_page, write_place
from bot.slack.modals import details_modal
from bot.slack.reason_form import REJECT_REASON, reason_form
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
    ended,
    labels,
    objects,
    shown,
    texts,
)
from tests.cards.slack_rules import assert_slack_takes_modal

LONG = "\n".join(f"line {number}: {'x' * 60}" for number in range(400))


def test_only_the_last_page_approves_and_every_page_rejects() -> None:
    content = a_content(a_request({"manifest": LONG}))
    last = len(pages(arguments_text(content.request)))
    assert last == 4

    drawn = [labels(view_page(content, page)) for page in range(1, last + 1)]

    assert drawn == [
        ["Next page", "Reject"],
        ["Back", "Next page", "Reject"],
        ["Back", "Next page", "Reject"],
        ["Back", "Approve", "Reject"],
    ]


def test_the_pages_together_are_the_whole_text() -> None:
    content = a_content(a_request({"manifest": LONG, "one_line": "y" * 30_000}))
    whole = arguments_text(content.request).text

    seen = [
        shown(next(objects(view_page(content, page), "rich_text_preformatted")))
        for page in range(1, len(pages(arguments_text(content.request))) + 1)
    ]

    assert "".join(seen) == whole
    assert pages(arguments_text(content.request)) == tuple(seen)


@pytest.mark.parametrize("page", [-3, 0, 1, 2, 99])
def test_every_page_says_where_it_is_and_slack_takes_it(page: int) -> None:
    content = a_content(a_request({"manifest": "y" * 12_000}, risk=Risk.HIGH))

    view = view_page(content, page)

    real = min(max(page, 1), 2)
    assert f"page {real} of 2" in shown(view)
    assert read_place(view["private_metadata"]) == ViewPlace(
        request_id=REQUEST_ID, nonce=NONCE, digest=content.request.call.digest, page=real
    )
    assert_slack_takes_modal(view)


def test_the_full_view_of_an_ended_request_decides_nothing() -> None:
    view = view_page(ended(Cause.TIMEOUT))

    assert labels(view) == []
    assert "has ended" in shown(view)
    assert_slack_takes_modal(view)


def test_twenty_full_pages_can_be_approved_and_one_more_is_refused() -> None:
    fits = a_request({"a": "x" * (8_000 * 20 - 6)})
    too_much = a_request({"a": "x" * (8_000 * 20 - 4)})

    assert len(pages(arguments_text(fits))) == 20
    assert CardDisplay().shows_everything(fits) is False
    with pytest.raises(TooLargeToShow) as refused:
        CardDisplay().shows_everything(too_much)

    assert refused.value.code == "too_large_to_show"
    assert "21 pages" in refused.value.message


def test_how_many_pages_people_read_is_a_setting() -> None:
    with pytest.raises(TooLargeToShow):
        CardDisplay(view_pages_max=1).shows_everything(a_request({"a": "x" * 9_000}))


@pytest.mark.parametrize(
    "stored",
    [
        *("", "{", "null", "[]", '{"request":"R1"}', '{"nonce":"n","page":"1","request":"R1"}'),
        *('{"nonce":"n","page":true,"request":"R1"}', '{"nonce":"n","page":1,"request":"R 1"}'),
        '{"nonce":"n","nonce":"m","page":1,"request":"R1"}',
    ],
)
def test_metadata_that_is_not_ours_is_a_mismatch(stored: str) -> None:
    with pytest.raises(CardMismatch):
        read_place(stored)


def test_what_a_modal_remembers_is_read_back() -> None:
    place = ViewPlace(request_id=REQUEST_ID, nonce=NONCE, page=7)

    assert read_place(write_place(place)) == place


def test_the_reject_modal_asks_for_a_reason_that_may_stay_empty() -> None:
    view = reason_form(a_content(), Verdict.REJECT)

    field = next(iter(objects(view, "input")))
    assert view["callback_id"] == REJECT_REASON
    assert (field["optional"], field["element"]["max_length"]) == (True, 500)
    assert read_place(view["private_metadata"]).nonce == NONCE
    assert_slack_takes_modal(view)


def test_where_the_policy_always_wants_a_reason_it_may_not_stay_empty() -> None:
    request = a_request(requirement=a_requirement(terms=Terms({REASON: WantedReason.ALWAYS})))

    field = next(iter(objects(reason_form(a_content(request), Verdict.REJECT), "input")))

    assert field["optional"] is False


def test_the_details_tell_the_whole_story() -> None:
    rule = replace(RULE, message="Ask sre first.", error="no such key: region")
    request = a_request(
        requester=Requester(agent="ops-agent", person=ANN),
        requirement=a_requirement(rules=(rule,)),
        reason="The queue is stuck.",
        run_id=RunId("01RUN"),
    )
    decided = replace(a_decision(), reason="Seen the graph.")
    content = replace(ended(Cause.PEOPLE, request=request), decisions=(decided,))

    view = details_modal(
        content, ASKED_AT + timedelta(hours=1), may_approve=MayApprove(people=frozenset({BOB}))
    )

    words = shown(view)
    for part in (
        *(REQUEST_ID, request.call.digest, request.call.fingerprint, "ab" * 32, "01RUN"),
        *("policy.yml:23", "Ask sre first.", "no such key: region", "The queue is stuck."),
        *("Seen the graph.", "May approve now: ", "Asked ", "Closes ", "Ended "),
    ):
        assert part in words
    assert {each["user_id"] for each in objects(view, "user")} == {ANN, BOB}
    assert labels(view) == []
    assert_slack_takes_modal(view)


def test_the_details_name_thirty_approvers_and_count_the_rest() -> None:
    people = frozenset(type(ANN)(f"U{number:04}") for number in range(45))

    view = details_modal(a_content(), ASKED_AT, may_approve=MayApprove(people=people))

    assert " and 15 more" in shown(view)


@pytest.mark.parametrize(
    ("may_approve", "words"),
    [
        (MayApprove(), "nobody"),
        (MayApprove(is_complete=False), "could not be read just now"),
        (
            MayApprove(people=frozenset({BOB}), is_complete=False),
            "; others could not be read just now",
        ),
        (
            MayApprove(obstacle=errors.DeniedByPolicy()),
            "nobody: the policy in force now denies this call",
        ),
        (
            MayApprove(obstacle=errors.ChannelUnknown()),
            "nobody: the policy in force now does not know the channel",
        ),
    ],
)
def test_the_details_say_why_they_name_no_approver(may_approve: MayApprove, words: str) -> None:
    view = details_modal(a_content(), ASKED_AT, may_approve=may_approve)

    assert_slack_takes_modal(view)
    assert words in list(texts(view))
