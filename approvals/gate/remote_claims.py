"""Permits of a gateway elsewhere: claimed before a body runs, and its end told until it is heard.

Used by `remote_gateway`. A claim has an id of its own, so that asking again after a lost answer
claims nothing new; one whose answer never came is given up in the background, and nothing ran.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from approvals.domain.durations import format_duration
from approvals.domain.ids import RequestId
from approvals.domain.permit import PermitState
from approvals.gate import wire
from approvals.gate.gateway import Clearance
from approvals.gate.remote_door import Refused, RemoteDoor, Trouble
from approvals.gate.remote_outcomes import outcome_in
from approvals.gate.remote_patience import Patience
from approvals.gate.remote_question import RemoteQuestion

GIVE_UP_WITHIN_S = 300.0
"""How long the background tries to close a claim that nobody uses; then its lease ends it."""
NOT_BEGUN = "Cancelled before it ran. It did not run."
Spawn = Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]
_log = logging.getLogger("sayso.gate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A claim of this process."""

    attempt: int
    has_key: bool


@dataclass(slots=True, kw_only=True)
class RemoteClaims:
    """The claims of one gate; see the module."""

    door: RemoteDoor
    patience: Patience
    spawn: Spawn
    """Starts what goes on without its caller, and is waited for when the gate closes."""
    lease: timedelta | None = None
    _held: dict[RequestId, Held] = field(default_factory=dict)

    async def take(
        self, question: RemoteQuestion, request_id: RequestId, *, until: float
    ) -> Clearance:
        """Claim the permit of an approved request.

        Raises:
            Refused: it cannot be claimed.
            Trouble: there was no answer *until* then. Nothing may run.
        """
        claim = wire.Claim(
            digest=question.digest,
            claim_id=secrets.token_hex(16),
            lease=None if self.lease is None else format_duration(self.lease),
        )
        attempt = partial(self.door.claim, request_id, claim)
        taking = self.spawn(self.patience.persist(attempt, until=until))
        try:
            claimed: wire.Claimed = await asyncio.shield(taking)
        except (asyncio.CancelledError, Trouble):
            taking.cancel()
            self.spawn(self._give_up(request_id, claim, has_key=question.has_key))
            raise
        self._held[request_id] = Held(attempt=claimed.attempt, has_key=question.has_key)
        is_edited = claimed.outcome.edited is not None
        return Clearance(
            request_id=request_id,
            digest=claimed.digest,
            arguments_json=claimed.arguments_json,
            asked_digest=question.digest if is_edited else None,
            outcome=outcome_in(claimed.outcome, request_id),
        )

    async def report(
        self, clearance: Clearance, *, succeeded: bool, result: str, is_unknown: bool
    ) -> None:
        """Tell how the body ended; what takes longer than a moment goes on by itself."""
        status = PermitState.SUCCEEDED if succeeded else PermitState.FAILED
        if is_unknown:
            status = PermitState.UNKNOWN
        held = self._held.pop(clearance.request_id or RequestId(""), None)
        if held is None or clearance.request_id is None:
            return
        telling = self.spawn(self._told(clearance.request_id, held, status=status, result=result))
        await asyncio.wait({telling}, timeout=self.patience.times.report_s)

    async def give_back(self, clearance: Clearance) -> None:
        """Say that the body never began."""
        held = self._held.pop(clearance.request_id or RequestId(""), None)
        if held is None or clearance.request_id is None:
            return
        giving = self.spawn(self._given_back(clearance.request_id, held))
        await asyncio.wait({giving}, timeout=self.patience.times.report_s)

    async def _told(
        self, request_id: RequestId, held: Held, *, status: PermitState, result: str
    ) -> None:
        text = result.encode(errors="replace").decode()[: wire.RESULT_TEXT_MAX_CHARS]
        report = wire.Report.model_validate(
            {"status": status, "result": text.replace("\x00", "�"), "attempt": held.attempt}
        )
        await self._until_heard(request_id, partial(self.door.report, request_id, report))

    async def _given_back(self, request_id: RequestId, held: Held) -> None:
        if not held.has_key:  # nobody can come back for it
            await self._told(request_id, held, status=PermitState.FAILED, result=NOT_BEGUN)
            return
        release = wire.Release(attempt=held.attempt)
        await self._until_heard(request_id, partial(self.door.release, request_id, release))

    async def _give_up(self, request_id: RequestId, claim: wire.Claim, *, has_key: bool) -> None:
        """Close a claim that may have been made; under its id it is found, or made and closed."""
        until = asyncio.get_running_loop().time() + GIVE_UP_WITHIN_S
        try:
            claimed = await self.patience.persist(
                partial(self.door.claim, request_id, claim), until=until
            )
        except Refused:
            return
        except Trouble as trouble:
            _log.error("Whether request %s is claimed is not known: %s", request_id, trouble.said)
            return
        await self._given_back(request_id, Held(attempt=claimed.attempt, has_key=has_key))

    async def _until_heard(self, request_id: RequestId, telling: Callable[[], Any]) -> None:
        try:
            await self.patience.persist(telling)
        except Refused as refusal:
            if refusal.code == "claim_refused" and await self._has_ended(request_id):
                return  # it was heard before, and the answer got lost
            _log.error("How request %s ended is not kept: %s", request_id, refusal.said)
        except asyncio.CancelledError:
            _log.error(
                "How request %s ended could not be told before the gate closed; its permit will "
                "read `unknown`.",
                request_id,
            )
            raise

    async def _has_ended(self, request_id: RequestId) -> bool:
        try:
            permit = (await self.door.read(request_id)).permit
        except (Refused, Trouble):
            return False
        return permit is not None and permit.state in (PermitState.SUCCEEDED, PermitState.FAILED)
