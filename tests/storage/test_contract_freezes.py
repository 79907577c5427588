"""Freezes in the store, the same over both databases."""

from dataclasses import replace
from datetime import timedelta

from approvals.domain.freeze import ALL, Freeze, Hand
from approvals.domain.ids import UserId
from approvals.operations.ports import Committed, Store, Transaction
from tests.fakes.clock import START

FREEZE = Freeze(
    id="F1", scope=ALL, reason="a bad deploy", by=Hand(console="alice"), started_at=START
)


async def test_a_freeze_is_read_back_whole_until_it_has_ended(store: Store) -> None:
    heard: list[Committed] = []
    store.on_commit(heard.append)
    dated = replace(
        FREEZE, scope="C0OPS", by=Hand(user=UserId("U0BOB")), ends_at=START + timedelta(hours=1)
    )

    def both(tx: Transaction) -> None:
        tx.save_freeze(FREEZE)
        tx.save_freeze(dated)

    await store.write(both)

    assert set(await store.freezes()) == {FREEZE, dated}
    assert heard[-1].freezes == (FREEZE, dated)
    ended = FREEZE.ended(START + timedelta(minutes=1), by=Hand(console="alice"))
    await store.write(lambda tx: tx.save_freeze(ended))
    assert list(await store.freezes()) == [dated]
    assert await store.write(lambda tx: tx.freezes()) == [dated]
    assert await store.write(lambda tx: tx.freeze(ALL)) == ended


async def test_a_scope_has_one_freeze_at_a_time(store: Store) -> None:
    await store.write(lambda tx: tx.save_freeze(FREEZE))
    again = replace(FREEZE, id="F2", reason="worse")

    await store.write(lambda tx: tx.save_freeze(again))

    assert list(await store.freezes()) == [again]
