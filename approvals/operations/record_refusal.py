"""A click is refused: the audit event that says so, and the answer for the door.

Called in the transaction of whatever the click was for. A click for what has been done already is
a duplicate and no refusal.
"""

from approvals.domain import errors
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.hold_errors import AlreadyHeld
from approvals.operations.click import Answer
from approvals.operations.hearing import Hearing


def refuse(hearing: Hearing, refusal: errors.Refusal, *, wanted: str | None = None) -> Answer:
    """Record *refusal* in the audit log and return it as the click's answer.

    *wanted* is what the click was for, where that is not its verdict.
    """
    tx, click = hearing.tx, hearing.click
    request = tx.request(click.request_id)
    again = isinstance(refusal, errors.AlreadyCounted | errors.AlreadyDecided | AlreadyHeld)
    tx.record(
        AuditEvent(
            name=AuditName.DECISION_DUPLICATE if again else AuditName.DECISION_REFUSED,
            subject=click.request_id,
            at=hearing.at,
            data={
                "code": refusal.code,
                "user": click.pressed.user,
                "team": click.team,
                "verdict": wanted or click.verdict.value,
            },
        )
    )
    return Answer(request=request, refusal=refusal)
