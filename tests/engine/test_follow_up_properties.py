"""What holds of follow-ups whatever the plan says and however the clock jumps."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.follow_up import due_at, follow_up, has_timed_out
from approvals.domain.followed_up import FollowedUp
from approvals.domain.ids import CardId
from approvals.domain.silence import Remind, Rung, all_rungs
from approvals.domain.terms import ESCALATE, REMIND, TIMEOUT, Terms
from tests.cards.builders import ASKED_AT, a_request, a_requirement

SECOND = timedelta(seconds=1)
PLANS = st.builds(
    Remind,
    every=st.integers(1, 90).map(lambda seconds: seconds * SECOND),
    backoff=st.sampled_from([1.0, 1.5, 3.0]),
    max_count=st.integers(1, 6),
)
RUNGS = st.builds(
    Rung,
    after=st.integers(1, 400).map(lambda seconds: seconds * SECOND),
    to=st.sampled_from([("leads",), ("owners", "leads")]),
    webhook=st.sampled_from([None, "pager"]),
)
JUMPS = st.lists(st.integers(-100, 200), min_size=1, max_size=30)


@given(plan=st.none() | PLANS, rungs=st.lists(RUNGS, max_size=5), jumps=JUMPS)
def test_each_moment_counts_once_nothing_comes_after_the_end_and_the_next_is_ahead(
    plan: Remind | None, rungs: list[Rung], jumps: list[int]
) -> None:
    ladder = all_rungs([tuple(rungs)])
    terms = Terms({TIMEOUT: 300 * SECOND, REMIND: plan, ESCALATE: ladder})
    request = a_request(requirement=a_requirement(terms=terms))
    now, ids = ASKED_AT, iter(range(1_000))

    for jump in jumps:
        now += jump * SECOND
        due = follow_up(request, now=now, new_card=lambda: CardId(f"K{next(ids)}"))
        if has_timed_out(request, now=now):
            assert due is None
            return
        if due is not None:
            assert due.request.version == request.version + 1
            assert due.request.followed_up.reminders - request.followed_up.reminders in (0, 1)
            request = due.request
        next_at = due_at(request)
        assert next_at is not None
        assert now < next_at <= request.expires_at

    facts = request.followed_up
    fired = [each.rung for each in facts.rungs]
    assert fired == list(ladder[: len(fired)])
    assert facts.reminders <= (plan.max_count if plan else 0)
    assert FollowedUp.from_json(facts.to_json()) == facts
    assert due_at(replace(request, expires_at=now)) is not None
