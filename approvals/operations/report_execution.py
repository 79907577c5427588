"""After the body: record how it ended, so that the card and the audit log tell it.

Called by the gateway when the tool returned or raised. What the tool returned is redacted and cut
here; the caller gets its own result untouched.
"""

from approvals.domain import errors
from approvals.domain.ids import RequestId
from approvals.domain.lifecycle import PermitEvent, advance_permit
from approvals.domain.permit import RESULT_MAX_CHARS, Permit
from approvals.domain.redaction import mask_words
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.save_step import save_step

READ_MAX_CHARS = 256 * 1024
"""Far more than is kept, so that a secret is masked whole before the text is cut."""


async def report_execution(
    desk: Desk,
    request_id: RequestId,
    *,
    succeeded: bool,
    result: str,
    is_interrupted: bool = False,
    attempt: int | None = None,
) -> None:
    """Record the end of the execution of *request_id*, or that nobody knows it.

    Whoever names the *attempt* it reports of cannot end another by being late.

    Raises:
        RequestUnknown, NotApproved
        ClaimRefused: there is no claimed permit, or it is another attempt's.
        StoreUnavailable: nothing was stored; the execution will count as unknown.
    """
    event = PermitEvent.SUCCEED if succeeded else PermitEvent.FAIL
    if is_interrupted:
        event = PermitEvent.LOSE

    def unit(tx: Transaction) -> None:
        request, permit = tx.request(request_id), tx.permit(request_id)
        if request is None:
            raise errors.RequestUnknown
        if permit is None:
            raise errors.NotApproved(request=request)
        refuse_other_attempt(permit, attempt)
        excerpt = mask_words(result[:READ_MAX_CHARS], request.salt)[:RESULT_MAX_CHARS]
        now = desk.clock.now()
        save_step(tx, advance_permit(request, permit, event, now=now, result=excerpt))

    await desk.store.write(unit)


def refuse_other_attempt(permit: Permit, attempt: int | None) -> None:
    """Return if *permit* is at *attempt*, or nobody says of which attempt they speak.

    Raises:
        ClaimRefused
    """
    if attempt is not None and attempt != permit.attempt:
        raise errors.ClaimRefused(
            f"This is about attempt {attempt}, and the permit is at attempt {permit.attempt}.",
            permit=permit,
        )
