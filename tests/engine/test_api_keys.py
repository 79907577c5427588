"""Keys: who gets in with one, and what with it; each refusal beside its success."""

import logging
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.domain import errors, key_errors, run_errors
from approvals.domain.freeze import Hand
from approvals.domain.key import Key, KeyAsked, Scope
from approvals.domain.key_secret import read_id
from approvals.operations.authenticate import authenticate
from approvals.operations.create_key import NewKey, create_key
from approvals.operations.read_keys import read_keys
from approvals.operations.revoke_key import revoke_key
from tests.engine.gateway_in_test import GatewayInTest, a_gateway
from tests.fakes.people import ALICE
from tests.security.evidence import recorded

CONSOLE = Hand(console="root")
ASKS = frozenset({Scope.REQUEST, Scope.READ})


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[GatewayInTest]:
    async with a_gateway(tmp_path / "sayso.db") as opened:
        yield opened


async def a_key(gateway: GatewayInTest, *, lasts: timedelta | None = None) -> NewKey:
    asked = KeyAsked(scopes=ASKS, owner=ALICE, agent="deploy-bot", lasts=lasts)
    return await create_key(gateway.desk, asked, by=CONSOLE)


async def test_a_key_is_recognised_by_its_secret_and_by_nothing_that_is_stored(
    gateway: GatewayInTest, tmp_path: Path
) -> None:
    made = await a_key(gateway)

    assert (await authenticate(gateway.desk, made.secret)).id == made.key.id
    assert made.key.digest not in made.secret
    (created,) = recorded(tmp_path / "sayso.db", "key.created")
    assert created["scopes"] == ["read", "request"]
    assert created["by"] == "console:root"


async def test_a_typing_mistake_in_a_secret_is_told_by_its_checksum(gateway: GatewayInTest) -> None:
    secret = (await a_key(gateway)).secret
    assert len(secret) == 105
    assert read_id(secret) is not None

    for at in range(len("sayso_"), len(secret)):
        wrong = "0" if secret[at] != "0" else "1"
        assert read_id(secret[:at] + wrong + secret[at + 1 :]) is None


@pytest.mark.parametrize(
    "changed",
    ["", "x", "é" * 105, "\ud800", "secret[:-1]", "another end", "another key", "its digest"],
)
async def test_G1_what_is_no_key_or_of_no_key_is_refused_alike(
    gateway: GatewayInTest, changed: str
) -> None:
    made, other = await a_key(gateway), await a_key(gateway)
    tried = {
        "secret[:-1]": made.secret[:-1],
        "another end": made.secret[:-8] + other.secret[-8:],
        "another key": made.secret.replace(made.key.id, other.key.id),
        "its digest": made.key.digest,
    }.get(changed, changed)

    with pytest.raises(key_errors.KeyRefused) as refused:
        await authenticate(gateway.desk, tried)

    assert refused.value.message == key_errors.KeyRefused().message


async def test_G1_a_right_form_with_a_wrong_secret_opens_nothing(gateway: GatewayInTest) -> None:
    """The form and the checksum are right: only the digest can tell."""
    made, other = await a_key(gateway), await a_key(gateway)
    forged = _resealed(other.secret, made.key)
    assert read_id(forged) == made.key.id

    with pytest.raises(key_errors.KeyRefused):
        await authenticate(gateway.desk, forged)


async def test_G1_a_revoked_or_expired_key_is_refused_as_an_unknown_one_is(
    gateway: GatewayInTest, tmp_path: Path
) -> None:
    revoked, expiring = await a_key(gateway), await a_key(gateway, lasts=timedelta(days=1))
    await authenticate(gateway.desk, expiring.secret)
    await revoke_key(gateway.desk, revoked.key.id, by=CONSOLE)
    await gateway.time_passes(timedelta(days=1))

    said = set()
    for secret in (revoked.secret, revoked.secret, expiring.secret):
        with pytest.raises(key_errors.KeyRefused) as refused:
            await authenticate(gateway.desk, secret)
        said.add((refused.value.code, refused.value.message, str(refused.value.facts)))

    assert said == {("key_refused", key_errors.KeyRefused().message, "{}")}
    path = tmp_path / "sayso.db"
    assert [each["code"] for each in recorded(path, "key.refused")] == ["revoked", "expired"]
    assert len(recorded(path, "key.revoked")) == 1


async def test_a_key_opens_nothing_once_its_owner_may_not_act(
    gateway: GatewayInTest, tmp_path: Path
) -> None:
    made = await a_key(gateway)
    gateway.directory.change(ALICE, is_deactivated=True)

    for _ in range(2):
        with pytest.raises(run_errors.AuthorityEnded):
            await authenticate(gateway.desk, made.secret)

    (ended,) = recorded(tmp_path / "sayso.db", "authority.ended")
    assert (ended["person"], ended["agent"]) == (ALICE, "deploy-bot")
    gateway.directory.change(ALICE, is_deactivated=False)
    assert (await authenticate(gateway.desk, made.secret)).owner == ALICE
    gateway.directory.is_down = True
    with pytest.raises(errors.IdentityUnverified):
        await authenticate(gateway.desk, made.secret)


async def test_a_key_is_not_made_for_who_may_not_act_and_slack_need_not_answer(
    gateway: GatewayInTest,
) -> None:
    gateway.directory.change(ALICE, is_bot=True)
    with pytest.raises(key_errors.OwnerUnfit):
        await a_key(gateway)
    assert await read_keys(gateway.desk) == []
    gateway.directory.change(ALICE, is_bot=False)
    gateway.directory.is_down = True

    made = await a_key(gateway)

    assert made.key.team is None


@pytest.mark.parametrize("asks", [Scope.REQUEST, Scope.RUNS])
def test_B5_no_key_of_an_agent_is_made_that_decides(asks: Scope) -> None:
    decides = frozenset({Scope.DECIDE})
    assert not KeyAsked(scopes=decides | {Scope.READ}, owner=ALICE).needs_agent

    for asked in ({"scopes": decides | {asks}}, {"scopes": decides, "agent": "deploy-bot"}):
        with pytest.raises(key_errors.DecideIsPersonal):
            KeyAsked(owner=ALICE, **asked)


async def test_B5_a_key_does_what_its_scopes_say_and_an_agents_never_decides(
    gateway: GatewayInTest,
) -> None:
    key = (await a_key(gateway)).key
    key.require(Scope.REQUEST)
    with pytest.raises(key_errors.ScopeMissing, match="'runs'"):
        key.require(Scope.RUNS)

    everything = replace(key, scopes=frozenset(Scope))

    assert not everything.may(Scope.DECIDE)
    assert not replace(everything, agent=None).may(Scope.DECIDE)
    assert replace(key, agent=None, scopes=frozenset({Scope.DECIDE})).may(Scope.DECIDE)


async def test_L1_a_secret_stands_in_no_log_no_row_and_no_text(
    gateway: GatewayInTest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = await a_key(gateway)
    key = await authenticate(gateway.desk, made.secret)
    revoked = await revoke_key(gateway.desk, made.secret, by=CONSOLE)
    with pytest.raises(key_errors.KeyRefused) as refused:
        await authenticate(gateway.desk, made.secret)

    drawn = made.secret[-72:-8]
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("sayso.db*"))
    assert drawn.encode() not in stored
    for told in (repr(made), repr(key), repr(revoked), repr(refused.value), caplog.text):
        assert drawn not in told
        assert key.digest not in told


async def test_that_a_key_is_used_is_written_once_a_minute(gateway: GatewayInTest) -> None:
    made = await a_key(gateway)
    began = gateway.clock.now()
    await authenticate(gateway.desk, made.secret)
    await gateway.time_passes(timedelta(seconds=59))
    await authenticate(gateway.desk, made.secret)
    assert [key.last_used_at for key in await read_keys(gateway.desk)] == [began]

    await gateway.time_passes(timedelta(seconds=1))
    await authenticate(gateway.desk, made.secret)

    assert [key.last_used_at for key in await read_keys(gateway.desk)] == [gateway.clock.now()]


async def test_a_key_is_revoked_by_the_end_of_its_id_and_stays_so(gateway: GatewayInTest) -> None:
    made, other = await a_key(gateway), await a_key(gateway)
    for named in ("", "zz", "ZZZZZZ", other.key.id[:-1]):
        with pytest.raises(key_errors.KeyUnknown):
            await revoke_key(gateway.desk, named, by=CONSOLE)

    first = await revoke_key(gateway.desk, made.key.short_id.lower(), by=CONSOLE)
    await gateway.time_passes(timedelta(minutes=1))

    assert await revoke_key(gateway.desk, made.key.id, by=CONSOLE) == first
    assert (await authenticate(gateway.desk, other.secret)).id == other.key.id


def _resealed(secret: str, key: Key) -> str:
    """Return *secret*'s random part as *key*'s, with a checksum that is right."""
    begun = f"sayso_{key.id}_{secret[-72:-8]}"
    return f"{begun}{zlib.crc32(begun.encode()):08x}"
