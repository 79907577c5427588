"""The `Messenger` port over chat.postMessage and chat.update: cards go out here and nowhere else.

So do reminders of them. Called by the outbox only. Metadata holds ids alone, because every app of
the workspace may read it; how a message goes out, and what a failure means, is `sending`.
"""

from datetime import datetime
from typing import Any

from approvals.domain.card import Card
from approvals.domain.telling import Telling
from approvals.operations.policy_news import PolicyNews
from approvals.operations.ports import CardContent, Posted
from approvals.operations.reminder_messenger import Reminder
from bot.slack.policy_message import policy_blocks, policy_text
from bot.slack.reminder_message import reminder_blocks, reminder_text
from bot.slack.replies import reply_elements, reply_text
from bot.slack.rich_text import rich_text
from bot.slack.sending import Drawn, Sending
from bot.slack.turn_card import message_blocks, message_text

CARD_EVENT = "sayso_card"
REMINDER_EVENT = "sayso_reminder"
POLICY_EVENT = "sayso_policy"


class SlackMessenger:
    """Posts and updates the cards of one workspace."""

    def __init__(self, sending: Sending, *, gateway: str) -> None:
        self._sending = sending
        self._gateway = gateway

    async def post(self, content: CardContent, *, now: datetime) -> Posted:
        """Post the card.

        Raises:
            Undeliverable, NotNow
        """
        # A card in a thread alone would reach nobody who may approve.
        return await self._sending.post(
            content.card.channel,
            self._drawn(content, now),
            thread_ts=content.thread_ts,
            is_broadcast=True,
        )

    async def update(self, content: CardContent, *, now: datetime) -> None:
        """Make the posted card show *content*, unless a later version is there already.

        Raises:
            CardGone, Undeliverable, NotNow
        """
        card = content.card
        assert card.ts is not None
        await self._sending.update(card.channel, card.ts, self._drawn(content, now))

    async def is_there(self, card: Card) -> bool:
        """Whether the posted card still stands in Slack.

        Raises:
            Undeliverable, NotNow
        """
        assert card.ts is not None
        return await self._sending.is_there(card.channel, card.ts, who=card.id)

    async def remind(self, reminder: Reminder, *, now: datetime) -> None:
        """Post the reminder below its card; in the channel too where it calls nobody.

        Raises:
            Undeliverable, NotNow
        """
        content = reminder.content
        ids = {"reminder": reminder.key, "gateway": self._gateway}
        calls = bool(reminder.audience.users or reminder.audience.usergroups)
        await self._sending.post(
            content.card.channel,
            Drawn(
                who=f"{content.card.id}:{reminder.key}",
                version=1,
                text=reminder_text(reminder, now),
                blocks=reminder_blocks(reminder, now),
                metadata={"event_type": REMINDER_EVENT, "event_payload": ids},
            ),
            thread_ts=content.thread_ts or content.card.ts,
            is_broadcast=not calls,
        )

    async def reply(self, content: CardContent, telling: Telling) -> None:
        """Say *telling* below the card, or in the thread the card itself stands in.

        Raises:
            Undeliverable, NotNow
        """
        card = content.card
        assert card.ts is not None
        drawn = Drawn(
            who=f"{card.id}:{telling.key}",
            version=content.request.version,
            text=reply_text(content, telling),
            blocks=[rich_text("reply", reply_elements(content, telling))],
            metadata=self._metadata(content),
        )
        thread = content.thread_ts or card.ts
        await self._sending.post(card.channel, drawn, thread_ts=thread, is_reply=True)

    async def tell_policy(self, news: PolicyNews) -> None:
        """Post that the policy changed.

        Raises:
            Undeliverable, NotNow
        """
        ids = {"policy": news.version, "gateway": self._gateway}
        drawn = Drawn(
            who=f"policy:{news.version}",
            version=1,
            text=policy_text(news),
            blocks=policy_blocks(news),
            metadata={"event_type": POLICY_EVENT, "event_payload": ids},
        )
        await self._sending.post(news.channel, drawn)

    def _drawn(self, content: CardContent, now: datetime) -> Drawn:
        return Drawn(
            who=content.card.id,
            version=content.version,
            text=message_text(content, now),
            blocks=message_blocks(content, now),
            metadata=self._metadata(content),
        )

    def _metadata(self, content: CardContent) -> dict[str, Any]:
        ids = {
            "request": content.request.id,
            "nonce": content.card.nonce,
            "gateway": self._gateway,
        }
        return {"event_type": CARD_EVENT, "event_payload": ids}
