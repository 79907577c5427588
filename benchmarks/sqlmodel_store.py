"""The baseline most programs of this kind have: one SQLModel AsyncSession for each decision.

SQLModel over SQLAlchemy's async engine and aiosqlite, WAL and synchronous=FULL as ours, with the
pool as it comes. It reads the request, compares and sets its status, adds an audit row and a job,
and commits; it keeps no hash chain.
"""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from approvals.storage.clock import SystemClock
from approvals.storage.tables import ApprovalRequestRow, AuditEventRow, JobRow

CLOCK = SystemClock()
BUSY_TIMEOUT_S = 30
_seq = itertools.count(1)


@asynccontextmanager
async def an_engine(path: Path) -> AsyncIterator[AsyncEngine]:
    """Open *path*, a database the store has made."""
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}", connect_args={"timeout": BUSY_TIMEOUT_S}
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _full(connection: Any, _: object) -> None:
        connection.cursor().execute("PRAGMA synchronous=FULL")

    yield engine
    await engine.dispose()


async def decide(engine: AsyncEngine, request_id: str) -> None:
    """Store one decision in a session of its own."""
    now = CLOCK.now().isoformat()
    async with AsyncSession(engine) as session:
        found = await session.exec(
            select(ApprovalRequestRow).where(ApprovalRequestRow.id == request_id)
        )
        row = found.one()
        changed = await session.exec(
            update(ApprovalRequestRow)
            .where(col(ApprovalRequestRow.id) == row.id)
            .where(col(ApprovalRequestRow.version) == row.version)
            .values(status="approved", cause="people", version=row.version + 1, ended_at=now)
        )
        assert changed.rowcount == 1
        session.add(
            AuditEventRow(
                seq=next(_seq),
                name="request.approved",
                subject=request_id,
                body="{}",
                prev_hash="",
                hash="",
            )
        )
        session.add(
            JobRow(
                kind="card",
                subject=request_id,
                run_at=now,
                due_at=now,
                generation=1,
                attempt=0,
                owner=None,
            )
        )
        await session.commit()
