"""Make a key: one transaction, and the only moment at which its secret is known.

Called by the doors of whoever runs the gateway. Who owns it is looked up here where Slack can be
asked, so that a slip is found at once, and again whenever the key is used (`authenticate`).
"""

from dataclasses import dataclass, field

from approvals.domain import errors, key_errors
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.decision import refuse_unfit
from approvals.domain.freeze import Hand
from approvals.domain.ids import SHORT_ID_CHARS, KeyId, TeamId
from approvals.domain.key import Key, KeyAsked
from approvals.domain.key_secret import digest_of, write_secret
from approvals.operations.check_presser import approver
from approvals.operations.desk import Desk
from approvals.operations.ports import DirectoryUnavailable, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key with its secret, to be told once and kept nowhere."""

    key: Key
    secret: str = field(repr=False)


async def create_key(desk: Desk, asked: KeyAsked, *, by: Hand) -> NewKey:
    """Store the key that is *asked* for.

    Raises:
        OwnerUnfit: Slack says that the owner may not act here.
        StoreUnavailable: nothing was stored.
    """
    team = await _team(desk, asked)
    key_id = KeyId(desk.ids.ulid())
    secret = write_secret(key_id, desk.ids.secret(), desk.ids.secret())
    now = desk.clock.now()
    key = Key(
        id=key_id,
        digest=digest_of(secret),
        scopes=asked.scopes,
        owner=asked.owner,
        team=team,
        agent=asked.agent or (_called(key_id) if asked.needs_agent else None),
        channel=asked.channel,
        pending=asked.pending,
        new_per_minute=asked.new_per_minute,
        created_at=now,
        expires_at=None if asked.lasts is None else now + asked.lasts,
    )

    def unit(tx: Transaction) -> None:
        tx.save_key(key)
        tx.record(_created(key, by))

    await desk.store.write(unit)
    return NewKey(key=key, secret=secret)


async def _team(desk: Desk, asked: KeyAsked) -> TeamId | None:
    """Return the owner's workspace, or None where Slack could not be asked."""
    try:
        person = await desk.directory.person(asked.owner, None)
    except DirectoryUnavailable:
        return None
    try:
        refuse_unfit(approver(person, {}))
    except errors.DecisionRefused as refusal:
        raise key_errors.OwnerUnfit from refusal
    return person.team


def _called(key_id: KeyId) -> str:
    return f"key-{key_id[-SHORT_ID_CHARS:]}"


def _created(key: Key, by: Hand) -> AuditEvent:
    return AuditEvent(
        name=AuditName.KEY_CREATED,
        subject=key.id,
        at=key.created_at,
        data={
            "by": by.to_text(),
            "scopes": [scope.value for scope in sorted(key.scopes)],
            "owner": key.owner,
            "agent": key.agent,
            "channel": key.channel,
            "pending": key.pending,
            "new_per_minute": key.new_per_minute,
            "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        },
    )
