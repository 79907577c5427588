"""Whose key is this? Asked by every door at which programs come in, for each thing they ask.

What is no key, of no key, revoked or expired is refused alike, so that a refusal tells nothing. A
key is in force for as long as its owner may act here, told by the directory as for a click.
"""

import contextlib
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from approvals.domain import errors, key_errors, run_errors
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.decision import refuse_unfit
from approvals.domain.ids import KeyId
from approvals.domain.key import Key
from approvals.domain.key_secret import is_of, read_id
from approvals.operations.check_presser import approver
from approvals.operations.desk import Desk
from approvals.operations.ports import DirectoryUnavailable, Transaction

USE_NOTED_EVERY = timedelta(minutes=1)
"""So often at most it is written down that a key was used: reading shall not become writing."""
REFUSAL_NOTED_EVERY = timedelta(hours=1)
"""So often at most one key's refusal is audited: a program that tries on fills no log."""
_NOBODYS = "0" * 64


async def authenticate(desk: Desk, secret: str) -> Key:
    """Return the key *secret* is of.

    Raises:
        KeyRefused: it is none that is in force.
        AuthorityEnded: its owner may not act here any more.
        IdentityUnverified: Slack could not say whether the owner may.
        StoreUnavailable: keys cannot be read, or a refusal could not be audited.
    """
    key_id = read_id(secret)
    if key_id is None:
        raise key_errors.KeyRefused
    key = await desk.store.look(lambda snapshot: snapshot.key(key_id))
    if not is_of(secret, _NOBODYS if key is None else key.digest) or key is None:
        raise key_errors.KeyRefused
    return await _in_force(desk, key)


async def authenticate_again(desk: Desk, known: Key) -> Key:
    """Return the key *known* as it is by now; asked of whoever came in with it and stayed.

    Raises:
        Those of `authenticate`.
    """
    key = await desk.store.look(lambda snapshot: snapshot.key(known.id))
    if key is None or key.digest != known.digest:
        raise key_errors.KeyRefused
    return await _in_force(desk, key)


async def ended_keys(desk: Desk, known: Collection[Key]) -> set[KeyId]:
    """Return which of the keys that came in and stayed are not in force any more.

    Whether their owners may still act is another question: `refuse_ended_owner`.

    Raises:
        StoreUnavailable: they cannot be read.
    """
    found = await desk.store.look(lambda look: {each.id: look.key(each.id) for each in known})
    now = desk.clock.now()
    return {
        each.id
        for each in known
        if (now_is := found[each.id]) is None
        or now_is.digest != each.digest
        or not now_is.is_in_force(now)
    }


async def _in_force(desk: Desk, key: Key) -> Key:
    if not key.is_in_force(desk.clock.now()):
        code = "revoked" if key.revoked_at else "expired"
        await _note_refusal(desk, key, AuditName.KEY_REFUSED, code=code)
        raise key_errors.KeyRefused
    await refuse_ended_owner(desk, key)
    await _note_use(desk, key)
    return key


async def refuse_ended_owner(desk: Desk, key: Key) -> None:
    """Return if the owner of *key* may act here.

    Raises:
        AuthorityEnded, IdentityUnverified
        StoreUnavailable: a refusal could not be audited.
    """
    try:
        person = await desk.directory.person(key.owner, key.team)
    except DirectoryUnavailable as failure:
        raise errors.IdentityUnverified(retry_after_s=failure.retry_after_s) from failure
    try:
        refuse_unfit(approver(person, {}))
    except errors.DecisionRefused as refusal:
        await _note_refusal(desk, key, AuditName.AUTHORITY_ENDED, code=refusal.code)
        raise run_errors.AuthorityEnded(
            "The owner of this key may not act here any more, so it opens nothing."
        ) from refusal


async def _note_refusal(desk: Desk, key: Key, name: AuditName, *, code: str) -> None:
    now = desk.clock.now()
    if not _is_due(key.refused_at, now, REFUSAL_NOTED_EVERY):
        return

    def unit(tx: Transaction) -> None:
        stored = tx.key(key.id)
        if stored is None or not _is_due(stored.refused_at, now, REFUSAL_NOTED_EVERY):
            return
        tx.save_key(replace(stored, refused_at=now))
        told = {"person": key.owner, "agent": key.agent, "code": code}
        tx.record(AuditEvent(name=name, subject=key.id, at=now, data=told))

    await desk.store.write(unit)


async def _note_use(desk: Desk, key: Key) -> None:
    now = desk.clock.now()
    if not _is_due(key.last_used_at, now, USE_NOTED_EVERY):
        return

    def unit(tx: Transaction) -> None:
        stored = tx.key(key.id)
        if stored is not None:
            tx.save_key(replace(stored, last_used_at=now))

    # What the key is used for writes for itself, and says so if it cannot.
    with contextlib.suppress(errors.StoreUnavailable):
        await desk.store.write(unit)


def _is_due(last: datetime | None, now: datetime, every: timedelta) -> bool:
    return last is None or now - last >= every
