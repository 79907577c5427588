"""`remind:` and `escalate:` in the policy file: what they mean, and what they may not say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.domain.policy import Policy
from approvals.domain.silence import Remind, Rung, all_rungs, most_insistent
from approvals.domain.terms import ESCALATE, REMIND
from approvals.storage.policy_reader import read_policy
from tests.policy.given import asked, policy_of
from tests.policy.test_mistakes import GOOD, mistakes_in, only

MINUTE = timedelta(minutes=1)
EPOCH = datetime(2026, 1, 5, tzinfo=UTC)
PLANS = st.builds(
    Remind,
    every=st.integers(1, 60).map(lambda minutes: minutes * MINUTE),
    backoff=st.sampled_from([1.0, 1.5, 2.0]),
    max_count=st.integers(1, 5),
)


def with_silence(written: str) -> str:
    return GOOD.replace("effect: ask", f"effect: ask, {written}")


def test_what_is_written_is_read() -> None:
    policy = policy_of(
        "tool: x, effect: ask, timeout: 1h, remind: {every: 2m, backoff: 1.5, max: 4}, "
        'escalate: [{after: 9m, to: [leads, sre], channel: "#ops"}, {after: 3m, to: leads}]'
    )
    requirement = asked(policy, "x")

    assert requirement.terms[REMIND] == Remind(every=2 * MINUTE, backoff=1.5, max_count=4)
    assert requirement.terms[ESCALATE] == (
        Rung(after=3 * MINUTE, to=("leads",)),
        Rung(after=9 * MINUTE, to=("leads", "sre"), channel=policy.channels[0].id),
    )


def test_a_short_plan_reminds_three_times_at_the_same_pause() -> None:
    requirement = asked(policy_of("tool: x, effect: ask, remind: {every: 2m}"), "x")

    assert requirement.terms[REMIND] == Remind(every=2 * MINUTE, backoff=1.0, max_count=3)


def test_the_channel_and_the_defaults_speak_where_no_rule_does() -> None:
    text = GOOD.replace("[sre]\n", "[sre]\n    remind: {every: 4m}\n")
    policy = read_policy(text.encode())

    assert policy.channels[0].terms[REMIND] == Remind(every=4 * MINUTE, max_count=3)
    assert policy.defaults.terms[REMIND] is None


def test_rules_that_ask_together_remind_as_soon_and_climb_every_rung() -> None:
    rules = (
        "tool: x, effect: ask, remind: {every: 5m, max: 1}, escalate: [{after: 6m, to: leads}]",
        "tool: x, effect: ask, remind: {every: 2m, max: 4}, escalate: [{after: 3m, to: sre}]",
    )
    together = asked(policy_of(*rules), "x")

    assert together.terms == asked(policy_of(*rules[::-1]), "x").terms
    assert together.terms[REMIND] == Remind(every=2 * MINUTE, max_count=4)
    assert [rung.to for rung in together.terms[ESCALATE]] == [("sre",), ("leads",)]


@given(st.lists(PLANS, min_size=1, max_size=4))
def test_merged_reminders_are_never_fewer_or_later_than_those_of_any_rule(
    plans: list[Remind],
) -> None:
    asked_at = EPOCH
    merged = list(most_insistent(plans).moments(asked_at))

    for plan in plans:
        own = list(plan.moments(asked_at))
        assert len(merged) >= len(own)
        assert all(early <= late for early, late in zip(merged, own, strict=False))


def test_one_rung_written_twice_is_one() -> None:
    rung = Rung(after=MINUTE, to=("sre",))

    assert all_rungs([(rung,), (rung,)]) == (rung,)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("remind: 2m", "remind has to be a mapping of backoff, every, max"),
        ("remind: {max: 2}", "every is missing – write it like every: 2m"),
        ("remind: {every: 0s}", "every: '0s' is no time at all"),
        ("remind: {every: 2m, max: 0}", "max has to be a whole number, at least 1"),
        ("remind: {every: 2m, max: 21}", "max is 21 – at most 20"),
        ("remind: {every: 2m, backoff: 0.5}", "backoff has to be a number, at least 1"),
        ("remind: {every: 2m, backoff: 11}", "backoff is 11 – at most 10"),
        ("remind: {every: 2m, until: 5m}", "'until' is not known in this version"),
        ("timeout: 5m, remind: {every: 5m}", "the first reminder after 5m would never come"),
        ("escalate: {after: 3m, to: sre}", "escalate has to be a list"),
        ("escalate: []", "escalate has to be a list"),
        ("escalate: [{to: sre}]", "after is missing – write it like after: 3m"),
        ("escalate: [{after: 3m}]", "to is missing – name the people who may answer then"),
        ("escalate: [{after: 3m, to: nobody}]", "'nobody' is not one of the people named"),
        (
            'escalate: [{after: 3m, to: sre, channel: "#nowhere"}]',
            "'#nowhere' is neither a channel of this file (#ops) nor a channel's id",
        ),
        ("timeout: 5m, escalate: [{after: 6m, to: sre}]", "an escalation after 6m would never"),
    ],
)
def test_what_makes_no_sense_is_a_mistake_with_its_remedy(written: str, says: str) -> None:
    assert says in only(mistakes_in(with_silence(written)))


def test_reminding_means_nothing_on_a_rule_that_allows() -> None:
    text = GOOD.replace("effect: ask", "effect: allow, remind: {every: 2m}")

    assert "remind means nothing on a rule that says allow" in only(mistakes_in(text))


def test_the_channels_of_rungs_are_among_those_that_cards_are_posted_in() -> None:
    policy: Policy = policy_of(
        "tool: x, effect: ask, escalate: [{after: 3m, to: leads, channel: C0LEADS}]"
    )

    assert policy.card_channels == ("C0OPS", "C0LEADS")


WEBHOOKS = "webhooks:\n  pager: {url: https://events.example.com/in, secret_env: PAGER}\n"


def test_a_rung_may_tell_a_webhook_of_the_file() -> None:
    text = with_silence("escalate: [{after: 3m, to: sre, webhook: pager}]") + WEBHOOKS
    policy = read_policy(text.encode())
    (rung,) = policy.channels[0].rules[0].terms[ESCALATE]

    assert rung.webhook == "pager"
    assert policy.webhooks["pager"].secret_env == "PAGER"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("webhook: nobody", "'nobody' is not one of this file's webhooks (pager)"),
        ("webhook: pager, channel: C0X", "a rung has a channel or a webhook"),
    ],
)
def test_a_rung_that_names_no_webhook_is_a_mistake(written: str, says: str) -> None:
    text = with_silence(f"escalate: [{{after: 3m, to: sre, {written}}}]") + WEBHOOKS

    assert says in only(mistakes_in(text))


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("{secret_env: X}", "url is missing"),
        ("{url: https://x.example}", "name one secret"),
        ("{url: https://x.example, secret_env: X, secret_file: /x}", "name one secret"),
        ("{url: https://x.example, secret: hunter2}", "'secret' is not known"),
        ("{url: ftp://x.example, secret_env: X}", "url has to begin with https://"),
        ("{url: https://, secret_env: X}", "url is no address"),
        ("{url: 'https://a:hunter2@x.example', secret_env: X}", "url holds a password"),
        ("{url: https://x.example, secret_env: whsec_a/b}", "secret_env is no variable's name"),
        ("{url: https://x.example, secret_file: x}", "secret_file has to be a whole path"),
    ],
)
def test_a_webhook_that_could_not_be_told_is_a_mistake_that_tells_no_secret(
    written: str, says: str
) -> None:
    (mistake, *_) = mistakes_in(f"{GOOD}webhooks:\n  pager: {written}\n")

    assert says in mistake
    assert "hunter2" not in mistake


def test_a_policy_that_learns_accounts_keeps_everything_else() -> None:
    policy = read_policy((GOOD + WEBHOOKS).encode())
    learned = policy.naming({})

    for part in ("version", "defaults", "guardrails", "channels", "webhooks", "sets"):
        assert getattr(learned, part) == getattr(policy, part)
