"""The routes of what becomes of a question of one's own: withdraw it, claim, report, give back."""

from datetime import timedelta
from typing import cast

from approvals.domain.approval_request import Cause
from approvals.domain.ids import RequestId
from approvals.domain.key import Scope
from approvals.domain.permit import PermitState
from approvals.gate import wire
from approvals.operations.cancel_request import cancel_request
from approvals.operations.claim_permit import Claimer, claim_permit
from approvals.operations.read_by_key import Seen, own_request
from approvals.operations.release_permit import release_permit
from approvals.operations.report_execution import report_execution
from bot.http import shown
from bot.http.routes import Called, Method, Reply, Route
from bot.http.texts import duration

LEASE = timedelta(hours=1)
LEASE_MAX = timedelta(days=1)
_MAY_ASK = frozenset({Scope.REQUEST})
_PATH = "/v1/approvals/{id}"


def running_routes() -> list[Route]:
    """Return the routes."""
    return [
        Route(
            method=Method.POST,
            path=f"{_PATH}/cancel",
            name="cancelApproval",
            says="Withdraw a question of one's own.",
            scopes=_MAY_ASK,
            handle=_cancel,
            asks=wire.Cancel,
            answers=wire.Approval,
            refuses=(404, 409),
        ),
        Route(
            method=Method.POST,
            path=f"{_PATH}/claim",
            name="claimApproval",
            says="Take the right to run what was approved, once, just before the body runs.",
            scopes=_MAY_ASK,
            handle=_claim,
            asks=wire.Claim,
            answers=wire.Claimed,
            refuses=(404, 409),
        ),
        Route(
            method=Method.POST,
            path=f"{_PATH}/result",
            name="reportApproval",
            says="Say how the body ended.",
            scopes=_MAY_ASK,
            handle=_report,
            asks=wire.Report,
            answers=wire.Approval,
            refuses=(404, 409),
        ),
        Route(
            method=Method.POST,
            path=f"{_PATH}/release",
            name="releaseApproval",
            says="Say that the body never began, so that the call may be claimed again.",
            scopes=_MAY_ASK,
            handle=_release,
            asks=wire.Release,
            answers=wire.Approval,
            refuses=(404, 409),
        ),
    ]


async def _cancel(called: Called) -> Reply:
    asked, desk = cast("wire.Cancel", called.body), called.ports.desk
    seen = await own_request(desk, called.key, RequestId(called.path["id"]))
    await cancel_request(desk, seen.request.id, Cause.REQUESTER, reason=asked.reason)
    return await _now(called, seen)


async def _claim(called: Called) -> Reply:
    asked, desk = cast("wire.Claim", called.body), called.ports.desk
    seen = await own_request(desk, called.key, RequestId(called.path["id"]))
    claim_id = asked.claim_id or desk.ids.ulid()
    lease = LEASE if asked.lease is None else duration("lease", asked.lease, longest=LEASE_MAX)
    found = await claim_permit(
        desk,
        seen.request.id,
        digest=asked.digest,
        claimer=Claimer(owner=f"key:{called.key.id}:{claim_id}", lease=lease),
    )
    return Reply(body=shown.claimed(found))


async def _report(called: Called) -> Reply:
    said, desk = cast("wire.Report", called.body), called.ports.desk
    seen = await own_request(desk, called.key, RequestId(called.path["id"]))
    await report_execution(
        desk,
        seen.request.id,
        succeeded=said.status is PermitState.SUCCEEDED,
        result=said.result,
        is_interrupted=said.status is PermitState.UNKNOWN,
        attempt=said.attempt,
    )
    return await _now(called, seen)


async def _release(called: Called) -> Reply:
    said, desk = cast("wire.Release", called.body), called.ports.desk
    seen = await own_request(desk, called.key, RequestId(called.path["id"]))
    await release_permit(desk, seen.request.id, attempt=said.attempt)
    return await _now(called, seen)


async def _now(called: Called, seen: Seen) -> Reply:
    now = await own_request(called.ports.desk, called.key, seen.request.id)
    return Reply(body=shown.approval(now))
