"""Pending requests to decide about, and the plainest decision the store can be asked for."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from approvals.domain import lifecycle
from approvals.domain.approval_request import ApprovalRequest, Cause, Requester, Status
from approvals.domain.ids import ChannelId, RequestId
from approvals.domain.requirement import Effect, Requirement, RuleMatch, Slot
from approvals.domain.tool_call import ToolCall
from approvals.operations.ports import Transaction
from approvals.storage.clock import SystemClock
from approvals.storage.ids import SystemIds
from approvals.storage.sql_store import SqlStore

CLOCK = SystemClock()
IDS = SystemIds(CLOCK)
REQUIREMENT = Requirement(
    effect=Effect.ASK,
    channel=ChannelId("C1"),
    channel_name="#ops",
    rules=(
        RuleMatch(name="#ops, rule 1", place="", effect=Effect.ASK, slots=(Slot(of=("sre",)),)),
    ),
    policy_version="0" * 64,
    reasons=("#ops, rule 1 asks.",),
)


def a_request() -> ApprovalRequest:
    """Return a pending request, not stored."""
    now = CLOCK.now()
    return ApprovalRequest(
        id=RequestId(IDS.ulid()),
        call=ToolCall.of("k8s.restart", "f" * 64, {"service": "checkout", "zone": "eu-1"}),
        requester=Requester(agent="deployer"),
        requirement=REQUIREMENT,
        channel=ChannelId("C1"),
        salt=IDS.secret(),
        created_at=now,
        expires_at=now + timedelta(minutes=15),
    )


def reject(request_id: RequestId) -> Callable[[Transaction], Status]:
    """Return the unit that ends a request."""

    def unit(tx: Transaction) -> Status:
        request = tx.request(request_id)
        assert request is not None
        step = lifecycle.advance(request, Cause.PERSON, now=CLOCK.now())
        tx.save_request(step.request)
        tx.record(step.event)
        for job in step.jobs:
            tx.enqueue(job)
        return step.request.status

    return unit


async def stored_requests(path: Path, count: int) -> list[RequestId]:
    """Make the store's database at *path*, add pending requests, and return their ids."""
    requests = [a_request() for _ in range(count)]

    def unit(tx: Transaction) -> None:
        for request in requests:
            tx.add_request(request)

    async with SqlStore.open(path, clock=CLOCK, ids=IDS, source="/bench") as store:
        await store.write(unit)
    return [request.id for request in requests]
