"""What every store promises about jobs: at least once, keyed, delayed, fenced by attempt."""

from datetime import datetime, timedelta

from approvals.domain.jobs import Job, JobKind
from approvals.operations.ports import Store
from tests.storage.given import START, save

LATER = START + timedelta(minutes=1)


def a_job(subject: str = "R1", *, run_at: datetime = START) -> Job:
    return Job(kind=JobKind.CARD, subject=subject, run_at=run_at)


async def claim(store: Store, now: datetime = START, *, limit: int = 10) -> list[Job]:
    return await store.write(lambda tx: list(tx.due_jobs(now, owner="worker", limit=limit)))


async def test_a_due_job_is_claimed_once_with_its_attempt_counted(store: Store) -> None:
    await store.write(save(a_job()))

    first, second = await claim(store), await claim(store)

    assert [(job.subject, job.attempt, job.owner) for job in first] == [("R1", 1, "worker")]
    assert second == []


async def test_a_job_is_not_claimed_before_its_time(store: Store) -> None:
    await store.write(save(a_job(run_at=LATER)))

    assert await claim(store) == []
    assert await store.next_job_at() == LATER
    assert [job.subject for job in await claim(store, LATER)] == ["R1"]


async def test_due_jobs_come_earliest_first_up_to_the_limit(store: Store) -> None:
    await store.write(save(a_job("R2", run_at=LATER), a_job("R1"), a_job("R3", run_at=LATER)))

    claimed = await claim(store, LATER, limit=2)

    assert [job.subject for job in claimed] == ["R1", "R2"]


async def test_a_finished_job_is_gone(store: Store) -> None:
    await store.write(save(a_job()))
    (job,) = await claim(store)

    await store.write(lambda tx: tx.finish_job(job))

    assert await store.next_job_at() is None


async def test_the_same_job_twice_is_one_row_due_at_the_earlier_time(store: Store) -> None:
    await store.write(save(a_job(run_at=LATER)))
    await store.write(save(a_job()))
    await store.write(save(a_job(run_at=LATER)))

    (job,) = await claim(store, LATER)

    assert (job.generation, job.run_at) == (3, START)


async def test_a_job_asked_for_while_it_is_worked_on_is_done_again(store: Store) -> None:
    await store.write(save(a_job()))
    (job,) = await claim(store)
    await store.write(save(a_job(run_at=LATER)))
    meanwhile = await claim(store)

    await store.write(lambda tx: tx.finish_job(job))

    assert meanwhile == []
    assert [(each.generation, each.attempt) for each in await claim(store)] == [(2, 2)]


async def test_a_job_whose_worker_died_is_claimed_again_after_its_lease(store: Store) -> None:
    await store.write(save(a_job()))
    await claim(store)

    lease_ends_at = await store.next_job_at()

    assert lease_ends_at == START + timedelta(seconds=60)
    assert [job.attempt for job in await claim(store, lease_ends_at)] == [2]


async def test_a_worker_that_lost_its_lease_changes_nothing(store: Store) -> None:
    await store.write(save(a_job()))
    (late,) = await claim(store)
    (current,) = await claim(store, LATER)

    await store.write(lambda tx: tx.finish_job(late))
    await store.write(lambda tx: tx.postpone_job(late, START))

    assert await claim(store, LATER) == []
    await store.write(lambda tx: tx.finish_job(current))
    assert await store.next_job_at() is None


async def test_a_postponed_job_comes_back_at_its_new_time(store: Store) -> None:
    await store.write(save(a_job()))
    (job,) = await claim(store)

    await store.write(lambda tx: tx.postpone_job(job, LATER))

    assert await claim(store) == []
    assert await store.next_job_at() == LATER
    assert [each.attempt for each in await claim(store, LATER)] == [2]


async def test_an_attempt_that_was_no_failure_is_not_counted(store: Store) -> None:
    await store.write(save(a_job()))
    (job,) = await claim(store)

    await store.write(lambda tx: tx.postpone_job(job, LATER, is_failure=False))

    assert [each.attempt for each in await claim(store, LATER)] == [1]


async def test_a_job_that_waits_is_left_as_it_is_by_who_only_wants_it_to_exist(
    store: Store,
) -> None:
    await store.write(save(a_job("R1", run_at=LATER)))

    await store.write(lambda tx: tx.enqueue_if_new(a_job("R1")))
    await store.write(lambda tx: tx.enqueue_if_new(a_job("R2")))

    assert [job.subject for job in await claim(store)] == ["R2"]
    later = {job.subject: job.generation for job in await claim(store, LATER)}
    assert later["R1"] == 1


async def test_jobs_that_failed_are_hastened_oldest_first_and_others_keep_their_time(
    store: Store,
) -> None:
    await store.write(save(a_job("R2"), a_job("R1"), a_job("R3", run_at=LATER)))
    failed = await claim(store)
    for minutes, job in enumerate(sorted(failed, key=lambda job: job.subject, reverse=True)):
        again_at = LATER + timedelta(minutes=minutes)
        await store.write(lambda tx, job=job, at=again_at: tx.postpone_job(job, at))  # type: ignore[misc]

    await store.write(lambda tx: tx.hasten_jobs(START))

    assert [job.subject for job in await claim(store, limit=1)] == ["R1"]
    assert [job.subject for job in await claim(store)] == ["R2"]
    assert await claim(store) == []
