"""What the page shows of the workspace to one person: sidebar, rows of messages, dialogs.

Reads the workspace and makes plain values for the templates; changes nothing. Called by `render`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from bot.sandbox.nouns import (
    SLACKBOT_ID,
    Channel,
    JsonObject,
    Message,
    MessageShortcut,
    OpenView,
    Person,
)
from bot.sandbox.page.drawing import blocks
from bot.sandbox.page.mrkdwn import mrkdwn
from bot.sandbox.page.names import Names, Place
from bot.sandbox.workspace import Workspace

_SAME_BREATH = timedelta(minutes=5)
_TINTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """How somebody is shown beside a message or in the sidebar."""

    name: str
    initials: str
    tint: int
    is_app: bool = False
    badge: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One message, ready for its template."""

    message: Message
    face: Face
    body: Markup
    notice: Markup
    sent_at: datetime
    compact: bool = False
    reply_count: int = 0
    last_reply_at: datetime | None = None
    shortcuts: Sequence[MessageShortcut] = ()
    """The app's entries in the message's menu."""
    app_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """The modal on top of a person's stack."""

    view: JsonObject
    id: str
    body: Markup
    depth: int


def sent_at(ts: str) -> datetime:
    """The time inside a message's ts."""
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


class Picture:
    """The workspace as one person sees it at this moment."""

    def __init__(self, workspace: Workspace, viewer: Person) -> None:
        self.workspace = workspace
        self.viewer = viewer
        self.direct = workspace.direct_messages(viewer.id)
        self.names = _names(workspace, viewer)

    def channels(self) -> list[Channel]:
        """The channels this person may read, in the workspace's order; direct messages left out."""
        return [c for c in self.workspace.channels() if not c.is_im and self.may_read(c)]

    def may_read(self, channel: Channel) -> bool:
        """Members read; others only what is public, and only when they are of this workspace."""
        if self.viewer.id in channel.members:
            return True
        outsider = self.viewer.is_restricted or self.viewer.is_ultra_restricted
        outsider = outsider or self.viewer.is_stranger or self.viewer.deleted
        return not (outsider or channel.is_private or channel.is_im)

    def may_write(self, channel: Channel) -> bool:
        """Whether the composer is offered."""
        return self.viewer.id in channel.members and not channel.is_archived

    def rows(self, channel_id: str, *, thread_ts: str | None = None) -> list[Row]:
        """The last messages of a channel, or a thread, with this person's private ones between."""
        said = self.workspace.messages(channel_id, thread_ts=thread_ts)
        oldest = said[0].ts if len(said) >= 100 and thread_ts is None else ""
        private = [
            m
            for m in self.workspace.ephemerals(self.viewer.id, channel_id)
            if m.thread_ts == thread_ts and m.ts > oldest
        ]
        together = sorted([*said, *private], key=lambda m: _order(m.ts))
        before: list[Message | None] = [None, *together[:-1]]
        return [
            self.row(message, previous=previous, in_thread=thread_ts is not None)
            for message, previous in zip(together, before, strict=False)
        ]

    def row(
        self, message: Message, *, previous: Message | None = None, in_thread: bool = False
    ) -> Row:
        """One message; `previous` decides whether its author is named again."""
        replies = 0
        last_reply_at = None
        if not in_thread and message.ephemeral_to is None:
            replies = self.workspace.reply_count(message.channel_id, message.ts)
        if replies:
            thread = self.workspace.messages(message.channel_id, thread_ts=message.ts)
            last_reply_at = sent_at(thread[-1].ts)
        return Row(
            message=message,
            face=self.face_of(message),
            body=self._body(message, in_thread=in_thread),
            notice=mrkdwn(message.text, self.names),
            sent_at=sent_at(message.ts),
            compact=_same_breath(message, previous),
            reply_count=replies,
            last_reply_at=last_reply_at,
            shortcuts=self._shortcuts(message),
            app_name=self.workspace.seed.app_name,
        )

    def _shortcuts(self, message: Message) -> Sequence[MessageShortcut]:
        is_for_all = message.ephemeral_to is None and not self.viewer.is_stranger
        return self.workspace.seed.shortcuts if is_for_all else ()

    def face_of(self, message: Message) -> Face:
        """The author of a message."""
        if message.user_id == SLACKBOT_ID:
            return Face(name="Slackbot", initials="♥", tint=0, badge="APP")
        author = self.workspace.person(message.user_id)
        if author is None:
            name = self.workspace.seed.app_name if message.bot_id else message.user_id
            return Face(name=name, initials=name[:1], tint=0, is_app=bool(message.bot_id))
        return face(author)

    def dialog(self) -> Dialog | None:
        """The modal this person has on top, if any."""
        stack = self.workspace.view_stack(self.viewer.id)
        if not stack:
            return None
        top = stack[-1]
        return Dialog(view=top.view, id=top.id, body=self.view_body(top), depth=len(stack))

    def view_body(self, opened: OpenView) -> Markup:
        """The blocks of a modal or of the App Home."""
        place = Place(names=self.names, prefix=f"v-{opened.id}", errors=opened.errors)
        return blocks(opened.view.get("blocks") or [], place)

    def _body(self, message: Message, *, in_thread: bool) -> Markup:
        if not message.blocks:
            return Markup('<div class="text">%s</div>') % mrkdwn(message.text, self.names)
        warnings = {
            (w.block_id, w.action_id): self._sentence(w.error)
            for w in message.warnings
            if w.person_id == self.viewer.id
        }
        prefix = f"{'t' if in_thread else 'm'}-{message.ts}"
        return blocks(message.blocks, Place(names=self.names, prefix=prefix, warnings=warnings))

    def _sentence(self, error: str) -> str:
        return f"{self.workspace.seed.app_name} did not answer this click ({error}). Try again."


def face(person: Person) -> Face:
    """How a person or the app's bot user is shown."""
    words = person.real_name.split() or [person.id]
    return Face(
        name=person.real_name or person.name,
        initials="".join(word[0] for word in (words[0], words[-1])[: len(words)]).upper(),
        tint=int(hashlib.sha256(person.id.encode()).hexdigest(), 16) % _TINTS,
        is_app=person.is_bot,
        badge=_badge(person),
    )


def _badge(person: Person) -> str:
    kinds: Sequence[tuple[bool, str]] = (
        (person.is_bot, "APP"),
        (person.deleted, "DEACTIVATED"),
        (person.is_stranger, "EXTERNAL"),
        (person.is_restricted or person.is_ultra_restricted, "GUEST"),
    )
    return next((word for holds, word in kinds if holds), "")


def _names(workspace: Workspace, viewer: Person) -> Names:
    people: Mapping[str, str] = {p.id: p.real_name or p.name for p in workspace.people()}
    return Names(
        viewer_id=viewer.id,
        people=people,
        channels={c.id: c.name for c in workspace.channels() if not c.is_im},
        usergroups={g.id: g.handle for g in workspace.usergroups()},
    )


def _order(ts: str) -> tuple[int, str]:
    return (len(ts.partition(".")[0]), ts)


def _same_breath(message: Message, previous: Message | None) -> bool:
    if previous is None or previous.user_id != message.user_id:
        return False
    if message.blocks or message.ephemeral_to or previous.ephemeral_to:
        return False
    if previous.ts == message.thread_ts:
        return False
    return sent_at(message.ts) - sent_at(previous.ts) < _SAME_BREATH
