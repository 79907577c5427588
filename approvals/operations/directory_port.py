"""The port to whoever knows people: accounts, user groups, channels. Slack implements it.

Asked before a transaction, never inside one; `ports` names it with the others.
"""

from dataclasses import dataclass
from typing import Protocol

from approvals.domain.ids import ChannelId, TeamId, UserId


class DirectoryUnavailable(Exception):
    """The directory could not say; whoever depends on the answer is refused."""

    def __init__(self, why: str = "", *, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        """When it may be asked again, where it said so."""
        super().__init__(why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What the directory says about one account of one workspace."""

    user: UserId
    team: TeamId
    name: str
    is_internal: bool
    is_bot: bool = False
    is_guest: bool = False
    is_deactivated: bool = False


class Directory(Protocol):
    """Who is this, and which groups are they in; answers are at most 30 s old.

    With *fresh* the answer is read after the question was put, however new the last one is.
    Whatever could not be read raises DirectoryUnavailable.
    """

    async def person(self, user: UserId, team: TeamId | None) -> Person:
        """Return the account that clicked; *team* None: an account of our own workspace."""
        ...

    async def members(self, usergroup: str, *, fresh: bool = False) -> frozenset[UserId]:
        """Return the members of a user group, none when it is disabled."""
        ...

    async def channel_members(
        self, channel: ChannelId, *, fresh: bool = False
    ) -> frozenset[UserId]:
        """Return who is in a channel, apps and guests included."""
        ...

    async def account(self, email: str) -> UserId | None:
        """Return whose address this is in our workspace, or None for nobody's."""
        ...

    async def has_usergroups(self) -> bool:
        """Whether the workspace knows user groups at all; some plans have none."""
        ...

    async def is_member(self, channel: ChannelId, user: UserId) -> bool:
        """Whether the person is in the channel."""
        ...
