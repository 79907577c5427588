"""What queued while SQLite's writer was busy shares one commit, and nothing else."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.permit import PermitState
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


async def test_what_a_later_unit_of_the_group_changed_is_not_told_as_it_was(
    sqlite: SqlStore,
) -> None:
    used, left = a_request(), a_request()
    for each in (used, left):
        await sqlite.write(submit(each))
    news: list[Committed] = []
    sqlite.on_commit(news.append)

    def decided(request: ApprovalRequest) -> Callable[[Transaction], ApprovalRequest]:
        def unit(tx: Transaction) -> ApprovalRequest:
            tx.decisions(request.id)
            return end(request.id, Cause.PEOPLE)(tx)

        return unit

    def claimed(tx: Transaction) -> None:
        permit = tx.permit(used.id)
        assert permit is not None
        tx.save_permit(replace(permit, state=PermitState.CLAIMED, claimed_at=START))

    async with held_back(sqlite):
        units = (decided(used), decided(left), claimed)
        writes = [asyncio.ensure_future(sqlite.write(unit)) for unit in units]
    await asyncio.gather(*writes)

    (told,) = news
    assert [each.id for each in told.ended] == [used.id, left.id]
    assert set(told.stories) == {left.id}


async def test_a_unit_that_has_not_seen_the_decisions_tells_no_story(sqlite: SqlStore) -> None:
    unseen, changed = a_request(), a_request()
    for each in (unseen, changed):
        await sqlite.write(submit(each))
    news: list[Committed] = []
    sqlite.on_commit(news.append)

    def voided(tx: Transaction) -> None:
        tx.decisions(changed.id)
        tx.void_decisions(changed.id)
        end(changed.id, Cause.PERSON)(tx)

    await sqlite.write(end(unseen.id, Cause.PERSON))
    await sqlite.write(voided)

    assert [(len(each.ended), dict(each.stories)) for each in news] == [(1, {}), (1, {})]
