"""What is typed for a gateway: done by the one that runs, or at its store where none does.

Called by `sayso freeze`, `unfreeze` and `keys`. A gateway that runs is reached through its local
socket. What comes of it is the same either way (`bot.console`); only Slack is not asked where none
runs.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from approvals.domain.errors import Refusal, StoreUnavailable
from approvals.domain.ids import ChannelId, TeamId, UserId
from approvals.domain.policy import Policy
from approvals.operations.desk import Desk
from approvals.operations.ports import DirectoryUnavailable, Person
from approvals.storage.clock import SystemClock
from approvals.storage.data_directory import hold
from approvals.storage.ids import SystemIds
from approvals.storage.mistakes import PolicyInvalid
from approvals.storage.policy_file import read_file
from approvals.storage.policy_reader import read_policy
from bot.console import at_console
from bot.database import opened_store
from bot.demo.places import gateway_in
from bot.environment import EnvFileInvalid, environment
from bot.local_socket import account_name, ask_gateway
from bot.settings import Settings, SettingsInvalid, read_settings
from bot.slack.arguments_view import CardDisplay

_STORE = ("SAYSO_DATA", "SAYSO_DATABASE_URL", "SAYSO_DATABASE_SCHEMA", "SAYSO_POLICY")
_UNUSED = "unused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of it."""

    said: str
    alone_in: Path | None
    """The data directory, where no gateway runs; None where one did it."""


def run_told(command: str, do: Callable[[], Coroutine[Any, Any, str]]) -> int:
    """Print what *do* returns; each mistake is a line on standard error. Return the exit code."""
    try:
        print(asyncio.run(do()))
    except SettingsInvalid as mistakes:
        return _refused(command, *mistakes.lines)
    except (Refusal, PolicyInvalid, EnvFileInvalid) as refusal:
        return _refused(command, *str(refusal).splitlines())
    return 0


async def do_at_gateway(verb: str, words: Sequence[str], places: Mapping[str, Path]) -> Done:
    """Do what was typed.

    Raises:
        SettingsInvalid, EnvFileInvalid, PolicyInvalid
        Refusal: it was refused, or nothing could be stored.
    """
    settings = _settings(places)
    said = await ask_gateway(settings.data_dir, verb, words)
    if said is not None:
        return Done(said=said, alone_in=None)
    async with _desk(settings) as desk:
        said = await at_console(desk, verb, words, account=account_name(os.getuid()))
    return Done(said=said, alone_in=settings.data_dir)


def _refused(command: str, *lines: str) -> int:
    for line in lines:
        print(f"sayso {command}: {line}", file=sys.stderr)
    return 2


def _settings(places: Mapping[str, Path]) -> Settings:
    """Return where the store and the policy are; Slack's settings are not needed for this."""
    names = {name for each in _STORE for name in (each, f"{each}_FILE")}
    read = read_settings(
        {name: value for name, value in environment().items() if name in names},
        slack_bot_token=_UNUSED,
        slack_app_token=_UNUSED,
        **places,
    )
    return read.model_copy(update={"data_dir": gateway_in(read.data_dir)})


@asynccontextmanager
async def _desk(settings: Settings) -> AsyncIterator[Desk]:
    """Open the store as the one process that may.

    Raises:
        GatewayRunning, StoreUnavailable
    """
    if settings.database_url is None and not settings.data_dir.is_dir():
        raise StoreUnavailable(
            f"There is no data directory {settings.data_dir}. Name the gateway's with --data."
        )
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
                policy=cache(lambda: _policy(settings)),
                owner=ids.ulid(),
            )


def _policy(settings: Settings) -> Policy:
    return read_policy(read_file(settings.policy), file=settings.policy.name)


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
