"""What every store promises about units of work and the news of their commits."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from approvals.domain import errors
from approvals.domain.approval_request import Cause
from approvals.operations.ports import Committed, Store, Transaction
from tests.storage.given import START, a_request, end, submit


async def test_a_refusal_undoes_its_own_unit_and_no_other_beside_it(store: Store) -> None:
    kept, refused = a_request(), a_request()

    def refusing(tx: Transaction) -> None:
        submit(refused)(tx)
        raise errors.Frozen

    answers = await asyncio.gather(
        store.write(submit(kept)), store.write(refusing), return_exceptions=True
    )

    assert answers[0] == kept
    assert isinstance(answers[1], errors.Frozen)
    assert await store.request(kept.id) == kept
    assert await store.request(refused.id) is None


@pytest.mark.parametrize("locked", [True, False])
async def test_a_unit_reads_what_it_changed_and_the_next_what_was_stored(
    store: Store, locked: bool
) -> None:
    request = await store.write(submit(a_request()))

    def ended_meanwhile(tx: Transaction) -> list[str]:
        seen = [tx.request(request.id, locked=locked), tx.request(request.id, locked=locked)]
        end(request.id, Cause.TIMEOUT)(tx)
        seen.append(tx.request(request.id, locked=locked))
        return [each.status for each in seen if each is not None]

    assert await store.write(ended_meanwhile) == ["pending", "pending", "timed_out"]
    found = await store.write(lambda tx: tx.request(request.id, locked=locked))
    assert found is not None
    assert found.status == "timed_out"


@pytest.mark.parametrize("callers", [2, 16])
async def test_of_many_who_look_before_they_add_a_key_one_adds_and_all_find_it(
    store: Store, callers: int
) -> None:
    def found_or_added(tx: Transaction) -> str:
        found = tx.request_by_key("order-7")
        return (found or submit(a_request(key="order-7"))(tx)).id

    answers = await asyncio.gather(*(store.write(found_or_added) for _ in range(callers)))

    assert len(set(answers)) == 1


async def test_of_many_who_add_to_what_they_read_nobodys_part_is_lost(store: Store) -> None:
    request = await store.write(submit(a_request()))
    await store.write(lambda tx: tx.set_fact("count", "0"))

    def add_one(tx: Transaction) -> None:
        assert tx.request(request.id) is not None
        tx.set_fact("count", str(int(tx.fact("count") or 0) + 1))

    await asyncio.gather(*(store.write(add_one) for _ in range(24)))

    assert await store.write(lambda tx: tx.fact("count")) == "24"


async def test_units_that_lock_two_requests_in_either_order_all_come_through(store: Store) -> None:
    pair = [(await store.write(submit(a_request()))).id for _ in range(2)]

    def both(tx: Transaction, order: int) -> int:
        return sum(tx.request(request_id) is not None for request_id in pair[::order])

    units = [partial(both, order=order) for order in (1, -1) * 12]
    answers = await asyncio.gather(*(store.write(unit) for unit in units))

    assert answers == [2] * 24


async def test_a_unit_that_breaks_reaches_its_caller_only(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        await store.write(lambda _tx: 1 // 0)
    with pytest.raises(RuntimeError):
        await store.write(lambda _tx: next(iter(())))

    request = await store.write(submit(a_request()))
    assert await store.request(request.id) == request


@pytest.mark.parametrize("text", ["\ud800", "a\x00b"], ids=["half a surrogate pair", "NUL"])
async def test_r5_text_that_stores_treat_differently_is_refused(store: Store, text: str) -> None:
    request = a_request(reason=text)

    with pytest.raises(errors.UnsafeText):
        await store.write(submit(request))

    assert await store.request(request.id) is None


async def test_commits_tell_what_ended_when_the_clock_is_needed_jobs_and_the_last_event(
    store: Store,
) -> None:
    ending = await store.write(submit(a_request()))
    first, second = a_request(), a_request(created_at=START - timedelta(minutes=1))
    news: list[Committed] = []
    store.on_commit(news.append)

    await store.write(submit(first))
    await store.write(submit(second))
    ended = await store.write(end(ending.id, Cause.PERSON))

    assert news == [
        Committed(next_due_at=first.expires_at, has_jobs=True, recorded=2),
        Committed(next_due_at=second.expires_at, has_jobs=True, recorded=3),
        Committed(ended=(ended,), has_jobs=True, recorded=4),
    ]


async def test_news_of_a_refused_unit_is_not_told(store: Store) -> None:
    news: list[Committed] = []
    store.on_commit(news.append)

    def refusing(tx: Transaction) -> None:
        submit(a_request())(tx)
        raise errors.Frozen

    with pytest.raises(errors.Frozen):
        await store.write(refusing)

    assert news == []


async def test_a_listener_that_breaks_does_not_silence_the_others(store: Store) -> None:
    news: list[Committed] = []

    def breaking(_news: Committed) -> None:
        raise ValueError("broken listener")

    store.on_commit(breaking)
    store.on_commit(news.append)

    await store.write(submit(a_request()))

    assert len(news) == 1
