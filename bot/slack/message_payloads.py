"""Payloads about messages people wrote: a shortcut used on one, and one that mentions us.

Read as strictly as the clicks in `payloads`. The text is what people wrote; nothing in it is
trusted but who wrote it.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from approvals.domain.ids import ChannelId, TeamId, UserId
from bot.slack.escaping import unescape
from bot.slack.payloads import (
    ChannelText,
    Malformed,
    Part,
    Sender,
    TeamText,
    TriggerText,
    TsText,
    UserText,
    read_as,
)

_Text = Annotated[str, StringConstraints(max_length=400_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAction:
    """A shortcut was used on a message."""

    sender: Sender
    channel: ChannelId
    ts: str
    text: str
    """As Slack keeps it: entities escaped."""
    trigger_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A message that mentions us."""

    event_id: str
    sender: Sender
    channel: ChannelId
    ts: str
    thread_ts: str | None
    """None for a message that stands in the channel itself."""
    text: str
    """As the person typed it, without our name."""
    is_first: bool
    """Whether the message begins with our name."""
    is_bot: bool
    """A bot wrote it, or Slack itself."""


class _ShortcutUser(Part):
    id: UserText
    team_id: TeamText | None = None


class _Team(Part):
    id: TeamText


class _Channel(Part):
    id: ChannelText


class _Shown(Part):
    ts: TsText
    text: _Text | None = None


class _MessageAction(Part):
    user: _ShortcutUser
    team: _Team | None = None
    channel: _Channel
    message: _Shown
    trigger_id: TriggerText


class _AppMention(Part):
    user: UserText | None = None
    bot_id: str | None = None
    subtype: str | None = None
    user_team: TeamText | None = None
    team: TeamText | None = None
    text: _Text = ""
    ts: TsText
    thread_ts: TsText | None = None
    channel: ChannelText


class _EventCallback(Part):
    event_id: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    team_id: TeamText
    event: _AppMention = Field()


def message_action(body: dict[str, Any]) -> MessageAction:
    """Read a message shortcut.

    Raises:
        Malformed
    """
    read = read_as(_MessageAction, body)
    team = read.user.team_id or (read.team.id if read.team else None)
    if team is None:
        raise Malformed("user.team_id")
    return MessageAction(
        sender=Sender(user=UserId(read.user.id), team=TeamId(team)),
        channel=ChannelId(read.channel.id),
        ts=read.message.ts,
        text=read.message.text or "",
        trigger_id=read.trigger_id,
    )


def mention(body: dict[str, Any], *, us: UserId) -> Mention:
    """Read an `app_mention`; *us* is our own bot user.

    Raises:
        Malformed
    """
    read = read_as(_EventCallback, body)
    event = read.event
    if event.user is None and event.bot_id is None:
        raise Malformed("event.user")
    team = event.user_team or event.team or read.team_id
    name = re.compile(rf"<@{re.escape(us)}(?:\|[^>]*)?>")
    text = event.text.strip()
    is_reply = event.thread_ts is not None and event.thread_ts != event.ts
    return Mention(
        event_id=read.event_id,
        sender=Sender(user=UserId(event.user or ""), team=TeamId(team)),
        channel=ChannelId(event.channel),
        ts=event.ts,
        thread_ts=event.thread_ts if is_reply else None,
        text=unescape(name.sub("", text, count=1).strip()),
        is_first=name.match(text) is not None,
        is_bot=event.bot_id is not None or event.user == us,
    )
