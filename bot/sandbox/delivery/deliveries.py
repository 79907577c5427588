"""Deliveries: every payload to the app goes through here, faults and retries included.

Interactive payloads and commands are sent once; events are sent up to four times, as Slack does
(at once, again at once, after a minute, after five). Whoever calls learns how the first try went.
"""

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from bot.sandbox.delivery.envelopes import (
    EVENTS_API,
    TIMED_OUT,
    Ack,
    Courier,
    Envelope,
)
from bot.sandbox.faults import DELIVERY_KINDS, FaultKind, Faults
from bot.sandbox.nouns import JsonObject

EVENT_RETRIES_AFTER_S = (0.0, 60.0, 300.0)
_REASONS = {TIMED_OUT: "http_timeout"}


class Deliveries:
    """Sends through the courier in force and keeps the background tries."""

    def __init__(
        self,
        courier: Courier,
        *,
        faults: Faults,
        ack_within_s: float,
        event_retries_after_s: tuple[float, ...] = EVENT_RETRIES_AFTER_S,
    ) -> None:
        self._courier = courier
        self._faults = faults
        self._ack_within_s = ack_within_s
        self._retries_after_s = event_retries_after_s
        self._background: set[asyncio.Task[Ack | None]] = set()

    async def send(
        self, kind: str, payload: JsonObject, *, accepts_response_payload: bool = False
    ) -> Ack:
        """Send one payload; returns how its first try was taken."""
        envelope = Envelope(
            id=_new_envelope_id(),
            kind=kind,
            payload=payload,
            accepts_response_payload=accepts_response_payload,
        )
        ack = await self._send_once(envelope)
        if kind == EVENTS_API and ack.error is not None and not ack.no_retry:
            self._in_background(self._retry(envelope, ack))
        return ack

    async def settled(self) -> None:
        """Wait until what was to be sent twice, or again, has been; for tests."""
        while self._background:
            await asyncio.wait(set(self._background))

    async def close(self) -> None:
        """Stop what is still to be sent."""
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    async def _send_once(self, envelope: Envelope) -> Ack:
        fault = self._faults.take(DELIVERY_KINDS, method=envelope.kind)
        if fault is None:
            return await self._courier.send(envelope)
        if fault.kind is FaultKind.LOST_DELIVERY:
            await asyncio.sleep(self._ack_within_s)
            return Ack(error=TIMED_OUT)
        if fault.kind is FaultKind.DELAYED_DELIVERY:
            await asyncio.sleep(fault.seconds)
            return await self._courier.send(envelope)
        self._in_background(self._courier.send(replace(envelope, id=_new_envelope_id())))
        return await self._courier.send(envelope)

    async def _retry(self, envelope: Envelope, first: Ack) -> Ack | None:
        ack = first
        for attempt, after_s in enumerate(self._retries_after_s, start=1):
            await asyncio.sleep(after_s)
            reason = _REASONS.get(ack.error or "", "http_error")
            ack = await self._send_once(
                replace(envelope, retry_attempt=attempt, retry_reason=reason)
            )
            if ack.error is None or ack.no_retry:
                return ack
        return None

    def _in_background(self, sending: Coroutine[Any, Any, Ack | None]) -> None:
        task = asyncio.create_task(sending)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _new_envelope_id() -> str:
    raw = secrets.token_hex(16)
    return "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))
