"""What every store promises about requests that share a card."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Cause, Requester
from approvals.domain.card import Card, CardKind
from approvals.domain.ids import CardId, ChannelId
from approvals.domain.joining import with_joiner
from approvals.operations.ports import Store, Transaction
from approvals.storage.request_rows import request_to_row
from tests.storage.given import IDS, REQUIREMENT, START, a_request, end, submit


async def found(store: Store, request: ApprovalRequest, *, most: int = 9) -> ApprovalRequest | None:
    return await store.write(lambda tx: tx.joinable(request, most=most))


async def test_the_latest_identical_request_is_joinable(store: Store) -> None:
    await store.write(submit(a_request()))
    latest = await store.write(submit(a_request()))

    assert await found(store, a_request()) == latest


@pytest.mark.parametrize(
    "other",
    [
        {"arguments": {"service": "db"}},
        {"requester": Requester(agent="another")},
        {"channel": ChannelId("C0ELSE")},
        {"requirement": replace(REQUIREMENT, policy_version="1" * 64)},
        {"held_until": START},
        {"joined": "SOMEONE"},
        {"joiners": 9},
    ],
)
async def test_what_differs_or_is_full_or_held_is_not_joinable(
    store: Store, other: dict[str, Any]
) -> None:
    await store.write(submit(a_request(**other)))

    assert await found(store, a_request()) is None


async def test_an_ended_request_and_a_younger_one_are_not_joinable(store: Store) -> None:
    request = a_request()
    ended = await store.write(submit(a_request()))
    await store.write(end(ended.id, Cause.REQUESTER))
    await store.write(submit(a_request()))

    assert await found(store, request) is None


async def test_joiners_and_whose_card_shows_it_are_stored(store: Store) -> None:
    first = await store.write(submit(a_request()))
    joiner = await store.write(submit(a_request(joined=first.id)))
    counted = with_joiner(first)
    await store.write(lambda tx: tx.save_request(counted))

    assert await store.request(first.id) == counted
    assert await store.request(joiner.id) == joiner
    assert await store.write(lambda tx: list(tx.shown_with(first.id))) == [counted, joiner]
    assert await store.write(lambda tx: list(tx.shown_with(first.id, locked=False))) == [
        counted,
        joiner,
    ]


async def test_the_cards_of_all_that_share_one_are_found_together(store: Store) -> None:
    first = await store.write(submit(a_request()))
    joiner = await store.write(submit(a_request(joined=first.id)))
    await store.write(submit(a_request()))
    own = Card(
        id=CardId(IDS.ulid()),
        request_id=joiner.id,
        kind=CardKind.ESCALATION,
        channel=ChannelId("C0LEADS"),
        nonce="n",
    )

    def save(tx: Transaction) -> None:
        tx.request(joiner.id)
        tx.save_card(own)

    await store.write(save)

    assert await store.write(lambda tx: list(tx.cards_shown_with(first.id))) == [own]


async def test_of_those_who_count_a_joiner_at_once_each_is_counted(store: Store) -> None:
    await store.write(submit(a_request(created_at=START - timedelta(minutes=1))))

    def join(tx: Transaction) -> None:
        first = tx.joinable(a_request(), most=99)
        assert first is not None
        tx.save_request(with_joiner(first))

    await asyncio.gather(*(store.write(join) for _ in range(16)))

    first = await found(store, a_request(), most=99)
    assert first is not None
    assert (first.joiners, request_to_row(first)["joiners"]) == (16, 16)


async def test_waiting_cards_are_the_latest_of_an_agent_in_a_channel(store: Store) -> None:
    async def waiting(least: int, most: int = 9) -> list[str]:
        newest = a_request()
        found = await store.write(lambda tx: tx.waiting_cards(newest, least=least, most=most))
        return [each.id for each in found]

    first = await store.write(submit(a_request()))
    await store.write(submit(a_request(requester=Requester(agent="another"))))
    await store.write(submit(a_request(channel=ChannelId("C0ELSE"))))
    await store.write(submit(a_request(joined=first.id)))
    ended = await store.write(submit(a_request()))
    await store.write(end(ended.id, Cause.REQUESTER))
    full = await store.write(submit(a_request(joiners=9)))
    last = await store.write(submit(a_request()))

    assert await waiting(3) == [last.id, first.id]
    assert await waiting(4) == []
    assert await waiting(1, most=10) == [last.id, full.id, first.id]


async def test_the_version_of_a_card_is_that_of_all_it_shows(store: Store) -> None:
    first = await store.write(submit(a_request()))
    await store.write(lambda tx: tx.save_request(with_joiner(first)))
    await store.write(submit(a_request(joined=first.id)))
    await store.write(submit(a_request()))

    assert await store.write(lambda tx: tx.version_shown_with(first.id)) == 3
