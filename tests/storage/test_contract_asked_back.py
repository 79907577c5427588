"""What every store promises about questions asked back, and what answering them cost a run."""

from dataclasses import replace

import pytest

from approvals.domain import errors
from approvals.domain.asked_back import HEARD, Answerer, AskedBack
from approvals.domain.ids import TeamId, UserId
from approvals.operations.ports import Store
from tests.storage.given import START, a_request, submit
from tests.storage.test_contract_runs import a_run


async def test_questions_and_answers_come_back_with_their_request(store: Store) -> None:
    request = a_request(asking_back=HEARD)
    await store.write(submit(request))
    asked = AskedBack(
        by=UserId("U7"),
        team=TeamId("T1"),
        at=START,
        question="Why “now”? \u202e",
        of=Answerer.AGENT,
    )
    ended = replace(asked, answer="Because\nit is.", ended_at=START)
    waiting = replace(
        request, version=request.version + 1, asking_back=replace(HEARD, asked=(ended, asked))
    )

    assert await store.request(request.id) == request
    await store.write(lambda tx: tx.save_request(waiting))

    assert await store.request(request.id) == waiting
    with pytest.raises(errors.AlreadyDecided):
        await store.write(lambda tx: tx.save_request(waiting))


async def test_what_answers_cost_is_kept_with_their_run(store: Store) -> None:
    run = a_run()
    await store.write(lambda tx: tx.add_run(run))
    counted = replace(run, aside_in=120, aside_out=8, version=run.version + 1)

    await store.write(lambda tx: tx.save_run(counted))

    assert await store.write(lambda tx: tx.run(run.id)) == counted
