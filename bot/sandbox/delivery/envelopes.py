"""What is sent to the app and what comes back: envelopes, acks, and the two ways' common face."""

from dataclasses import dataclass
from typing import Protocol

from bot.sandbox.nouns import JsonObject

INTERACTIVE = "interactive"
SLASH_COMMANDS = "slash_commands"
EVENTS_API = "events_api"

TIMED_OUT = "operation_timeout"
"""Slack's word for an app that did not acknowledge in time."""
DISPATCH_FAILED = "dispatch_failed"
"""Slack's word for an app that could not be reached or answered with an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One payload for the app. `kind` is one of the three envelope types above."""

    id: str
    kind: str
    payload: JsonObject
    accepts_response_payload: bool
    retry_attempt: int = 0
    retry_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """How the app took an envelope: `error` is `None` when it acknowledged in time."""

    error: str | None
    answer: JsonObject | None = None
    after_s: float | None = None
    no_retry: bool = False


class Courier(Protocol):
    """A way to the app."""

    async def send(self, envelope: Envelope) -> Ack:
        """Send one envelope and wait for its ack, at most as long as Slack does."""
