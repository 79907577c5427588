"""Take a key back: from the commit on it opens nothing."""

from approvals.domain import key_errors
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.freeze import Hand
from approvals.domain.ids import SHORT_ID_CHARS, KeyId
from approvals.domain.key import Key
from approvals.domain.key_secret import read_id
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.read_keys import read_keys


async def revoke_key(desk: Desk, named: str, *, by: Hand) -> Key:
    """Revoke the key that *named* is the id of, the end of it, or the secret; return it revoked.

    One that was revoked before stays as it was.

    Raises:
        KeyUnknown: there is none.
        KeyMistyped: several end so.
        StoreUnavailable: nothing was stored, the key stays in force.
    """
    key_id = await _named(desk, named)

    def unit(tx: Transaction) -> Key:
        key = tx.key(key_id)
        if key is None:
            raise key_errors.KeyUnknown
        if key.revoked_at is not None:
            return key
        revoked = key.revoked(desk.clock.now())
        tx.save_key(revoked)
        tx.record(_revoked(revoked, by))
        return revoked

    return await desk.store.write(unit)


async def _named(desk: Desk, named: str) -> KeyId:
    whole = read_id(named)
    if whole is not None:
        return whole
    ending = named.upper()
    if len(ending) < SHORT_ID_CHARS:
        raise key_errors.KeyUnknown
    found = [key.id for key in await read_keys(desk) if key.id.endswith(ending)]
    if not found:
        raise key_errors.KeyUnknown
    if len(found) > 1:
        raise key_errors.KeyMistyped(f"Several keys end so: {', '.join(found)}. Give a whole id.")
    return found[0]


def _revoked(key: Key, by: Hand) -> AuditEvent:
    assert key.revoked_at is not None
    return AuditEvent(
        name=AuditName.KEY_REVOKED,
        subject=key.id,
        at=key.revoked_at,
        data={"by": by.to_text(), "owner": key.owner, "agent": key.agent},
    )
