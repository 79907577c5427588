"""What a new local workspace starts with: `Seed`, and `default_seed()` for the demo.

Read once, when a data directory is empty (or in memory); afterwards `kept_seed` finds the stored
one, so that ids and tokens stay the same for the life of the directory.
Tests make their own workspaces by `dataclasses.replace(default_seed(), …)` or from scratch.
"""

import secrets
from dataclasses import dataclass, replace

from bot.sandbox.drawer import Drawer
from bot.sandbox.nouns import Channel, JsonObject, MessageShortcut, Person, Team, UserGroup

ALL_SCOPES = (
    "app_mentions:read",
    "chat:write",
    "commands",
    "users:read",
    "users:read.email",
    "usergroups:read",
    "im:write",
    "channels:read",
    "groups:read",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A workspace at its start. Tokens and secret left `None` are made at random and kept.

    `events` are what the app subscribed to: `app_home_opened` (the page then opens the app at its
    Home tab), `app_mention`, `message.im`.
    """

    team: Team
    people: tuple[Person, ...]
    channels: tuple[Channel, ...]
    usergroups: tuple[UserGroup, ...] = ()
    bot_user_id: str = "U0SAYSO"
    bot_id: str = "B0SAYSO"
    app_id: str = "A0SAYSO"
    app_name: str = "Sayso"
    bot_scopes: tuple[str, ...] = ALL_SCOPES
    commands: tuple[str, ...] = ("/agent", "/approvals")
    events: tuple[str, ...] = ("app_home_opened", "app_mention")
    shortcuts: tuple[MessageShortcut, ...] = (
        MessageShortcut(callback_id="sayso:hand_to_agent", name="Hand to agent"),
        MessageShortcut(callback_id="sayso:ask_for_approval", name="Ask for approval"),
    )
    bot_token: str | None = None
    app_token: str | None = None
    signing_secret: str | None = None


HOME_TEAM = Team(id="T0LOCAL", name="Local Workspace", domain="local-workspace")
OTHER_TEAM_ID = "T0OTHER"

ALICE = Person(
    id="U0ALICE", name="alice", real_name="Alice Ito", team_id="T0LOCAL", title="Requester"
)
BOB = Person(id="U0BOB", name="bob", real_name="Bob Larsen", team_id="T0LOCAL", title="Approver")
CAROL = Person(
    id="U0CAROL",
    name="carol",
    real_name="Carol Mensah",
    team_id="T0LOCAL",
    title="Second approver",
    is_admin=True,
)
DANA = Person(
    id="U0DANA",
    name="dana",
    real_name="Dana Weiss",
    team_id="T0LOCAL",
    title="Guest",
    is_restricted=True,
)
EVE = Person(
    id="U0EVE",
    name="eve",
    real_name="Eve Novak",
    team_id=OTHER_TEAM_ID,
    title="External person",
    is_stranger=True,
)
FRANK = Person(
    id="U0FRANK",
    name="frank",
    real_name="Frank Osei",
    team_id="T0LOCAL",
    title="Left the company",
    deleted=True,
)
SAYSO = Person(id="U0SAYSO", name="sayso", real_name="Sayso", team_id="T0LOCAL", is_bot=True)

_EVERYONE = ("U0ALICE", "U0BOB", "U0CAROL", "U0DANA", "U0SAYSO")


def default_seed() -> Seed:
    """The demo's workspace: six people, the app, five channels, two user groups."""
    return Seed(
        team=HOME_TEAM,
        people=(ALICE, BOB, CAROL, DANA, EVE, FRANK, SAYSO),
        channels=(
            Channel(
                id="C0PROD",
                name="prod-incidents",
                members=(*_EVERYONE, "U0EVE"),
                topic="Production, and what is done about it",
                is_ext_shared=True,
            ),
            Channel(
                id="C0APPROVALS",
                name="agent-approvals",
                members=_EVERYONE,
                topic="What agents ask before they act",
            ),
            Channel(id="C0GENERAL", name="general", members=_EVERYONE, is_general=True),
            Channel(id="C0LEADS", name="leads-only", members=("U0BOB", "U0CAROL")),
            Channel(id="C0OLD", name="old-launch", members=_EVERYONE, is_archived=True),
        ),
        usergroups=(
            UserGroup(id="S0SRE", handle="sre", name="SRE", members=("U0BOB", "U0CAROL")),
            UserGroup(id="S0LEADS", handle="leads", name="Leads", members=("U0CAROL",)),
        ),
    )


def kept_seed(drawer: Drawer, wanted: Seed) -> Seed:
    """The seed this drawer was started with; a fresh drawer keeps the wanted one, tokens made.

    What the app asks for is the wanted seed's: it is installed anew with every start.
    """
    stored = drawer.get("seed", "seed")
    if stored is not None:
        return replace(
            _from_json(stored),
            bot_scopes=wanted.bot_scopes,
            commands=wanted.commands,
            events=wanted.events,
            shortcuts=wanted.shortcuts,
        )
    made = replace(
        wanted,
        bot_token=wanted.bot_token or f"xoxb-local-{secrets.token_hex(16)}",
        app_token=wanted.app_token or f"xapp-1-{wanted.app_id}-{secrets.token_hex(16)}",
        signing_secret=wanted.signing_secret or secrets.token_hex(16),
    )
    drawer.put("seed", "seed", made)
    return made


def person_from_json(stored: JsonObject) -> Person:
    """A person as the drawer keeps them."""
    return Person(**stored)


def channel_from_json(stored: JsonObject) -> Channel:
    """A channel as the drawer keeps it."""
    return Channel(**{**stored, "members": tuple(stored["members"])})


def usergroup_from_json(stored: JsonObject) -> UserGroup:
    """A user group as the drawer keeps it."""
    return UserGroup(**{**stored, "members": tuple(stored["members"])})


def _from_json(stored: JsonObject) -> Seed:
    nouns = {
        "team": Team(**stored["team"]),
        "people": tuple(map(person_from_json, stored["people"])),
        "channels": tuple(map(channel_from_json, stored["channels"])),
        "usergroups": tuple(map(usergroup_from_json, stored["usergroups"])),
        "bot_scopes": tuple(stored["bot_scopes"]),
        "commands": tuple(stored["commands"]),
        "events": tuple(stored["events"]),
        "shortcuts": tuple(MessageShortcut(**each) for each in stored.get("shortcuts", ())),
    }
    return Seed(**{**stored, **nouns})
