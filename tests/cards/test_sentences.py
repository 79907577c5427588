"""Every refused click gets one private sentence that says why and what to do."""

import inspect
from datetime import timedelta

import pytest

from approvals.domain import errors
from approvals.domain.approval_request import Cause
from approvals.domain.decision import Verdict
from bot.slack.sentences import (
    NOT_SAVED,
    STILL_SAVING,
    UNKNOWN_BUTTON,
    error_sentence,
    recorded_sentence,
    refusal_sentence,
)
from tests.cards.builders import a_decision, a_request, ended

REFUSALS = [
    refusal
    for _, refusal in inspect.getmembers(errors, inspect.isclass)
    if issubclass(refusal, errors.DecisionRefused | errors.Unavailable | errors.Frozen)
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_every_refusal_says_that_the_click_decided_nothing(
    refusal: type[errors.Refusal],
) -> None:
    sentence = refusal_sentence(refusal(), a_request())

    assert any(
        words in sentence
        for words in (
            *("Nothing was decided", "changed nothing", "already counted", "was *not saved*"),
            "It did not run",
        )
    )
    assert len(sentence) < 500


def test_a_refusal_nobody_wrote_a_sentence_for_is_escaped() -> None:
    sentence = refusal_sentence(errors.DecisionRefused("broken <!channel> & more"))

    assert sentence.startswith("broken &lt;!channel&gt; &amp; more")


def test_a_person_who_may_not_approve_is_told_which_rule_and_who_may() -> None:
    sentence = refusal_sentence(errors.NotApprover(), a_request())

    assert "You are not an approver" in sentence
    assert "It needs 1 of sre by rule #prod-incidents, rule 2." in sentence


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (Cause.PEOPLE, "already approved by <@U0BOB> <!date^"),
        (Cause.PERSON, "already rejected by <@U0BOB> <!date^"),
        (Cause.REQUESTER, "already cancelled by <@U0BOB> <!date^"),
        (Cause.WAITER_GONE, "The waiting caller went away"),
        (Cause.TIMEOUT, "timed out <!date^"),
    ],
)
def test_a_late_click_is_told_who_decided_what_and_when(cause: Cause, words: str) -> None:
    request = ended(cause).request

    assert words in refusal_sentence(errors.AlreadyDecided(request=request))


def test_a_click_after_the_end_of_time_is_told_when_that_was() -> None:
    request = a_request()

    sentence = refusal_sentence(errors.TimedOut(request=request))

    assert str(int(request.expires_at.timestamp())) in sentence
    assert request.expires_at - request.created_at == timedelta(minutes=5)


def test_a_policy_that_denies_now_is_quoted() -> None:
    sentence = refusal_sentence(errors.DeniedByPolicy("By <hand> only.", request=a_request()))

    assert sentence.endswith("The policy says: By &lt;hand&gt; only.")


def test_a_full_disk_is_told_as_not_saved() -> None:
    assert refusal_sentence(errors.StoreFull()) == f"{NOT_SAVED} (store_full)"


def test_still_saving_warns_not_to_rely_on_it() -> None:
    assert "Do not rely on it yet" in STILL_SAVING
    assert "nothing was done" in UNKNOWN_BUTTON


def test_a_recorded_decision_names_the_tool_in_one_piece() -> None:
    request = a_request(tool="a`b<!here>")

    rejected = recorded_sentence(a_decision(verdict=Verdict.REJECT), request)
    waiting = recorded_sentence(a_decision(), request)

    assert rejected == "✅ Your rejection of `aˋb&lt;!here&gt;` is recorded. It does not run."
    assert waiting.endswith("More approvals are needed.")


def test_an_error_carries_its_id() -> None:
    assert "error `ab12cd34`" in error_sentence("ab12cd34")
