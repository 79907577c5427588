"""What every store promises about requests, decisions, permits, cards and facts."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.domain import errors, lifecycle
from approvals.domain.approval_request import Cause, Requester, Status
from approvals.domain.card import Card, CardKind
from approvals.domain.decision import Decision, Verdict
from approvals.domain.followed_up import Extension, FiredRung, FollowedUp
from approvals.domain.ids import CardId, ChannelId, RequestId, RunId, TeamId, UserId
from approvals.domain.permit import Permit
from approvals.domain.silence import Rung
from approvals.operations.ports import Store
from tests.storage.given import IDS, START, a_request, end, save, submit


async def test_a_request_comes_back_as_it_was_stored(store: Store) -> None:
    request = a_request(
        arguments={"service": "checkout", "replicas": 3, "flags": [True, None, 1.5], "note": "ü😀"},
        injected=("session",),
        requester=Requester(agent="deployer"),
        thread_ts="17.5",
        reason="It hangs.",
        key="run:1",
        run_id=RunId("RUN1"),
        tool_call_id="call_1",
    )

    await store.write(submit(request))

    assert await store.request(request.id) == request
    assert await store.write(lambda tx: tx.request(request.id)) == request


async def test_what_people_answered_comes_back_as_it_was_stored(store: Store) -> None:
    request = await store.write(submit(a_request()))
    answered = replace(request, answer='{"n":null,"region":"ü😀"}')
    step = lifecycle.advance(answered, Cause.PEOPLE, now=START + timedelta(minutes=1))

    await store.write(lambda tx: tx.save_request(step.request))

    assert await store.request(request.id) == step.request


async def test_what_the_clock_and_people_did_about_it_comes_back(store: Store) -> None:
    request = await store.write(submit(a_request()))
    later = START + timedelta(minutes=1, microseconds=1)
    by_card = Rung(
        after=timedelta(minutes=1), to=("leads",), channel=ChannelId("C0LEADS"), eligible=()
    )
    by_webhook = Rung(after=timedelta(minutes=2), to=("oncall", "leads"), webhook="pager")
    facts = FollowedUp(
        reminders=2,
        reminded_at=later,
        told_at=START,
        rungs=(
            FiredRung(rung=by_card, at=later, card=CardId("K2")),
            FiredRung(rung=by_webhook, at=later, trouble="http_503"),
        ),
        extensions=(Extension(by=UserId("U7"), at=later, until=later + timedelta(hours=1)),),
    )
    followed = replace(request, version=2, followed_up=facts, expires_at=later + timedelta(hours=1))

    await store.write(lambda tx: tx.save_request(followed))

    assert await store.request(request.id) == followed
    # Both rungs have fired and nobody is to be reminded: its new end is what comes next.
    assert await store.next_due_at() == followed.expires_at


async def test_an_unknown_request_is_none(store: Store) -> None:
    unknown = RequestId(IDS.ulid())

    assert await store.request(unknown) is None
    assert await store.write(lambda tx: tx.request(unknown)) is None
    assert await store.write(lambda tx: tx.request_by_key("none")) is None


async def test_the_latest_ask_under_a_key_is_found(store: Store) -> None:
    first = a_request(key="order-7")
    again = a_request(key="order-7", ask_number=2, earlier=first.id)
    await store.write(submit(first))
    await store.write(submit(again))

    found = await store.write(lambda tx: tx.request_by_key("order-7"))

    assert found == again


async def test_one_ask_number_of_a_key_is_stored_once(store: Store) -> None:
    await store.write(submit(a_request(key="order-7")))

    with pytest.raises(errors.StoreUnavailable):
        await store.write(submit(a_request(key="order-7")))


@pytest.mark.parametrize("callers", [2, 8, 64])
async def test_d1_of_many_who_end_one_request_exactly_one_wins(store: Store, callers: int) -> None:
    request = await store.write(submit(a_request()))
    causes = (Cause.PEOPLE, Cause.PERSON, Cause.TIMEOUT, Cause.REQUESTER)

    answers = await asyncio.gather(
        *(store.write(end(request.id, causes[n % len(causes)])) for n in range(callers)),
        return_exceptions=True,
    )

    winners = [answer for answer in answers if not isinstance(answer, BaseException)]
    losers = [answer for answer in answers if isinstance(answer, errors.AlreadyDecided)]
    assert (len(winners), len(losers)) == (1, callers - 1)
    assert await store.request(request.id) == winners[0]


async def test_a_change_made_from_an_old_version_is_refused(store: Store) -> None:
    request = await store.write(submit(a_request()))
    rejected = lifecycle.advance(request, Cause.PERSON, now=START).request
    await store.write(end(request.id, Cause.PEOPLE))

    with pytest.raises(errors.AlreadyDecided):
        await store.write(lambda tx: tx.save_request(rejected))

    kept = await store.request(request.id)
    assert kept is not None
    assert kept.status is Status.APPROVED


async def test_overdue_requests_come_earliest_first_without_ended_ones(store: Store) -> None:
    later = a_request(created_at=START + timedelta(seconds=2))
    sooner = a_request(created_at=START)
    future = a_request(created_at=START + timedelta(hours=1))
    ended = a_request(created_at=START - timedelta(hours=1))
    for request in (later, sooner, future, ended):
        await store.write(submit(request))
    await store.write(end(ended.id, Cause.PEOPLE))
    boundary = later.expires_at

    found = await store.write(lambda tx: list(tx.overdue(boundary, limit=10, else_at=boundary)))
    first = await store.write(lambda tx: list(tx.overdue(boundary, limit=1, else_at=boundary)))

    assert [request.id for request in found] == [sooner.id, later.id]
    assert [request.id for request in first] == [sooner.id]
    assert await store.next_due_at() == sooner.expires_at


async def test_nothing_is_due_in_an_empty_store(store: Store) -> None:
    assert await store.next_due_at() is None
    assert await store.next_job_at() is None


async def test_decisions_come_oldest_first_and_one_person_decides_once(store: Store) -> None:
    request = await store.write(submit(a_request()))
    second = a_decision(request.id, "U8", at_second=2)
    first = a_decision(request.id, "U9", at_second=1)
    await store.write(save(second, first))

    with pytest.raises(errors.AlreadyDecided):
        await store.write(save(replace(first, verdict=Verdict.REJECT)))

    assert await store.write(lambda tx: list(tx.decisions(request.id))) == [first, second]


async def test_a_permit_is_inserted_then_updated(store: Store) -> None:
    request = await store.write(submit(a_request()))
    permit = Permit(request_id=request.id, digest=request.call.digest, approved_at=START)
    claimed = lifecycle.advance_permit(
        request, permit, lifecycle.PermitEvent.CLAIM, now=START, owner="dead gateway"
    ).permit
    assert claimed is not None
    await store.write(lambda tx: tx.save_permit(permit))
    before = await store.write(lambda tx: tx.permit(request.id))

    await store.write(lambda tx: tx.save_permit(claimed))

    assert before == permit
    assert await store.write(lambda tx: tx.permit(request.id)) == claimed
    assert await orphans(store, "new gateway") == [claimed]
    assert await orphans(store, "dead gateway") == []


async def test_cards_come_oldest_first_and_are_updated_by_id(store: Store) -> None:
    request = await store.write(submit(a_request()))
    card = Card(
        id=CardId(IDS.ulid()), request_id=request.id, channel=ChannelId("C0PROD"), nonce="n1"
    )
    copy = replace(card, id=CardId(IDS.ulid()), kind=CardKind.COPY, ts="2.0")
    await store.write(save(copy, card))

    posted = replace(card, ts="1.0", version_shown=1, shows_everything=False)
    await store.write(save(posted))

    assert await store.write(lambda tx: list(tx.cards(request.id))) == [posted, copy]


async def test_cards_to_look_at_come_longest_due_first_up_to_the_limit(store: Store) -> None:
    request = await store.write(submit(a_request()))
    card = Card(
        id=CardId(IDS.ulid()), request_id=request.id, channel=ChannelId("C0PROD"), nonce="n1"
    )
    later = replace(card, id=CardId(IDS.ulid()), look_at=START + timedelta(seconds=2))
    sooner = replace(
        card,
        id=CardId(IDS.ulid()),
        look_at=START,
        drawn_at=START,
        trouble="is_archived",
    )
    future = replace(card, id=CardId(IDS.ulid()), look_at=START + timedelta(hours=1))
    await store.write(save(card, later, sooner, future))
    until = START + timedelta(seconds=3)

    found = await store.write(lambda tx: list(tx.cards_to_look_at(until, limit=10)))
    first = await store.write(lambda tx: list(tx.cards_to_look_at(until, limit=1)))

    assert found == [sooner, later]
    assert first == [sooner]


async def test_a_fact_is_kept_and_replaced(store: Store) -> None:
    before = await store.write(lambda tx: tx.fact("gateway_id"))
    await store.write(lambda tx: tx.set_fact("gateway_id", "G1"))
    await store.write(lambda tx: tx.set_fact("gateway_id", "G2"))

    assert before is None
    assert await store.write(lambda tx: tx.fact("gateway_id")) == "G2"


def a_decision(request_id: RequestId, user: str, *, at_second: int) -> Decision:
    return Decision(
        request_id=request_id,
        user=UserId(user),
        team=TeamId("T1"),
        verdict=Verdict.APPROVE,
        at=START + timedelta(seconds=at_second),
        sets=("sre",),
    )


async def orphans(store: Store, owner: str) -> list[Permit]:
    return await store.write(lambda tx: list(tx.claimed_by_others(owner, limit=10)))
