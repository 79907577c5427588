"""What every store promises about runs, where they are told, and the words kept for them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.domain import run_errors
from approvals.domain.ids import ChannelId, ConversationId, RunId, TeamId, UserId
from approvals.domain.run import Run, RunCause, RunNote, RunStatus, RunThread
from approvals.operations.ports import Store, Transaction
from tests.storage.databases import Database
from tests.storage.given import IDS, START, a_request, submit

HERE, ELSEWHERE = ChannelId("C0PROD"), ChannelId("C0OTHER")


def a_run(**changed: object) -> Run:
    run_id = RunId(IDS.ulid())
    run = Run(
        id=run_id,
        agent="ops",
        starter=UserId("U1"),
        team=TeamId("T1"),
        channel=HERE,
        task="restart “checkout” \U0001f680 — now",
        conversation=ConversationId(run_id),
        created_at=START,
    )
    return replace(run, **changed)  # type: ignore[arg-type]


async def added(store: Store, *runs: Run) -> None:
    def unit(tx: Transaction) -> None:
        for run in runs:
            tx.add_run(run)

    await store.write(unit)


async def read(store: Store, run: Run) -> Run | None:
    return await store.write(lambda tx: tx.run(run.id))


async def test_a_run_is_read_back_as_it_was_stored_and_changed(store: Store) -> None:
    run = a_run(continues=RunId("R0"), said_with="message C0PROD 1.2")
    await added(store, run)
    taken = replace(
        run,
        status=RunStatus.RUNNING,
        owner="gateway-1",
        steps=3,
        tokens=1_234_567,
        activity="restart_service",
        active=timedelta(days=40, microseconds=7),
        resumed_at=START,
        version=2,
    )
    await store.write(lambda tx: tx.save_run(taken))
    running = await read(store, run)
    ended = replace(
        taken,
        status=RunStatus.FAILED,
        cause=RunCause.LIMIT,
        owner=None,
        activity=None,
        resumed_at=None,
        version=3,
        ended_at=START + timedelta(hours=1),
        ended_by=UserId("U2"),
        answer="a" * 100_000,
        reason="too long",
    )
    await store.write(lambda tx: tx.save_run(ended))

    assert running == taken
    assert await read(store, run) == ended
    assert await store.write(lambda tx: tx.run(RunId("R?"))) is None


async def test_i3_a_run_is_changed_only_from_the_version_that_was_read(store: Store) -> None:
    run = a_run()
    await added(store, run)
    await store.write(lambda tx: tx.save_run(replace(run, steps=1, version=2)))

    with pytest.raises(run_errors.RunNotReady):
        await store.write(lambda tx: tx.save_run(replace(run, steps=9, version=2)))

    stored = await read(store, run)
    assert stored is not None
    assert (stored.steps, stored.version) == (1, 2)


async def test_what_is_under_way_of_others_is_found_and_nothing_else(
    store: Store, database: Database
) -> None:
    mine, theirs, unread, waits = a_run(), a_run(), a_run(), a_run()
    await added(store, mine, theirs, unread, waits)
    for run, owner in ((mine, "me"), (theirs, "dead"), (unread, "dead")):
        going = replace(run, status=RunStatus.RUNNING, owner=owner, version=2)
        await store.write(lambda tx, going=going: tx.save_run(going))  # type: ignore[misc]
    await database.meddle(f"UPDATE run SET cause = 'nonsense' WHERE id = '{unread.id}'")

    found = await store.write(lambda tx: tx.runs_of_others("me", limit=1))
    all_found = await store.write(lambda tx: tx.runs_of_others("me", limit=100))

    assert [run.id for run in found] == [theirs.id]
    assert [run.id for run in all_found] == [theirs.id]


async def test_the_runs_of_a_channel_come_newest_first_the_ended_last(store: Store) -> None:
    done = a_run(status=RunStatus.SUCCEEDED, cause=RunCause.ANSWERED, ended_at=START, answer="x")
    first, elsewhere, last = a_run(), a_run(channel=ELSEWHERE), a_run()
    await added(store, first, elsewhere, last, done)

    found = await store.write(lambda tx: tx.runs_in(HERE, limit=10))
    one = await store.write(lambda tx: tx.runs_in(HERE, limit=1))

    assert [run.id for run in found] == [last.id, first.id, done.id]
    assert [run.id for run in one] == [last.id]


async def test_a_run_is_found_by_its_short_id_in_its_own_channel_only(store: Store) -> None:
    run = a_run()
    await added(store, run)

    async def found(short_id: str, channel: ChannelId = HERE) -> Run | None:
        return await store.write(lambda tx: tx.run_by_short_id(channel, short_id))

    assert await found(run.short_id.lower()) == run
    assert await found(run.short_id, ELSEWHERE) is None
    assert await found("%") is None
    assert await found("______") is None


async def test_a_conversation_knows_its_newest_run(store: Store) -> None:
    first = a_run()
    second = a_run(conversation=first.conversation, continues=first.id)
    await added(store, first, second, a_run())

    newest = await store.write(lambda tx: tx.latest_run(first.conversation))

    assert newest == second


async def test_a_run_is_found_by_the_thread_it_is_told_in(store: Store) -> None:
    run, in_thread = a_run(), a_run()
    await added(store, run, in_thread)
    told = RunThread(run_id=run.id, channel=HERE, nonce="n1")
    inside = RunThread(run_id=in_thread.id, channel=HERE, thread_ts="5.5", nonce="n2")

    def unit(tx: Transaction) -> None:
        tx.save_run_thread(told)
        tx.save_run_thread(inside)
        tx.save_run_thread(replace(told, root_ts="1.1", version_shown=4, answer_ts="2.2"))

    await store.write(unit)

    async def found(ts: str, channel: ChannelId = HERE) -> Run | None:
        return await store.write(lambda tx: tx.run_in_thread(channel, ts))

    stored = await store.write(lambda tx: tx.run_thread(run.id))
    assert stored == replace(told, root_ts="1.1", version_shown=4, answer_ts="2.2")
    assert await found("1.1") == run
    assert await found("5.5") == in_thread
    assert await found("1.1", ELSEWHERE) is None


async def test_words_are_kept_once_in_order_and_marked_when_they_were_read(store: Store) -> None:
    run = a_run()
    await added(store, run)
    notes = [
        RunNote(id=IDS.ulid(), run_id=run.id, user=UserId("U2"), text=text, at=START)
        for text in ("first", "seco\u00f1d")
    ]

    def unit(tx: Transaction) -> None:
        for note in reversed(notes):
            tx.add_note(note)
        tx.add_note(replace(notes[0], text="another"))
        tx.hear_note(notes[0].id, START)
        tx.hear_note(notes[0].id, START + timedelta(hours=1))

    await store.write(unit)

    kept = await store.write(lambda tx: tx.notes(run.id))
    assert list(kept) == [replace(notes[0], heard_at=START), notes[1]]


async def test_what_was_made_of_a_message_is_found_and_made_once(store: Store) -> None:
    run = a_run(said_with="message C0PROD 1.1")
    await added(store, run, a_run(), a_run())
    note = RunNote(
        id=IDS.ulid(),
        run_id=run.id,
        user=UserId("U2"),
        text="more",
        said_with="message C0PROD 1.2",
        at=START,
    )
    await store.write(lambda tx: tx.add_note(note))

    async def found(message: str) -> Run | RunNote | None:
        return await store.write(lambda tx: tx.said_with(message))

    assert await found("message C0PROD 1.1") == run
    assert await found("message C0PROD 1.2") == note
    assert await found("message C0PROD 1.3") is None
    with pytest.raises(Exception):  # noqa: B017, PT011 - each driver has its own
        await added(store, a_run(said_with="message C0PROD 1.1"))


async def test_what_is_open_of_a_run_is_found_and_of_no_other(store: Store) -> None:
    run, other = a_run(), a_run()
    await added(store, run, other)
    asked = a_request(run_id=run.id, key="k1")
    await store.write(submit(asked))
    await store.write(submit(a_request(run_id=other.id, key="k2")))

    for locked in (True, False):
        found = await store.write(
            lambda tx, locked=locked: tx.requests_of_run(run.id, locked=locked)  # type: ignore[misc]
        )
        assert [request.id for request in found] == [asked.id]


async def test_runs_that_changed_are_told_with_the_commit(store: Store) -> None:
    told: list[RunId] = []
    store.on_commit(lambda news: told.extend(run.id for run in news.runs))
    run = a_run()

    await added(store, run)
    await store.write(lambda tx: tx.save_run(replace(run, version=2)))

    assert told == [run.id, run.id]
