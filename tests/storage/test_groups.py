"""What queued while SQLite's writer was busy shares one commit, and nothing else."""

import asyncio
from datetime import timedelta

from approvals.domain import errors
from approvals.domain.approval_request import Cause
from approvals.operations.ports import Committed, Transaction
from approvals.storage.sql_store import SqlStore
from tests.storage.given import START, a_request, end, held_back, submit


async def test_a_refusal_undoes_its_own_unit_and_no_other_of_the_group(sqlite: SqlStore) -> None:
    kept, refused = a_request(), a_request()

    def refusing(tx: Transaction) -> None:
        submit(refused)(tx)
        raise errors.Frozen

    async with held_back(sqlite):
        writes = [asyncio.ensure_future(sqlite.write(unit)) for unit in (submit(kept), refusing)]

    answers = await asyncio.gather(*writes, return_exceptions=True)
    assert answers[0] == kept
    assert isinstance(answers[1], errors.Frozen)
    assert await sqlite.request(kept.id) == kept
    assert await sqlite.request(refused.id) is None


async def test_one_commit_is_one_piece_of_news(sqlite: SqlStore) -> None:
    ending = await sqlite.write(submit(a_request()))
    first, second = a_request(), a_request(created_at=START - timedelta(minutes=1))
    news: list[Committed] = []
    sqlite.on_commit(news.append)

    async with held_back(sqlite):
        units = (submit(first), submit(second), end(ending.id, Cause.PERSON))
        writes = [asyncio.ensure_future(sqlite.write(unit)) for unit in units]
    answers = await asyncio.gather(*writes)

    assert news == [
        Committed(ended=(answers[2],), next_due_at=second.expires_at, has_jobs=True, recorded=4),
    ]
