"""The port through which webhooks are sent; `bot/webhooks` implements it."""

from datetime import datetime
from typing import Protocol

from approvals.domain.webhook import Webhook, WebhookMessage


class WebhookSender(Protocol):
    """Sends signed messages to the addresses of the policy."""

    async def send(self, webhook: Webhook, message: WebhookMessage, *, now: datetime) -> None:
        """Send *message*; returns once the other side has taken it.

        Raises:
            NotNow: it was not taken; `code` says why.
        """
        ...
