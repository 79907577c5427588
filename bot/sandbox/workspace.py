"""What is true in the local workspace: who and what exists, what was said, what is open.

The Web API and the interactions change it, the page reads it and subscribes. The same object holds
the memory copy and writes every change through to the drawer before returning. It sends nothing
to the app; that is `delivery/`.
"""

from collections.abc import Callable

from bot.sandbox.clock import Clock
from bot.sandbox.drawer import Drawer
from bot.sandbox.message_log import MessageLog
from bot.sandbox.nouns import (
    SLACKBOT_ID,
    Change,
    ChangeKind,
    Channel,
    ClickWarning,
    JsonObject,
    Message,
    OpenView,
    Person,
    Team,
    UserGroup,
)
from bot.sandbox.seed import (
    Seed,
    channel_from_json,
    person_from_json,
    usergroup_from_json,
)
from bot.sandbox.view_shelf import ViewShelf

__all__ = [
    "SLACKBOT_ID",
    "Change",
    "ChangeKind",
    "Channel",
    "ClickWarning",
    "JsonObject",
    "Message",
    "OpenView",
    "Person",
    "Team",
    "UserGroup",
    "Workspace",
]

Listener = Callable[[Change], None]


class Workspace:
    """The workspace. Reads are cheap and synchronous; every write is stored when it returns."""

    def __init__(self, drawer: Drawer, *, seed: Seed, clock: Clock) -> None:
        """Start from the drawer's seed; what was changed since lies over it."""
        self.seed = seed
        self._drawer = drawer
        self._listeners: list[Listener] = []
        self.log = MessageLog(drawer, clock=clock, notify=self.notify)
        self.views = ViewShelf(drawer, seed=seed, clock=clock, notify=self.notify)
        people = map(person_from_json, drawer.all("person"))
        channels = map(channel_from_json, drawer.all("channel"))
        usergroups = map(usergroup_from_json, drawer.all("usergroup"))
        self._people = {p.id: p for p in (*seed.people, *people)}
        self._channels = {c.id: c for c in (*seed.channels, *channels)}
        self._usergroups = {g.id: g for g in (*seed.usergroups, *usergroups)}

    @property
    def team(self) -> Team:
        """The workspace's team."""
        return self.seed.team

    def people(self) -> list[Person]:
        """Everybody, deactivated people and the bot user included, in the seed's order."""
        return list(self._people.values())

    def person(self, person_id: str) -> Person | None:
        """The person with this id."""
        return self._people.get(person_id)

    def channels(self) -> list[Channel]:
        """Every channel, direct messages and archived ones included, oldest first."""
        return list(self._channels.values())

    def channel(self, channel_id: str) -> Channel | None:
        """The channel with this id."""
        return self._channels.get(channel_id)

    def usergroups(self) -> list[UserGroup]:
        """Every user group, disabled ones included."""
        return list(self._usergroups.values())

    def messages(
        self, channel_id: str, limit: int = 100, *, thread_ts: str | None = None
    ) -> list[Message]:
        """The last `limit` messages of a channel, oldest first; or a thread: parent, then replies.

        Without `thread_ts` replies, ephemeral and deleted messages are left out.
        """
        return self.log.messages(channel_id, limit, thread_ts=thread_ts)

    def message(self, channel_id: str, ts: str) -> Message | None:
        """One message (an ephemeral one too), or `None` when it never was or is deleted."""
        return self.log.message(channel_id, ts)

    def reply_count(self, channel_id: str, ts: str) -> int:
        """How many replies the message's thread holds."""
        return self.log.reply_count(channel_id, ts)

    def ephemerals(self, person_id: str, channel_id: str | None = None) -> list[Message]:
        """The "only visible to you" messages of one person, oldest first. Kept in memory only."""
        return self.log.ephemerals(person_id, channel_id)

    def view_stack(self, person_id: str) -> list[OpenView]:
        """The modals this person has open, the visible one last."""
        return self.views.stack(person_id)

    def home(self, person_id: str) -> OpenView | None:
        """The App Home last published for this person."""
        return self.views.home(person_id)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call the listener after every change, in the event loop; returns how to stop it."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def notify(self, change: Change) -> None:
        """Tell every listener."""
        for listener in list(self._listeners):
            listener(change)

    def put_channel(self, channel: Channel) -> None:
        """Store a new or changed channel: created, joined, left, archived."""
        self._drawer.put("channel", channel.id, channel)
        self._channels[channel.id] = channel
        self.notify(Change(kind=ChangeKind.CHANNEL, channel_id=channel.id))

    def put_person(self, person: Person) -> None:
        """Store a new or changed person, for example a deactivated one."""
        self._drawer.put("person", person.id, person)
        self._people[person.id] = person

    def put_usergroup(self, group: UserGroup) -> None:
        """Store a new or changed user group, for example other members."""
        self._drawer.put("usergroup", group.id, group)
        self._usergroups[group.id] = group

    def direct_messages(self, person_id: str) -> Channel:
        """The conversation between the app and this person, made when it is first needed."""
        channel_id = f"D{person_id[1:]}"
        known = self._channels.get(channel_id)
        if known is None:
            known = Channel(
                id=channel_id, name="", members=(person_id, self.seed.bot_user_id), is_im=True
            )
            self.put_channel(known)
        return known
