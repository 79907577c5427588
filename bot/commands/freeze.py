"""`sayso freeze` and `sayso unfreeze`: the emergency stop from a terminal, also with Slack down.

Called by `bot.cli`. A gateway that runs is reached through its local socket; where none runs the
store is opened for this alone, so that the next start finds the freeze. Exit code 0, or 2 with a
sentence.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from approvals.domain.errors import Refusal, StoreUnavailable
from approvals.domain.ids import ChannelId, TeamId, UserId
from approvals.operations.desk import Desk
from approvals.operations.ports import DirectoryUnavailable, Person
from approvals.storage.clock import SystemClock
from approvals.storage.data_directory import hold
from approvals.storage.ids import SystemIds
from approvals.storage.mistakes import PolicyInvalid
from approvals.storage.policy_file import read_file
from approvals.storage.policy_reader import read_policy
from bot.commands.arguments import add_places, places_in
from bot.console_freeze import FREEZE, UNFREEZE, freeze_at_console
from bot.database import opened_store
from bot.environment import EnvFileInvalid, environment
from bot.local_socket import account_name, ask_gateway
from bot.settings import Settings, SettingsInvalid, read_settings
from bot.slack.arguments_view import CardDisplay

_STORE = ("SAYSO_DATA", "SAYSO_DATABASE_URL", "SAYSO_DATABASE_SCHEMA", "SAYSO_POLICY")
_CHANNEL = "WORDS are: all or a channel (#ops, or its id)"
_UNUSED = "unused"
_DOES = {
    FREEZE: (
        (
            "Let no agent start anything in a channel, or anywhere, and let nothing be approved, "
            f"until it is lifted. {_CHANNEL}, then for how long if it should end by itself "
            "(for 2h), then the reason."
        ),
        "For example:  sayso freeze all for 2h bad deploy",
    ),
    UNFREEZE: (
        f"Lift a freeze. {_CHANNEL}.",
        "For example:  sayso unfreeze all",
    ),
}


def run(arguments: list[str]) -> int:
    """Run `sayso freeze`; return the exit code."""
    return run_verb(FREEZE, arguments)


def run_verb(verb: str, arguments: list[str]) -> int:
    """Run `sayso freeze` or `sayso unfreeze`; return the exit code."""
    does, example = _DOES[verb]
    parser = argparse.ArgumentParser(prog=f"sayso {verb}", description=does, epilog=example)
    parser.add_argument("words", nargs="+", metavar="WORDS", help="see above")
    add_places(parser)
    given = parser.parse_args(arguments)
    try:
        print(asyncio.run(_do(verb, given.words, places_in(given))))
    except SettingsInvalid as mistakes:
        return _refused(verb, *mistakes.lines)
    except (Refusal, PolicyInvalid, EnvFileInvalid) as refusal:
        return _refused(verb, *str(refusal).splitlines())
    return 0


def _refused(verb: str, *lines: str) -> int:
    for line in lines:
        print(f"sayso {verb}: {line}", file=sys.stderr)
    return 2


async def _do(verb: str, words: Sequence[str], places: Mapping[str, Path]) -> str:
    settings = _settings(places)
    said = await ask_gateway(settings.data_dir, verb, words)
    if said is not None:
        return said
    async with _desk(settings) as desk:
        account = account_name(os.getuid())
        done = await freeze_at_console(desk, verb, words, account=account)
    return f"{done}\nNo gateway runs on {settings.data_dir}: the next one starts so."


def _settings(places: Mapping[str, Path]) -> Settings:
    """Return where the store and the policy are; Slack's settings are not needed for this."""
    names = {name for each in _STORE for name in (each, f"{each}_FILE")}
    return read_settings(
        {name: value for name, value in environment().items() if name in names},
        slack_bot_token=_UNUSED,
        slack_app_token=_UNUSED,
        **places,
    )


@asynccontextmanager
async def _desk(settings: Settings) -> AsyncIterator[Desk]:
    """Open the store as the one process that may.

    Raises:
        GatewayRunning, StoreUnavailable, PolicyInvalid
    """
    if settings.database_url is None and not settings.data_dir.is_dir():
        raise StoreUnavailable(
            f"There is no data directory {settings.data_dir}. Name the gateway's with --data."
        )
    policy = read_policy(read_file(settings.policy), file=settings.policy.name)
    clock = SystemClock()
    ids = SystemIds(clock)
    with hold(settings.data_dir) as held:
        async with opened_store(settings, held, clock=clock, ids=ids) as store:
            yield Desk(
                store=store,
                directory=_NoDirectory(),
                display=CardDisplay(),
                clock=clock,
                ids=ids,
                policy=lambda: policy,
                owner=ids.ulid(),
            )


class _NoDirectory:
    """Implements the `Directory` port without Slack: nobody is known."""

    async def person(self, user: UserId, team: TeamId | None) -> Person:
        raise DirectoryUnavailable

    async def members(self, usergroup: str, *, fresh: bool = False) -> frozenset[UserId]:
        raise DirectoryUnavailable

    async def channel_members(
        self, channel: ChannelId, *, fresh: bool = False
    ) -> frozenset[UserId]:
        raise DirectoryUnavailable

    async def account(self, email: str) -> UserId | None:
        raise DirectoryUnavailable

    async def has_usergroups(self) -> bool:
        raise DirectoryUnavailable

    async def is_member(self, channel: ChannelId, user: UserId) -> bool:
        raise DirectoryUnavailable
