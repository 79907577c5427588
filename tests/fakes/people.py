"""A directory with the people of the tests, and a messenger that keeps what it was told."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import Card
from approvals.domain.freeze import Freeze
from approvals.domain.ids import ChannelId, TeamId, UserId
from approvals.domain.telling import Telling
from approvals.operations.policy_news import PolicyNews
from approvals.operations.ports import (
    CardContent,
    CardGone,
    DirectoryUnavailable,
    NotNow,
    Person,
    Posted,
    Undeliverable,
)
from approvals.operations.reminder_messenger import Reminder

TEAM = TeamId("T0TEAM")
ALICE, BOB, CAROL, DANA = (UserId(f"U0{name}") for name in ("ALICE", "BOB", "CAROL", "DANA"))


def a_person(user: UserId, team: TeamId = TEAM) -> Person:
    return Person(user=user, team=team, name=user.lower(), is_internal=team == TEAM)


@dataclass
class FakeDirectory:
    """Implements the `Directory` port; `is_down` makes every answer fail."""

    people: dict[UserId, Person] = field(default_factory=dict)
    usergroups: dict[str, frozenset[UserId]] = field(default_factory=dict)
    channels: dict[ChannelId, frozenset[UserId]] = field(default_factory=dict)
    """Members by channel; a channel that is not here has everybody in it."""
    emails: dict[str, UserId] = field(default_factory=dict)
    knows_usergroups: bool = True
    is_down: bool = False
    unreadable: set[str] = field(default_factory=set)
    """User groups it cannot say the members of."""
    meanwhile: Callable[[], None] = lambda: None
    """What happens while an account is looked up."""

    def change(self, user: UserId, **facts: bool) -> None:
        known = self.people.get(user, a_person(user))
        self.people[user] = replace(known, **facts)  # type: ignore[arg-type]

    async def person(self, user: UserId, team: TeamId | None) -> Person:
        self.meanwhile()
        if self.is_down:
            raise DirectoryUnavailable
        return self.people.get(user, a_person(user, team or TEAM))

    async def members(self, usergroup: str, *, fresh: bool = False) -> frozenset[UserId]:
        if self.is_down or usergroup in self.unreadable:
            raise DirectoryUnavailable
        return self.usergroups.get(usergroup, frozenset())

    async def channel_members(
        self, channel: ChannelId, *, fresh: bool = False
    ) -> frozenset[UserId]:
        if self.is_down:
            raise DirectoryUnavailable
        return self.channels.get(channel, frozenset())

    async def account(self, email: str) -> UserId | None:
        if self.is_down:
            raise DirectoryUnavailable
        return self.emails.get(email)

    async def has_usergroups(self) -> bool:
        if self.is_down:
            raise DirectoryUnavailable
        return self.knows_usergroups

    async def is_member(self, channel: ChannelId, user: UserId) -> bool:
        if self.is_down:
            raise DirectoryUnavailable
        return user in self.channels.get(channel, {user})


@dataclass
class FakeMessenger:
    """Implements the `Messenger` and `Display` ports; keeps every card it drew."""

    posts: list[CardContent] = field(default_factory=list)
    news: list[PolicyNews] = field(default_factory=list)
    updates: list[CardContent] = field(default_factory=list)
    reminders: list[Reminder] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    """Keys of what was said below cards."""
    trouble: NotNow | Undeliverable | None = None
    reminding_trouble: NotNow | Undeliverable | None = None
    trouble_in: dict[str, NotNow | Undeliverable] = field(default_factory=dict)
    """What is wrong in one channel alone."""
    cuts: bool = False
    shown: dict[str, CardContent] = field(default_factory=dict)
    """What stands at each ts now."""
    deleted: set[str] = field(default_factory=set)
    """What people deleted, by ts."""
    looks: int = 0
    loses_replies: bool = False
    """Slack posts, and its answer never arrives."""

    @property
    def asked(self) -> list[ApprovalRequest]:
        """Every request that some card has asked about, as it was shown first."""
        found: dict[str, ApprovalRequest] = {}
        for content in (*self.posts, *self.updates):
            for part in content.parts:
                found.setdefault(part.request.id, part.request)
        return list(found.values())

    def shows_everything(self, request: ApprovalRequest) -> bool:
        return not self.cuts

    def fits_part(self, request: ApprovalRequest) -> bool:
        return not self.cuts

    async def tell_policy(self, news: PolicyNews) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.news.append(news)

    async def post(self, content: CardContent, *, now: datetime) -> Posted:
        trouble = self.trouble_in.get(content.card.channel, self.trouble)
        if trouble is not None:
            raise trouble
        self.posts.append(content)
        self.shown[f"{len(self.posts)}.000100"] = content
        if self.loses_replies:
            raise NotNow("timeout")
        return Posted(channel=ChannelId(content.card.channel), ts=f"{len(self.posts)}.000100")

    async def remind(self, reminder: Reminder, *, now: datetime) -> None:
        if self.reminding_trouble is not None:
            raise self.reminding_trouble
        self.reminders.append(reminder)

    async def update(self, content: CardContent, *, now: datetime) -> None:
        if self.trouble is not None:
            raise self.trouble
        assert content.card.ts is not None
        if content.card.ts in self.deleted:
            raise CardGone("message_not_found")
        self.updates.append(content)
        self.shown[content.card.ts] = content

    async def is_there(self, card: Card) -> bool:
        if self.trouble is not None:
            raise self.trouble
        self.looks += 1
        return card.ts not in self.deleted

    async def reply(self, content: CardContent, telling: Telling) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.replies.append(telling.key)


@dataclass
class FakeFreezeMessenger:
    """Implements `FreezeMessenger`."""

    told: list[tuple[ChannelId, Freeze]] = field(default_factory=list)
    trouble: NotNow | Undeliverable | None = None

    async def tell_freeze(self, channel: ChannelId, freeze: Freeze) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.told.append((channel, freeze))
