"""The `Messenger` port over chat.postMessage and chat.update: cards go out here and nowhere else.

Called by the outbox only. It never sleeps and never retries: what cannot go out now is `NotNow`
with the wait Slack (or the pace) demands, what can never go out is `Undeliverable`. One message is
written by one call at a time and never falls back to an older version (case E14).
"""

import asyncio
from collections import OrderedDict
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

from approvals.domain.ids import ChannelId
from approvals.operations.ports import CardContent, NotNow, Posted, Undeliverable
from bot.slack.card_text import notification_text
from bot.slack.cards import card_blocks
from bot.slack.escaping import POSTING
from bot.slack.pacing import POST, UPDATE, Pace, Pacing
from bot.slack.slack_methods import lane_of
from bot.slack.web_api import (
    TOKEN_ERRORS,
    SlackBusy,
    SlackRefused,
    SlackUnreachable,
    WebApi,
)

CARD_EVENT = "sayso_card"
VERSIONS_REMEMBERED_MAX = 10_000

PERMANENT_ERRORS = TOKEN_ERRORS | {
    "as_user_not_supported",
    "block_mismatch",
    "cannot_reply_to_message",
    "cant_update_message",
    "channel_not_found",
    "channel_type_not_supported",
    "edit_window_closed",
    "invalid_arguments",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_metadata_format",
    "is_archived",
    "is_inactive",
    "message_limit_exceeded",
    "message_not_found",
    "messages_tab_disabled",
    "metadata_too_large",
    "missing_scope",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_permission",
    "no_text",
    "not_allowed_token_type",
    "not_in_channel",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_locked",
    "team_access_not_granted",
    "team_not_found",
    "user_not_found",
}


class SlackMessenger:
    """Posts and updates the cards of one workspace."""

    def __init__(self, api: WebApi, *, gateway: str, pacing: Pacing | None = None) -> None:
        self._api = api
        self._gateway = gateway
        self._pacing = pacing or Pacing()
        self._writing: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._shown: OrderedDict[tuple[str, str], int] = OrderedDict()

    async def post(self, content: CardContent, *, now: datetime) -> Posted:
        """Post the card; its metadata holds ids only, because every app may read it.

        Raises:
            Undeliverable, NotNow
        """
        card = content.card
        answer = await self._send(
            "chat.postMessage",
            card.channel,
            pace=POST,
            who=card.id,
            arguments={
                "thread_ts": content.request.thread_ts,
                # A card in a thread alone would reach nobody who may approve.
                "reply_broadcast": True if content.request.thread_ts else None,
                "text": notification_text(content, now),
                "blocks": card_blocks(content, now),
                "metadata": self._metadata(content),
                **POSTING,
            },
        )
        posted = Posted(channel=ChannelId(answer["channel"]), ts=answer["ts"])
        self._remember((posted.channel, posted.ts), content.request.version)
        return posted

    async def update(self, content: CardContent, *, now: datetime) -> None:
        """Make the posted card show *content*, unless a later version is there already.

        Raises:
            Undeliverable, NotNow
        """
        card = content.card
        assert card.ts is not None
        place = (card.channel, card.ts)
        lock = self._writing.setdefault(place, asyncio.Lock())
        async with lock:
            if self._shown.get(place, 0) > content.request.version:
                return
            await self._send(
                "chat.update",
                card.channel,
                pace=UPDATE,
                who=card.id,
                arguments={
                    "ts": card.ts,
                    "text": notification_text(content, now),
                    "blocks": card_blocks(content, now),
                    "metadata": self._metadata(content),
                    "parse": "none",
                    "link_names": False,
                },
            )
            self._remember(place, content.request.version)

    async def _send(
        self, method: str, channel: str, *, pace: Pace, who: str, arguments: dict[str, Any]
    ) -> dict[str, Any]:
        # No slot is promised on a closed lane: it could not be kept.
        if self._api.closed_for_s(method, channel=channel) == 0:
            wait_s = self._pacing.wait_s(lane_of(method, channel), pace, who=who)
            if wait_s > 0:
                raise NotNow("paced", retry_after_s=wait_s)
        try:
            return await self._api.call(method, channel=channel, **arguments)
        except SlackBusy as busy:
            raise NotNow(busy.code, retry_after_s=busy.retry_after_s) from None
        except SlackUnreachable as failure:
            raise NotNow(failure.code) from failure
        except SlackRefused as refusal:
            if refusal.code in PERMANENT_ERRORS:
                raise Undeliverable(refusal.code) from refusal
            raise NotNow(refusal.code) from refusal

    def _metadata(self, content: CardContent) -> dict[str, Any]:
        ids = {
            "request": content.request.id,
            "nonce": content.card.nonce,
            "gateway": self._gateway,
        }
        return {"event_type": CARD_EVENT, "event_payload": ids}

    def _remember(self, place: tuple[str, str], version: int) -> None:
        self._shown[place] = version
        self._shown.move_to_end(place)
        while len(self._shown) > VERSIONS_REMEMBERED_MAX:
            self._shown.popitem(last=False)
