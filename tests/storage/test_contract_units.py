"""What every store promises about units of work and the news of their commits."""

import asyncio
from datetime import timedelta

import pytest

from approvals.domain import errors
from approvals.domain.approval_request import Cause
from approvals.operations.ports import Committed, Store, Transaction
from tests.storage.given import START, a_request, end, held_back, submit


async def test_a_refusal_undoes_its_own_unit_and_no_other_of_the_group(store: Store) -> None:
    kept, refused = a_request(), a_request()

    def refusing(tx: Transaction) -> None:
        submit(refused)(tx)
        raise errors.Frozen

    async with held_back(store):
        writes = [asyncio.ensure_future(store.write(unit)) for unit in (submit(kept), refusing)]

    answers = await asyncio.gather(*writes, return_exceptions=True)
    assert answers[0] == kept
    assert isinstance(answers[1], errors.Frozen)
    assert await store.request(kept.id) == kept
    assert await store.request(refused.id) is None


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


async def test_one_commit_is_one_piece_of_news(store: Store) -> None:
    ending = await store.write(submit(a_request()))
    first, second = a_request(), a_request(created_at=START - timedelta(minutes=1))
    news: list[Committed] = []
    store.on_commit(news.append)

    async with held_back(store):
        units = (submit(first), submit(second), end(ending.id, Cause.PERSON))
        writes = [asyncio.ensure_future(store.write(unit)) for unit in units]
    answers = await asyncio.gather(*writes)

    assert news == [
        Committed(ended=(answers[2],), next_due_at=second.expires_at, has_jobs=True),
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
