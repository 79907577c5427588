"""Freeze a channel or everything, and lift it again: one transaction each, in force at its commit.

Called by every door that has checked who asks. Channels and cards are told by the job that goes
with it, which also ends the freeze when its time is over (`deliver_freeze`).
"""

from datetime import timedelta

from approvals.domain import freeze_errors
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.freeze import ALL, Freeze, Hand, checked_reason, refuse_too_long
from approvals.domain.jobs import Job, JobKind
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction


async def freeze(
    desk: Desk, scope: str, *, by: Hand, reason: str, lasts: timedelta | None = None
) -> Freeze:
    """Freeze *scope*, a channel's id or ALL; what is frozen already gets the new reason and end.

    Args:
        desk: The ports.
        scope: What is to start nothing.
        by: Who wants it.
        reason: For those who come after; at most REASON_MAX_CHARS are kept.
        lasts: After which it ends by itself; None: it has to be lifted.

    Raises:
        FreezeNeedsReason, FreezeTooLong
        StoreUnavailable: nothing was stored, nothing is frozen.
    """
    kept = checked_reason(reason)
    refuse_too_long(lasts)
    freeze_id = desk.ids.ulid()

    def unit(tx: Transaction) -> Freeze:
        tx.freeze(scope)
        now = desk.clock.now()
        made = Freeze(
            id=freeze_id,
            scope=scope,
            reason=kept,
            by=by,
            started_at=now,
            ends_at=None if lasts is None else now + lasts,
        )
        tx.save_freeze(made)
        tx.record(_started(made))
        tx.enqueue(freeze_job(desk, made))
        return made

    return await desk.store.write(unit)


async def unfreeze(desk: Desk, scope: str, *, by: Hand) -> Freeze:
    """Lift the freeze of *scope* and return it as it ended.

    Raises:
        NotFrozen: there is none in force.
        StoreUnavailable: nothing was stored, the freeze stands.
    """

    def unit(tx: Transaction) -> Freeze:
        standing, now = tx.freeze(scope), desk.clock.now()
        if standing is None or not standing.is_in_force(now):
            raise freeze_errors.NotFrozen(_not_frozen(tx, desk, scope))
        return end_freeze(tx, desk, standing, by=by)

    return await desk.store.write(unit)


def end_freeze(tx: Transaction, desk: Desk, standing: Freeze, *, by: Hand | None) -> Freeze:
    """Store the end of *standing*, which the transaction holds; *by* is None at its own end."""
    ended = standing.ended(desk.clock.now(), by=by)
    tx.save_freeze(ended)
    tx.record(_ended(ended))
    tx.enqueue(freeze_job(desk, ended))
    return ended


def freeze_job(desk: Desk, of: Freeze) -> Job:
    """Return the job that makes channels and cards tell of *of* as it stands."""
    return Job(kind=JobKind.FREEZE, subject=of.scope, run_at=desk.clock.now())


def _not_frozen(tx: Transaction, desk: Desk, scope: str) -> str | None:
    others = [each for each in tx.freezes() if each.is_in_force(desk.clock.now())]
    if scope != ALL and any(each.is_everywhere for each in others):
        return "Not this channel alone but everything is frozen. Lift that: `unfreeze all`."
    if scope == ALL and others:
        return "Not everything is frozen, only single channels. Lift those by their names."
    return None


def _started(made: Freeze) -> AuditEvent:
    return AuditEvent(
        name=AuditName.FREEZE_STARTED,
        subject=made.scope,
        at=made.started_at,
        data={
            "freeze": made.id,
            "by": made.by.to_text(),
            "reason": made.reason,
            "ends_at": made.ends_at.isoformat() if made.ends_at else None,
        },
    )


def _ended(ended: Freeze) -> AuditEvent:
    assert ended.ended_at is not None
    return AuditEvent(
        name=AuditName.FREEZE_ENDED,
        subject=ended.scope,
        at=ended.ended_at,
        data={
            "freeze": ended.id,
            "by": ended.ended_by.to_text() if ended.ended_by else None,
            "after_s": round((ended.ended_at - ended.started_at).total_seconds(), 3),
        },
    )
