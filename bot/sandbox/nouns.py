"""The nouns of the local Slack: people, channels, messages, views and what changed.

Plain values without behaviour; the workspace hands them out, the page draws them, the Web API
turns them into Slack's JSON (`web_api/shapes.py`). Nothing here knows storage, HTTP or the clock.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

JsonObject = dict[str, Any]
"""A decoded JSON object: blocks, views and metadata are kept as the app sent them."""

SLACKBOT_ID = "USLACKBOT"
"""Author of the private sentences Slack itself writes, such as a failed command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The workspace itself. A person of another team has another `Person.team_id`."""

    id: str
    name: str
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody, or the app's bot user. `name` is the handle, `real_name` is what the page shows."""

    id: str
    name: str
    real_name: str
    team_id: str
    title: str = ""
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    deleted: bool = False
    is_admin: bool = False
    tz: str = "Etc/UTC"

    @property
    def email(self) -> str:
        """The address of the account; it can be looked up, and no profile shows it."""
        return f"{self.name}@example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserGroup:
    """A user group such as `@sre`; `members` are person ids."""

    id: str
    handle: str
    name: str
    members: tuple[str, ...] = ()
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel or, with `is_im`, the direct messages between the app and `members[0]`."""

    id: str
    name: str
    members: tuple[str, ...] = ()
    topic: str = ""
    is_private: bool = False
    is_archived: bool = False
    is_im: bool = False
    is_ext_shared: bool = False
    is_general: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageShortcut:
    """An entry the app adds to the menu of every message."""

    callback_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickWarning:
    """The ⚠ Slack shows one person beside a button whose click the app did not acknowledge."""

    person_id: str
    block_id: str
    action_id: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it stands now. `ts` is its id within the channel and sorts by age.

    `thread_ts` names the parent (a parent that has replies carries its own `ts`). `bot_id` is set
    for the app's messages. `ephemeral_to` is the one person who sees it. A deleted message is not
    handed out by lists any more.
    """

    channel_id: str
    ts: str
    user_id: str
    text: str
    blocks: list[JsonObject] = field(default_factory=list)
    attachments: list[JsonObject] = field(default_factory=list)
    bot_id: str | None = None
    thread_ts: str | None = None
    edited_ts: str | None = None
    deleted: bool = False
    ephemeral_to: str | None = None
    metadata: JsonObject | None = None
    warnings: tuple[ClickWarning, ...] = ()

    @property
    def is_reply(self) -> bool:
        """Whether it is shown in a thread only."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenView:
    """A modal one person has open, or their App Home. `view` is the object Slack would return.

    `errors` are the sentences the app last answered a submission with, by block id.
    """

    id: str
    person_id: str
    view: JsonObject
    errors: dict[str, str] = field(default_factory=dict)


class ChangeKind(StrEnum):
    """What a listener of the workspace is told about."""

    MESSAGE = "message"
    EPHEMERAL = "ephemeral"
    VIEW = "view"
    HOME = "home"
    CHANNEL = "channel"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that changed. It names, and does not carry: read the workspace for what is true.

    `message`, `warning`: channel and ts (a deleted one is `None` when read). `ephemeral`: channel,
    ts, person. `view`, `home`: person. `channel`: channel (created, joined or left).
    """

    kind: ChangeKind
    channel_id: str | None = None
    ts: str | None = None
    person_id: str | None = None
    thread_ts: str | None = None
