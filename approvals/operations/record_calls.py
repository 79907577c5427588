"""Audit of the calls a rule allowed or denied at once: gathered in memory, written in batches.

The allow path must not wait for a disk; so its events are stored within FLUSH_AFTER or
FLUSH_EVENTS of them, unless the rule says `audit: strict`. When they cannot be written, the gate
stops allowing (`is_full`): what is not audited does not run.
"""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from approvals.domain import strict_json
from approvals.domain.approval_request import Requester
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.errors import StoreUnavailable
from approvals.domain.freeze import Freeze, covering, refusal
from approvals.domain.ids import ChannelId
from approvals.domain.plain_tool import PlainArguments, PlainTool
from approvals.domain.requirement import Effect, Requirement
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall, salted_digest
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction

FLUSH_AFTER = timedelta(seconds=1)
FLUSH_EVENTS = 500
WAITING_MAX = 10_000
SALT_FACT = "calls.salt"

_NAMES = {Effect.ALLOW: AuditName.CALL_ALLOWED, Effect.DENY: AuditName.CALL_DENIED}

_log = logging.getLogger("sayso.calls")


@dataclass(slots=True)
class _Entry:
    """One call as it is remembered; its event is made when it is written."""

    tool: str
    arguments: str | dict[str, JsonValue]
    """Canonical JSON, or plain values, to be written so with the event."""
    requirement: Requirement
    requester: Requester
    at: datetime
    is_frozen: bool = False
    """It was refused because of a freeze."""


_Plain: TypeAlias = tuple[PlainTool, PlainArguments, Requirement, float]
"""An allowed plain call, with the clock's seconds: it becomes an entry when it is written."""


class CallLog:
    """The allowed and denied calls not yet in the audit log."""

    def __init__(self) -> None:
        """Start empty."""
        self._waiting: deque[_Entry | _Plain] = deque()
        self._is_due = asyncio.Event()
        self._writing = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether so much could not be written that nothing more may be allowed."""
        return len(self._waiting) >= WAITING_MAX

    def add(
        self,
        call: ToolCall,
        requirement: Requirement,
        *,
        requester: Requester,
        at: datetime,
        is_frozen: bool = False,
    ) -> None:
        """Remember one call, which may run only if this returns and it is not frozen.

        Raises:
            UnsafeText: a name in it cannot be written, and would keep all others from it.
        """
        strict_json.refuse_unsafe(call.tool, requester.agent, requester.person)
        self._waiting.append(
            _Entry(call.tool, call.arguments_json, requirement, requester, at, is_frozen)
        )
        if len(self._waiting) >= FLUSH_EVENTS:
            self._is_due.set()

    def add_plain(
        self,
        tool: PlainTool,
        arguments: PlainArguments,
        requirement: Requirement,
        elapsed_s: float,
    ) -> bool:
        """Remember one allowed call, which may run; False, and nothing is kept, where `is_full`.

        *elapsed_s* is what the clock says now.
        """
        count = len(self._waiting)
        if count >= WAITING_MAX:
            return False
        self._waiting.append((tool, arguments, requirement, elapsed_s))
        if count + 1 >= FLUSH_EVENTS:
            self._is_due.set()
        return True

    async def until_due(self) -> None:
        """Wait for FLUSH_AFTER, or less when FLUSH_EVENTS wait already."""
        if len(self._waiting) < FLUSH_EVENTS:
            self._is_due.clear()
        try:
            async with asyncio.timeout(FLUSH_AFTER.total_seconds()):
                await self._is_due.wait()
        except TimeoutError:
            return

    async def flush(self, desk: Desk) -> int:
        """Write what waits and return how many events that were.

        A caller that is cancelled leaves the writing to go on: what is on its way to the store
        is written once, however often this is called.

        Raises:
            StoreUnavailable: nothing was written; everything still waits.
        """
        return await asyncio.shield(asyncio.ensure_future(self._flush(desk)))

    async def _flush(self, desk: Desk) -> int:
        async with self._writing:
            batch = tuple(self._waiting)
            if not batch:
                return 0
            try:
                await self._write(desk, *batch)
            except StoreUnavailable:
                raise
            except Exception:
                _log.exception("%d calls could not be audited together; one by one now", len(batch))
                await self._write_singly(desk, batch)
            return len(batch)

    async def _write(self, desk: Desk, *batch: _Entry | _Plain) -> None:
        await _record(desk, *batch)
        for _ in batch:
            self._waiting.popleft()

    async def _write_singly(self, desk: Desk, batch: tuple[_Entry | _Plain, ...]) -> None:
        for entry in batch:
            try:
                await self._write(desk, entry)
            except StoreUnavailable:
                raise
            except Exception:
                _log.exception("A call of %r is left out of the audit log", _tool(entry))
                self._waiting.popleft()


async def record_call(
    desk: Desk,
    call: ToolCall,
    requirement: Requirement,
    *,
    requester: Requester,
    card_channel: ChannelId | None = None,
) -> None:
    """Write one call's event before it runs, for rules that say `audit: strict`.

    Raises:
        Frozen: a rule allows it and a freeze is in force; that is written instead.
        StoreUnavailable: nothing was written.
    """
    fresh, now = desk.ids.secret(), desk.clock.now()
    entry = _Entry(call.tool, call.arguments_json, requirement, requester, now)

    def unit(tx: Transaction) -> Freeze | None:
        found = None
        if requirement.effect is Effect.ALLOW:
            found = covering(tx.freezes(), requirement.channel, card_channel, now=entry.at)
        written = replace(entry, is_frozen=found is not None)
        tx.record(_event(desk, written, _salt(tx, fresh)))
        return found

    freeze = await desk.store.write(unit)
    if freeze is not None:
        raise refusal(freeze)


async def _record(desk: Desk, *entries: _Entry | _Plain) -> None:
    fresh, now, elapsed_s = desk.ids.secret(), desk.clock.now(), desk.clock.elapsed_s()

    def unit(tx: Transaction) -> None:
        salt = _salt(tx, fresh)
        whole = (_entry(each, now=now, elapsed_s=elapsed_s) for each in entries)
        tx.record(*(_event(desk, entry, salt) for entry in whole))

    await desk.store.write(unit)


def _entry(kept: _Entry | _Plain, *, now: datetime, elapsed_s: float) -> _Entry:
    """Return what was kept with the time of its call: as long before *now* as has elapsed since."""
    if isinstance(kept, _Entry):
        return kept
    tool, arguments, requirement, called_s = kept
    at = now - timedelta(seconds=elapsed_s - called_s)
    return _Entry(tool.name, tool.named(arguments), requirement, tool.requester, at)


def _tool(kept: _Entry | _Plain) -> str:
    return kept.tool if isinstance(kept, _Entry) else kept[0].name


def _salt(tx: Transaction, fresh: str) -> str:
    """Return this store's salt for calls without a request; replacing the fact is purging.

    Without it a digest could be undone by trying: many arguments are a name or a small number.
    """
    stored = tx.fact(SALT_FACT)
    if stored is None:
        stored = fresh
        tx.set_fact(SALT_FACT, stored)
    return stored


def _event(desk: Desk, entry: _Entry, salt: str) -> AuditEvent:
    written, requirement = entry.arguments, entry.requirement
    text = written if isinstance(written, str) else strict_json.write(written)
    return AuditEvent(
        name=AuditName.CALL_FROZEN if entry.is_frozen else _NAMES[requirement.effect],
        subject=entry.tool,
        at=entry.at,
        data={
            "tool": entry.tool,
            "args_digest": salted_digest(salt, text),
            "agent": entry.requester.agent,
            "person": entry.requester.person,
            "channel": requirement.channel,
            "rules": [match.name for match in requirement.rules],
            "policy_version": requirement.policy_version,
            "gateway": desk.owner,
        },
    )
