"""Tells channels of freezes: one message when it begins, one when it has ended.

Called by the outbox for `freeze` jobs; how a message goes out, and what a failure means, is
`sending`.
"""

from approvals.domain.freeze import Freeze
from approvals.domain.ids import ChannelId
from bot.slack.freeze_words import phone_text, told
from bot.slack.rich_text import rich_text
from bot.slack.sending import Drawn, Sending

FREEZE_EVENT = "sayso_freeze"


class SlackFreezeMessenger:
    """Posts what is frozen into the channels of one workspace."""

    def __init__(self, sending: Sending, *, gateway: str) -> None:
        self._sending = sending
        self._gateway = gateway

    async def tell_freeze(self, channel: ChannelId, freeze: Freeze) -> None:
        """Post that *freeze* is in force, or that it has ended.

        Raises:
            Undeliverable, NotNow
        """
        ids = {"freeze": freeze.id, "gateway": self._gateway}
        drawn = Drawn(
            who=f"freeze {freeze.id} {channel}",
            version=1,
            text=phone_text(freeze),
            blocks=[rich_text(f"freeze:{freeze.id}", told(freeze))],
            metadata={"event_type": FREEZE_EVENT, "event_payload": ids},
        )
        await self._sending.post(channel, drawn)
