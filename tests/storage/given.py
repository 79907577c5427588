"""What the store's tests begin with: a clock that is set, a request, and the usual units."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from approvals.domain import lifecycle
from approvals.domain.approval_request import ApprovalRequest, Cause, Requester
from approvals.domain.card import Card
from approvals.domain.decision import Decision
from approvals.domain.ids import ChannelId, RequestId, TeamId, UserId
from approvals.domain.jobs import Job
from approvals.domain.requirement import Effect, Requirement, Risk, RuleMatch, Slot
from approvals.domain.strict_json import JsonValue
from approvals.domain.terms import RISK, TIMEOUT, Terms
from approvals.domain.tool_call import ToolCall
from approvals.operations.ports import Store, Transaction
from approvals.storage.ids import SystemIds
from approvals.storage.sql_store import SqlStore

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SOURCE = "/gateway/test"


class SetClock:
    """A clock that shows what the test says."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return the time that was set."""
        return self.at

    def elapsed_s(self) -> float:
        """Return that nothing has passed."""
        return 0.0


CLOCK = SetClock()
IDS = SystemIds(CLOCK)

REQUIREMENT = Requirement(
    effect=Effect.ASK,
    channel=ChannelId("C0PROD"),
    channel_name="#prod",
    rules=(
        RuleMatch(
            name="#prod, rule 1",
            place="policy.yml:7",
            effect=Effect.ASK,
            slots=(Slot(of=("sre", "leads"), count=2),),
            message="Mind the queue.",
        ),
    ),
    terms=Terms({TIMEOUT: timedelta(minutes=5), RISK: Risk.HIGH}),
    policy_version="0" * 64,
    reasons=("#prod, rule 1 asks.",),
)


def a_request(
    *, created_at: datetime = START, arguments: dict[str, JsonValue] | None = None, **changes: Any
) -> ApprovalRequest:
    """Return a pending request that times out five minutes after it was made."""
    request = ApprovalRequest(
        id=RequestId(IDS.ulid()),
        call=ToolCall.of("k8s.restart", "f" * 64, arguments or {"service": "checkout"}),
        requester=Requester(
            agent="deployer",
            person=UserId("U1"),
            team=TeamId("T1"),
            on_behalf_of=(UserId("U2"),),
        ),
        requirement=REQUIREMENT,
        channel=ChannelId("C0PROD"),
        salt=IDS.secret(),
        created_at=created_at,
        expires_at=created_at + timedelta(minutes=5),
    )
    return replace(request, **changes)


def submit(request: ApprovalRequest) -> Callable[[Transaction], ApprovalRequest]:
    """Return the unit that opens *request*."""

    def unit(tx: Transaction) -> ApprovalRequest:
        step = lifecycle.opened(request)
        tx.add_request(request)
        tx.record(step.event)
        for job in step.jobs:
            tx.enqueue(job)
        return request

    return unit


def end(
    request_id: RequestId, cause: Cause, *, at: datetime = START
) -> Callable[[Transaction], ApprovalRequest]:
    """Return the unit that ends a request because of *cause*."""

    def unit(tx: Transaction) -> ApprovalRequest:
        request = tx.request(request_id)
        assert request is not None
        step = lifecycle.advance(request, cause, now=at)
        tx.save_request(step.request)
        if step.permit is not None:
            tx.save_permit(step.permit)
        tx.record(step.event)
        for job in step.jobs:
            tx.enqueue(job)
        return step.request

    return unit


def save(*nouns: Card | Decision | Job) -> Callable[[Transaction], None]:
    """Return the unit that stores *nouns* in this order."""

    def unit(tx: Transaction) -> None:
        for noun in nouns:
            if isinstance(noun, Card):
                tx.save_card(noun)
            elif isinstance(noun, Decision):
                tx.add_decision(noun)
            else:
                tx.enqueue(noun)

    return unit


@contextlib.asynccontextmanager
async def held_back(store: Store) -> AsyncIterator[None]:
    """Keep SQLite's one writer from committing while the context is open: units queue up.

    On PostgreSQL it would hold up the event loop.
    """
    begun, go_on = threading.Event(), threading.Event()

    def unit(_tx: Transaction) -> None:
        begun.set()
        go_on.wait(timeout=30)

    holding = asyncio.ensure_future(store.write(unit))
    await asyncio.to_thread(begun.wait, 30)
    try:
        yield
        await asyncio.sleep(0)  # what was started inside gets to queue
    finally:
        go_on.set()
        await holding


def opened(path: Path, **options: Any) -> contextlib.AbstractAsyncContextManager[SqlStore]:
    """Open the SQLite store at *path*."""
    return SqlStore.open(path, clock=CLOCK, ids=IDS, source=SOURCE, **options)
