"""A named set of people in the policy: who may fill a slot.

Ids only; whom a user group or a channel holds is read by the directory when the click comes, and
who is on call is told by the clock of that moment. Sets of sets stand here already joined.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from approvals.domain.ids import ChannelId, UserId
from approvals.domain.rotation import Rotation


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSet:
    """People of several kinds; all of them together make the set."""

    name: str
    users: frozenset[UserId] = frozenset()
    usergroups: frozenset[str] = frozenset()
    """Ids of Slack user groups, whose members belong."""
    channels: frozenset[ChannelId] = frozenset()
    """Channels whose members belong."""
    emails: frozenset[str] = frozenset()
    """Addresses whose accounts nobody has named yet; until then they stand for nobody."""
    rotations: tuple[Rotation, ...] = ()
    """Whoever is on call belongs, and only then."""
    sets: tuple[str, ...] = field(default=(), compare=False)
    """The names of the sets joined in this one."""
    line: int = field(default=0, compare=False)
    """Where the set is written in the file, from 1; 0 where it is in none."""
    column: int = field(default=0, compare=False)

    @property
    def is_written_out(self) -> bool:
        """Whether the file alone says who belongs, whatever the time."""
        return not (self.usergroups or self.channels or self.emails or self.rotations)

    @property
    def most(self) -> int | None:
        """How many people may belong at one moment; None where Slack alone knows."""
        if self.usergroups or self.channels:
            return None
        return len(self.users) + len(self.emails) + len(self.rotations)

    def at(self, moment: datetime) -> "PeopleSet":
        """Return the set with whoever is on call at *moment* among its users."""
        on_call = (rotation.on_call(moment) for rotation in self.rotations)
        users = self.users.union(user for user in on_call if user is not None)
        return replace(self, users=users, rotations=())

    def joined(self, other: "PeopleSet") -> "PeopleSet":
        """Return this set with the people of *other* in it too."""
        return replace(
            self,
            users=self.users | other.users,
            usergroups=self.usergroups | other.usergroups,
            channels=self.channels | other.channels,
            emails=self.emails | other.emails,
            rotations=tuple(dict.fromkeys((*self.rotations, *other.rotations))),
        )

    def naming(self, accounts: Mapping[str, UserId]) -> "PeopleSet":
        """Return the set with ids in the place of the addresses that *accounts* knows."""
        known = self.emails & accounts.keys()
        users = frozenset(accounts[email] for email in known)
        return replace(self, users=self.users | users, emails=self.emails - known)
