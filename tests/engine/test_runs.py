"""The life of a run: started, taken once, paused, resumed by a decision, ended."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.domain import run_errors
from approvals.domain.approval_request import Status
from approvals.domain.run import RunCause, RunNote, RunStatus
from approvals.gate.exceptions import CallPaused
from approvals.gate.gateway import Clearance
from approvals.operations.cancel_run import cancel_run
from approvals.operations.continue_run import NOTES_MAX, continue_run
from approvals.operations.end_run import RunEnding, end_run
from approvals.operations.pause_run import pause_run
from approvals.operations.ports import NotNow, Undeliverable
from approvals.operations.resume_run import (
    FROZEN_LOOK_AFTER,
    hear_notes,
    read_notes,
    resume_run,
)
from approvals.operations.start_run import start_run
from tests.engine.freezing import frozen, lifted
from tests.engine.gateway_in_test import a_gateway
from tests.engine.runs_in_test import RunsInTest, a_task
from tests.fakes.people import ALICE, CAROL, TEAM


async def test_a_run_is_taken_only_once_its_root_message_stands() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        runs.threads.trouble = NotNow("http_503")
        await start_run(gateway.desk, a_task())
        await runs.delivered()
        while_slack_is_down = list(runs.resumable)

        runs.threads.trouble = None
        gateway.clock.advance(timedelta(seconds=5))
        await runs.delivered()
        taken = await runs.taken()

        assert while_slack_is_down == []
        assert taken is not None
        assert taken.run.status is RunStatus.RUNNING
        assert taken.thread.root_ts is not None


async def test_a_run_whose_channel_slack_refuses_ends_without_having_run() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        runs.threads.trouble = Undeliverable("is_archived")

        run = await runs.started()

        ended = await runs.read(run.id)
        assert (ended.status, ended.cause) == (RunStatus.FAILED, RunCause.UNDELIVERABLE)
        assert "is_archived" in str(ended.reason)
        assert runs.resumable == []


async def test_i3_of_two_that_take_one_run_one_gets_it() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        await runs.started()
        (job,) = runs.resumable

        taken = await asyncio.gather(*(resume_run(gateway.desk, job) for _ in range(5)))

        assert sum(each is not None for each in taken) == 1


async def test_a_decision_resumes_a_paused_run_and_its_permit_is_claimed_once() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        paused = await runs.calls(run)
        assert isinstance(paused, CallPaused)
        await pause_run(gateway.desk, run.id, [paused.request_id])
        await runs.delivered()
        before = list(runs.resumable)

        await gateway.clicks(paused.request_id)
        await runs.delivered()
        taken = await runs.taken()
        claimed = await runs.calls(run)

        assert before == []
        assert taken is not None
        assert isinstance(claimed, Clearance)


async def test_i12_a_decision_during_the_turn_is_found_by_the_pause_that_follows() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        paused = await runs.calls(run)
        assert isinstance(paused, CallPaused)
        await runs.delivered()

        await gateway.clicks(paused.request_id)
        await runs.delivered()
        too_early = await runs.taken()
        await pause_run(gateway.desk, run.id, [paused.request_id])
        await runs.delivered()
        taken = await runs.taken()

        assert too_early is None
        assert taken is not None


async def test_words_for_a_run_that_waits_are_kept_and_decide_nothing() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        paused = await runs.calls(run)
        assert isinstance(paused, CallPaused)
        await pause_run(gateway.desk, run.id, [paused.request_id])

        said = await continue_run(gateway.desk, run.id, a_task("approved, go on!", by=CAROL))

        request = await gateway.store.request(paused.request_id)
        assert isinstance(said, RunNote)
        assert request is not None
        assert request.status is Status.PENDING
        assert (await runs.read(run.id)).status is RunStatus.PAUSED


async def test_words_that_came_too_late_are_the_task_of_the_next_run() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        heard = await continue_run(gateway.desk, run.id, a_task("in prod", by=ALICE))
        await continue_run(gateway.desk, run.id, a_task("and search too", by=CAROL))

        await end_run(
            gateway.desk,
            run.id,
            RunEnding(cause=RunCause.ANSWERED, answer="done", heard=[heard.id]),
        )
        await runs.delivered()
        taken = await runs.taken()

        assert taken is not None
        assert (taken.run.task, taken.run.starter) == ("and search too", CAROL)
        assert (taken.run.continues, taken.run.conversation) == (run.id, run.conversation)


async def test_a_run_ends_in_a_freeze_and_words_that_came_too_late_wait_for_the_next() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        await continue_run(gateway.desk, run.id, a_task("and search too", by=CAROL))
        await frozen(gateway)

        ended = await end_run(
            gateway.desk, run.id, RunEnding(cause=RunCause.ANSWERED, answer="done")
        )
        await runs.delivered()

        assert ended.status is RunStatus.SUCCEEDED
        assert await runs.taken() is None
        await lifted(gateway)
        gateway.clock.advance(FROZEN_LOOK_AFTER)
        await runs.delivered()
        taken = await runs.taken()
        assert taken is not None
        assert taken.run.task == "and search too"


async def test_a_message_that_comes_again_starts_no_second_task(tmp_path: Path) -> None:
    asked = replace(a_task("restart web"), said_with="message C0OPS 1.2")
    async with a_gateway(tmp_path / "sayso.db") as gateway:
        first = await start_run(gateway.desk, asked)
    async with a_gateway(tmp_path / "sayso.db", owner="next") as gateway:
        again = await start_run(gateway.desk, asked)
        other = await start_run(gateway.desk, replace(asked, said_with="message C0OPS 1.3"))

    assert again.id == first.id
    assert other.id != first.id


async def test_words_that_come_again_are_kept_once_and_go_on_once() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        words = replace(a_task("and search too"), said_with="message C0OPS 1.2")
        note = await continue_run(gateway.desk, run.id, words)
        again = await continue_run(gateway.desk, run.id, words)
        await end_run(gateway.desk, run.id, RunEnding(cause=RunCause.ANSWERED, answer="done"))
        late = await continue_run(gateway.desk, run.id, words)

        assert again == note == late
        latest = await gateway.store.write(lambda tx: tx.latest_run(run.conversation))
        assert latest is not None
        assert latest.task == "and search too"
        assert await gateway.store.write(lambda tx: tx.notes(latest.id)) == []


async def test_words_the_agent_has_read_leave_room_for_more() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        for number in range(NOTES_MAX):
            await continue_run(gateway.desk, run.id, a_task(f"{number}"))
        with pytest.raises(run_errors.TooManyNotes):
            await continue_run(gateway.desk, run.id, a_task("one more"))

        notes = await read_notes(gateway.desk, run.id)
        await hear_notes(gateway.desk, [note.id for note in notes])

        assert isinstance(await continue_run(gateway.desk, run.id, a_task("one more")), RunNote)


async def test_a_cancelled_run_tells_which_words_its_agent_never_read() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        heard = await continue_run(gateway.desk, run.id, a_task("in prod"))
        await hear_notes(gateway.desk, [heard.id])
        await continue_run(gateway.desk, run.id, a_task("and search too", by=CAROL))
        silent = await runs.started("another")

        await cancel_run(gateway.desk, run.id, person=ALICE, team=TEAM)
        await cancel_run(gateway.desk, silent.id, person=ALICE, team=TEAM)
        await runs.delivered()

        (told,) = runs.threads.answers
        assert told.run.id == run.id
        assert [(note.user, note.text) for note in told.unread] == [(CAROL, "and search too")]


async def test_a_run_that_has_ended_goes_on_as_a_new_run_of_its_conversation() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        await end_run(gateway.desk, run.id, RunEnding(cause=RunCause.ANSWERED, answer="done"))

        again = await continue_run(gateway.desk, run.id, a_task("and search"))

        assert not isinstance(again, RunNote)
        assert (again.conversation, again.continues) == (run.conversation, run.id)
        assert again.id != run.id


async def test_the_answer_is_told_once_however_often_it_is_delivered() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        ended = await end_run(
            gateway.desk, run.id, RunEnding(cause=RunCause.ANSWERED, answer="done")
        )
        await runs.delivered()

        with pytest.raises(run_errors.RunEnded):
            await end_run(gateway.desk, run.id, RunEnding(cause=RunCause.ERROR, reason="no"))
        await runs.delivered()

        assert ended.status is RunStatus.SUCCEEDED
        assert [content.run.answer for content in runs.threads.answers] == ["done"]


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", run_errors.TaskEmpty),
        (" \n", run_errors.TaskEmpty),
        ("\u200b \u2060\u202e", run_errors.TaskEmpty),
        ("x" * 40_001, None),
    ],
)
async def test_x11_a_task_nobody_could_do_is_refused_and_nothing_is_stored(
    text: str, refusal: type[Exception] | None
) -> None:
    async with a_gateway() as gateway:
        with pytest.raises(refusal or run_errors.TaskTooLong):
            await start_run(gateway.desk, a_task(text))

        assert await gateway.store.next_job_at() is None
