"""What every store promises about looking: lists in order, nothing locked, nothing changed."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from approvals.domain.approval_request import ApprovalRequest, Cause, Requester, Status
from approvals.domain.decision import Decision, Verdict
from approvals.domain.home import Home
from approvals.domain.ids import (
    ChannelId,
    ConversationId,
    RequestId,
    RunId,
    TeamId,
    UserId,
)
from approvals.domain.run import Run
from approvals.operations.ports import Store, Transaction
from approvals.operations.snapshot import Snapshot
from approvals.storage.sql_store import SqlStore
from tests.storage.given import IDS, START, a_request, end, held_back, save, submit

PROD, OPS = ChannelId("C0PROD"), ChannelId("C0OPS")
BOB = UserId("U0BOB")
Result = TypeVar("Result")


async def asked(store: Store, *, minutes: int = 5, **changes: object) -> ApprovalRequest:
    request = a_request(**changes)  # type: ignore[arg-type]
    closing = replace(request, expires_at=START + timedelta(minutes=minutes))
    return await store.write(submit(closing))


async def ids(store: Store, look: Callable[[Snapshot], list[ApprovalRequest]]) -> list[RequestId]:
    return [request.id for request in await store.look(look)]


async def test_pending_requests_come_with_the_earliest_deadline_first(store: Store) -> None:
    late = await asked(store, minutes=9)
    soon = await asked(store, minutes=1)
    other = await asked(store, minutes=3, channel=OPS)
    ended = await asked(store)
    await store.write(end(ended.id, Cause.PERSON))

    assert await ids(store, lambda s: list(s.pending(limit=9))) == [soon.id, other.id, late.id]
    assert await ids(store, lambda s: list(s.pending(limit=1))) == [soon.id]
    assert await ids(store, lambda s: list(s.pending(limit=9, channel=PROD))) == [soon.id, late.id]
    assert await store.look(lambda s: (s.count_pending(), s.count_pending(OPS))) == (3, 1)
    assert await store.look(lambda s: s.request(ended.id)) is not None


async def test_what_a_person_decided_on_pending_requests_is_found(store: Store) -> None:
    open_one, ended, others = await asked(store), await asked(store), await asked(store)
    for request, user in ((open_one, BOB), (ended, BOB), (others, UserId("U0CAROL"))):
        decision = Decision(
            request_id=request.id, user=user, team=TeamId("T1"), verdict=Verdict.APPROVE, at=START
        )
        await store.write(save(decision))
    await store.write(end(ended.id, Cause.PEOPLE))

    (found,) = await store.look(lambda s: s.pending_decisions_of(BOB))

    assert (found.request_id, found.verdict) == (open_one.id, Verdict.APPROVE)


async def test_ids_are_found_by_their_ending_in_a_channel_and_among_all_pending(
    store: Store,
) -> None:
    ended_here = await asked(store)
    await store.write(end(ended_here.id, Cause.PERSON))
    waiting = await asked(store, channel=OPS)
    ended_there = await asked(store, channel=OPS)
    await store.write(end(ended_there.id, Cause.PERSON))

    async def found(ending: str) -> list[RequestId]:
        return list(await store.look(lambda s: s.ids_ending_in(ending, PROD, limit=3)))

    assert await found(ended_here.id[-6:]) == [ended_here.id]
    assert await found(waiting.id[-6:]) == [waiting.id]
    assert await found(ended_there.id[-6:]) == []
    assert await found("%") == await found("_") == []


async def test_recent_requests_of_a_channel_come_newest_first(store: Store) -> None:
    hours = [await asked(store, created_at=START + timedelta(hours=hour)) for hour in range(3)]
    await asked(store, created_at=START + timedelta(hours=9))  # still pending
    for request in hours:
        await store.write(end(request.id, Cause.PERSON, at=START + timedelta(hours=4)))
    since = START + timedelta(hours=1)

    assert await ids(store, lambda s: list(s.recent(PROD, limit=2))) == [hours[2].id, hours[1].id]
    assert await ids(store, lambda s: list(s.recent(PROD, limit=9, since=since))) == [
        hours[2].id,
        hours[1].id,
    ]


async def test_a_look_waits_for_no_write(sqlite: SqlStore) -> None:
    request = await asked(sqlite)

    async with held_back(sqlite):
        found = await asyncio.wait_for(sqlite.look(lambda s: s.request(request.id)), 5)

    assert found == request


async def test_a_request_that_cannot_be_read_hides_no_other(store: Store) -> None:
    torn = await asked(store, minutes=1)
    whole = await asked(store, minutes=2)
    unread = replace(torn, id=RequestId(IDS.ulid()), call=replace(torn.call, digest="0" * 64))
    await store.write(submit(unread))

    assert await ids(store, lambda s: list(s.pending(limit=9))) == [torn.id, whole.id]


async def test_what_was_asked_for_a_person_comes_newest_first(store: Store) -> None:
    own = [await asked(store) for _ in range(2)]
    await asked(store, requester=Requester(agent="deployer", person=BOB))
    me = UserId("U1")

    assert await ids(store, lambda s: list(s.asked_for(me, limit=9))) == [own[1].id, own[0].id]
    assert await ids(store, lambda s: list(s.asked_for(me, limit=1))) == [own[1].id]


async def test_endings_tell_how_the_requests_of_a_channel_stand(store: Store) -> None:
    old = await asked(store)
    later = START + timedelta(hours=2)
    ended, open_one = [await asked(store, created_at=later) for _ in range(2)]
    await store.write(end(ended.id, Cause.PERSON, at=later + timedelta(minutes=3)))

    found = await store.look(lambda s: s.endings(PROD, since=START + timedelta(hours=1), limit=9))

    assert {(each.status, each.cause, each.took) for each in found} == {
        (Status.PENDING, None, None),
        (Status.REJECTED, Cause.PERSON, timedelta(minutes=3)),
    }
    assert {each.tool for each in found} == {open_one.call.tool}
    assert len(await store.look(lambda s: s.endings(PROD, since=old.created_at, limit=2))) == 2


async def test_decisions_and_runs_of_a_person_come_newest_first(store: Store) -> None:
    first, second = await asked(store), await asked(store)
    for minute, request in enumerate((first, second)):
        decision = Decision(
            request_id=request.id,
            user=BOB,
            team=TeamId("T1"),
            verdict=Verdict.REJECT,
            at=START + timedelta(minutes=minute),
        )
        await store.write(save(decision))

    decided = await store.look(lambda s: [each.request_id for each in s.decided_by(BOB, limit=9)])
    assert decided == [second.id, first.id]
    assert await store.look(lambda s: s.runs_of(BOB, limit=9)) == []


async def test_an_app_home_is_kept_for_who_opened_it(store: Store) -> None:
    home = Home(user=BOB, team=TeamId("T1"), opened_at=START)
    again = replace(home, opened_at=START + timedelta(hours=1))

    await store.write(lambda tx: tx.save_home(home))
    await store.write(lambda tx: tx.save_home(again))

    assert await store.write(lambda tx: tx.home(BOB)) == again
    assert await store.write(lambda tx: tx.home(UserId("U0CAROL"))) is None


async def test_the_app_homes_opened_last_are_found(store: Store) -> None:
    for minute, user in enumerate(("U0A", "U0B", "U0C", "U0D")):
        at = START + timedelta(minutes=minute)
        home = Home(user=UserId(user), team=TeamId("T1"), opened_at=at)
        await store.write(save_home(home))

    since = START + timedelta(minutes=1)
    found = await store.write(lambda tx: tx.homes_opened_since(since, limit=2))

    assert [each.user for each in found] == ["U0D", "U0C"]
    everyone = await store.write(lambda tx: tx.homes_opened_since(since, limit=9))
    assert [each.user for each in everyone] == ["U0D", "U0C", "U0B"]


def save_home(home: Home) -> Callable[[Transaction], None]:
    return lambda tx: tx.save_home(home)


async def test_the_audit_log_is_read_on_from_any_place(store: Store) -> None:
    before = await store.look(lambda s: s.head())
    heard: list[int] = []
    store.on_commit(lambda news: heard.append(news.recorded))
    one, other = await asked(store), await asked(store)
    await store.write(end(one.id, Cause.PERSON))
    head = await store.look(lambda s: s.head())

    read = await store.look(lambda s: s.events_after(before.seq, limit=9))
    on = await store.look(lambda s: s.events_after(read[0].seq, limit=1))

    assert [each.subject for each in read] == [one.id, other.id, one.id]
    assert [each.seq for each in read] == heard == [before.seq + n for n in (1, 2, 3)]
    assert (read[-1].seq, read[-1].hash) == (head.seq, head.hash)
    assert (read[0].prev_hash, on) == (before.hash, read[1:2])
    assert await store.look(lambda s: s.events_after(head.seq, limit=9)) == []


async def test_a_run_is_read_with_what_is_open_of_it(store: Store) -> None:
    run_id = RunId(IDS.ulid())
    run = Run(
        id=run_id,
        agent="ops",
        starter=BOB,
        channel=OPS,
        task="restart checkout",
        conversation=ConversationId(run_id),
        created_at=START,
    )
    await store.write(lambda tx: tx.add_run(run))
    waits = await asked(store, run_id=run.id)
    ended = await asked(store, run_id=run.id)
    await store.write(end(ended.id, Cause.PERSON))

    found, requests = await store.look(lambda s: (s.run(run.id), s.requests_of_run(run.id)))

    assert found == run
    assert [each.id for each in requests] == [waits.id]
    assert await store.look(lambda s: s.run(RunId("none"))) is None
