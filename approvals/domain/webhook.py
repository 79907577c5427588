"""A webhook the policy names: where it goes and what its secret is called, never the secret itself.

Read from the policy file, named by rungs of escalations and by agents from outside, sent to by
`operations/deliver_webhook` and `deliver_callback`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One address outside that is told things."""

    name: str
    url: str
    secret_env: str | None = None
    """The environment variable that holds the signing secret (``whsec_…``)."""
    secret_file: str | None = None
    """The file that holds it instead, by its absolute path."""
    takes_callbacks: bool = False
    """Whether agents may have it told how their own requests ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookMessage:
    """What one webhook is told; the id stays the same however often it is tried."""

    id: str
    body: str
    """JSON."""
