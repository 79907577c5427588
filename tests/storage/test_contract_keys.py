"""Keys in the store, the same over both databases."""

from dataclasses import replace
from datetime import timedelta

from approvals.domain.ids import ChannelId, KeyId, TeamId, UserId
from approvals.domain.key import Key, Scope
from approvals.operations.ports import Store
from tests.fakes.clock import START

KEY = Key(
    id=KeyId("01K0000000000000000000000A"),
    digest="ab" * 32,
    scopes=frozenset({Scope.REQUEST, Scope.READ}),
    owner=UserId("U0ALICE"),
    team=TeamId("T0TEAM"),
    agent="deploy-bot",
    channel=ChannelId("C0OPS"),
    created_at=START,
    expires_at=START + timedelta(days=90),
    revoked_at=START + timedelta(days=1),
    last_used_at=START + timedelta(hours=1),
    refused_at=START + timedelta(days=2),
)
BARE = Key(
    id=KeyId("01K0000000000000000000000B"),
    digest="cd" * 32,
    scopes=frozenset({Scope.DECIDE}),
    owner=UserId("U0BOB"),
    created_at=START,
)


async def test_a_key_is_read_back_whole(store: Store) -> None:
    await store.write(lambda tx: tx.save_key(BARE))
    await store.write(lambda tx: tx.save_key(KEY))

    assert await store.look(lambda snapshot: list(snapshot.keys())) == [KEY, BARE]
    assert await store.look(lambda snapshot: snapshot.key(KEY.id)) == KEY
    assert await store.write(lambda tx: tx.key(BARE.id)) == BARE


async def test_a_key_is_changed_in_its_place_and_an_unknown_one_is_none(store: Store) -> None:
    await store.write(lambda tx: tx.save_key(BARE))
    revoked = BARE.revoked(START + timedelta(minutes=1))

    await store.write(lambda tx: tx.save_key(revoked))

    assert await store.look(lambda snapshot: list(snapshot.keys())) == [revoked]
    assert await store.look(lambda snapshot: snapshot.key(KEY.id)) is None
    assert await store.write(lambda tx: tx.key(KEY.id)) is None
    assert replace(revoked, revoked_at=None) == BARE
