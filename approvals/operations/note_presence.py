"""Note that clicks can arrive, and tell afterwards when they could not.

Called by the gateway's presence loop: while anything is pending it says every few seconds "still
here", so that the next start knows since when nobody was.
"""

from collections.abc import Sequence
from datetime import datetime

from approvals.domain import strict_json
from approvals.domain.absence import ABSENCES_KEPT_MAX, Absence
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.strict_json import JsonValue
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction

PRESENT_FACT = "gateway.present_at"
ABSENCES_FACT = "gateway.absences"


async def last_present_at(desk: Desk) -> datetime | None:
    """Return when a gateway of this store last noted that it was there; None: it never was."""
    stored = await desk.store.write(lambda tx: tx.fact(PRESENT_FACT))
    return None if stored is None else datetime.fromisoformat(stored)


async def note_present(desk: Desk, at: datetime) -> None:
    """Note that clicks could arrive until *at*."""
    await desk.store.write(lambda tx: tx.set_fact(PRESENT_FACT, at.isoformat()))


async def note_absence(desk: Desk, absence: Absence) -> None:
    """Note that no click could arrive; the cards that were open are drawn again by `reconcile`."""
    event = AuditEvent(
        name=AuditName.GATEWAY_AWAY,
        subject=desk.owner,
        at=absence.ended_at,
        data=_written(absence),
    )

    def unit(tx: Transaction) -> None:
        kept = [*absences(tx), absence][-ABSENCES_KEPT_MAX:]
        tx.set_fact(ABSENCES_FACT, strict_json.write([_written(each) for each in kept]))
        tx.set_fact(PRESENT_FACT, absence.ended_at.isoformat())
        tx.record(event)

    await desk.store.write(unit)


def absences(tx: Transaction) -> Sequence[Absence]:
    """Return the latest absences, oldest first."""
    stored = tx.fact(ABSENCES_FACT)
    listed = [] if stored is None else strict_json.read(stored)
    assert isinstance(listed, list)
    return [_read(each) for each in listed]


def _written(absence: Absence) -> dict[str, JsonValue]:
    return {
        "began_at": absence.began_at.isoformat(),
        "ended_at": absence.ended_at.isoformat(),
    }


def _read(written: JsonValue) -> Absence:
    assert isinstance(written, dict)
    began_at, ended_at = written["began_at"], written["ended_at"]
    assert isinstance(began_at, str)
    assert isinstance(ended_at, str)
    return Absence(
        began_at=datetime.fromisoformat(began_at), ended_at=datetime.fromisoformat(ended_at)
    )
