"""The messages of every channel: posted, edited, deleted, threaded, ephemeral, with ⚠ marks.

Part of the workspace, which hands its reads on. It gives out `ts` values (unique and increasing
within a channel, across restarts too) and stores before it tells anybody. It checks nothing: what
an app may post is decided in `web_api/chat.py`.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from bot.sandbox.clock import Clock
from bot.sandbox.drawer import Drawer
from bot.sandbox.nouns import Change, ChangeKind, ClickWarning, Message

_KIND = "message"


class MessageLog:
    """Messages by channel and ts. Ephemeral ones live in memory only, as they do in Slack."""

    def __init__(self, drawer: Drawer, *, clock: Clock, notify: Callable[[Change], None]) -> None:
        """Read what the drawer holds."""
        self._drawer = drawer
        self._clock = clock
        self._notify = notify
        self._messages: dict[tuple[str, str], Message] = {}
        self._top_level: dict[str, list[str]] = defaultdict(list)
        self._replies: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._ephemerals: dict[tuple[str, str], Message] = {}
        self._last_us: dict[str, int] = defaultdict(int)
        for body in drawer.all(_KIND):
            warnings = tuple(ClickWarning(**w) for w in body.pop("warnings"))
            self._index(Message(**body, warnings=warnings))

    def next_ts(self, channel_id: str) -> str:
        """A `ts` for the next message: now, but always later than the channel's last one."""
        now_us = int(self._clock.epoch_s() * 1_000_000)
        chosen = max(now_us, self._last_us[channel_id] + 1)
        self._last_us[channel_id] = chosen
        return f"{chosen // 1_000_000}.{chosen % 1_000_000:06d}"

    def messages(
        self, channel_id: str, limit: int, *, thread_ts: str | None = None
    ) -> list[Message]:
        """The newest `limit` top-level messages or replies, oldest first; a parent leads."""
        if thread_ts is None:
            shown = self._top_level[channel_id]
            return [self._messages[channel_id, ts] for ts in shown[-limit:]]
        parent = self._messages.get((channel_id, thread_ts))
        replies = self._replies[channel_id, thread_ts][-limit:]
        thread = [self._messages[channel_id, ts] for ts in replies]
        return thread if parent is None else [parent, *thread]

    def message(self, channel_id: str, ts: str) -> Message | None:
        """One message, ephemeral ones included."""
        place = (channel_id, ts)
        return self._messages.get(place) or self._ephemerals.get(place)

    def reply_count(self, channel_id: str, ts: str) -> int:
        """Replies in the message's thread."""
        return len(self._replies.get((channel_id, ts), ()))

    def ephemerals(self, person_id: str, channel_id: str | None = None) -> list[Message]:
        """One person's ephemeral messages, oldest first."""
        return [
            m
            for m in self._ephemerals.values()
            if m.ephemeral_to == person_id and channel_id in {None, m.channel_id}
        ]

    def put(self, message: Message) -> Message:
        """Store a new or changed message, then tell the listeners (of its parent as well)."""
        place = (message.channel_id, message.ts)
        if message.ephemeral_to is not None:
            self._ephemerals[place] = message
            self._tell(ChangeKind.EPHEMERAL, message)
            return message
        self._drawer.put(_KIND, "/".join(place), message)
        is_new = place not in self._messages
        self._index(message)
        self._tell(ChangeKind.MESSAGE, message)
        if is_new and message.is_reply:
            self._tell_parent(message)
        return message

    def remove(self, message: Message) -> None:
        """Delete a message; its replies stay, as in Slack."""
        place = (message.channel_id, message.ts)
        if message.ephemeral_to is not None:
            self._ephemerals.pop(place, None)
            self._tell(ChangeKind.EPHEMERAL, message)
            return
        self._drawer.drop(_KIND, "/".join(place))
        self._messages.pop(place, None)
        siblings = self._siblings(message)
        if message.ts in siblings:
            siblings.remove(message.ts)
        self._tell(ChangeKind.MESSAGE, message)
        if message.is_reply:
            self._tell_parent(message)

    def warn(self, message: Message, warning: ClickWarning) -> None:
        """Put a ⚠ beside one button for one person."""
        others = _without(message, warning)
        self._put_quietly(replace(message, warnings=(*others, warning)))
        self._tell(ChangeKind.WARNING, message, warning.person_id)

    def clear_warning(self, message: Message, warning: ClickWarning) -> None:
        """Take the ⚠ of one button away, where there is one."""
        others = _without(message, warning)
        if others != message.warnings:
            self._put_quietly(replace(message, warnings=others))
            self._tell(ChangeKind.WARNING, message, warning.person_id)

    def _put_quietly(self, message: Message) -> None:
        place = (message.channel_id, message.ts)
        if message.ephemeral_to is not None:
            self._ephemerals[place] = message
            return
        self._drawer.put(_KIND, "/".join(place), message)
        self._messages[place] = message

    def _index(self, message: Message) -> None:
        place = (message.channel_id, message.ts)
        if place not in self._messages:
            insort(self._siblings(message), message.ts)
            seconds, _, micros = message.ts.partition(".")
            last = int(seconds) * 1_000_000 + int(micros)
            self._last_us[message.channel_id] = max(self._last_us[message.channel_id], last)
        self._messages[place] = message

    def _siblings(self, message: Message) -> list[str]:
        if message.is_reply and message.thread_ts is not None:
            return self._replies[message.channel_id, message.thread_ts]
        return self._top_level[message.channel_id]

    def _tell_parent(self, reply: Message) -> None:
        change = Change(kind=ChangeKind.MESSAGE, channel_id=reply.channel_id, ts=reply.thread_ts)
        self._notify(change)

    def _tell(self, kind: ChangeKind, message: Message, person_id: str | None = None) -> None:
        self._notify(
            Change(
                kind=kind,
                channel_id=message.channel_id,
                ts=message.ts,
                person_id=person_id or message.ephemeral_to,
                thread_ts=message.thread_ts,
            )
        )


def _without(message: Message, warning: ClickWarning) -> tuple[ClickWarning, ...]:
    same = (warning.person_id, warning.block_id, warning.action_id)
    return tuple(w for w in message.warnings if (w.person_id, w.block_id, w.action_id) != same)
