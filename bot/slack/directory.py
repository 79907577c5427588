"""Who is this, and which groups and channels are they in: the `Directory` port over Slack.

Asked at every click and command. Fails closed: an error, a 429, a late or an odd answer is
`DirectoryUnavailable`, never a guess. Who is internal is said by the payload's team and by Slack's
own record of the account, never by a display name.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from approvals.domain.ids import ChannelId, TeamId, UserId
from approvals.operations.ports import DirectoryUnavailable, Person
from bot.slack.fresh_reads import FreshReads
from bot.slack.identity import Identity
from bot.slack.slack_settings import SlackSettings
from bot.slack.web_api import CallFailed, SlackBusy, SlackRefused, WebApi

SLACKBOT = UserId("USLACKBOT")
"""Slack's own bot, which carries no `is_bot`."""
MEMBERS_PER_PAGE = 999
"""Slack hands out fewer than a thousand at once."""
MEMBER_PAGES_MAX = 20
CHANNEL_PAGES_MAX = 5
"""A channel whose members may approve has fewer than five thousand of them."""
MEMBERS_WITHIN_S = 10.0
"""A person waits for the answer; a channel that takes longer is one we cannot tell about."""
_ALL = "all"
"""The one key of what is read for all user groups together."""
_BOT_MARKS = ("is_bot", "is_workflow_bot", "is_connector_bot")


class SlackDirectory:
    """The people and user groups of one workspace."""

    def __init__(self, api: WebApi, identity: Identity, *, settings: SlackSettings) -> None:
        self._api = api
        self._identity = identity
        self._timeout_s = settings.directory_timeout_s
        age = settings.directory_max_age_s
        self._users: FreshReads[dict[str, Any]] = FreshReads(max_age_s=age)
        self._members: FreshReads[frozenset[UserId]] = FreshReads(max_age_s=age)
        self._in_channel: FreshReads[frozenset[UserId]] = FreshReads(max_age_s=age)
        self._disabled: FreshReads[frozenset[str]] = FreshReads(max_age_s=age)
        # By channel and person: all members of all channels would be more than needs keeping.
        self._is_member: FreshReads[bool] = FreshReads(max_age_s=age)

    async def person(self, user: UserId, team: TeamId | None) -> Person:
        """Return the account that clicked, *team* being the one its payload names; None: ours.

        Raises:
            DirectoryUnavailable: Slack could not say who this is.
        """
        team = self._identity.team if team is None else team
        if user in {self._identity.bot_user, SLACKBOT}:
            return Person(user=user, team=team, name="bot", is_internal=True, is_bot=True)
        found = await self._users.get(user, lambda: self._user(user))
        return Person(
            user=user,
            team=team,
            name=str(found.get("real_name") or found.get("name") or user),
            is_internal=self._is_internal(found, team),
            is_bot=any(found.get(mark) for mark in _BOT_MARKS),
            is_guest=bool(found.get("is_restricted") or found.get("is_ultra_restricted")),
            is_deactivated=bool(found.get("deleted")),
        )

    async def members(self, usergroup: str, *, fresh: bool = False) -> frozenset[UserId]:
        """Return the members of a user group; a disabled or deleted one has none.

        Raises:
            DirectoryUnavailable: it could not be read.
        """
        disabled, members = self._disabled.kept(_ALL), self._members.kept(usergroup)
        if fresh or disabled is None or members is None:
            # Side by side: a click has 800 ms for everything it asks Slack.
            read = await asyncio.gather(
                self._disabled.get(_ALL, self._disabled_groups, fresh=fresh),
                self._members.get(usergroup, lambda: self._group(usergroup), fresh=fresh),
            )
            disabled, members = read
        return frozenset() if usergroup in disabled else members

    async def channel_members(
        self, channel: ChannelId, *, fresh: bool = False
    ) -> frozenset[UserId]:
        """Return who is in the channel, apps and guests included.

        Raises:
            DirectoryUnavailable: Slack could not say, Sayso is not in the private channel, or it
                has more members than are read.
        """
        return await self._in_channel.get(channel, lambda: self._everybody(channel), fresh=fresh)

    async def account(self, email: str) -> UserId | None:
        """Return whose address this is in our workspace, or None for nobody's.

        Raises:
            DirectoryUnavailable: Slack could not say.
        """
        try:
            found = (await self._ask("users.lookupByEmail", email=email)).get("user")
        except DirectoryUnavailable as failure:
            if _refusal(failure) == "users_not_found":
                return None
            raise
        if not isinstance(found, dict) or not isinstance(found.get("id"), str):
            raise DirectoryUnavailable("users.lookupByEmail named nobody")
        is_ours = self._is_internal(found, self._identity.team)
        return UserId(found["id"]) if is_ours and not found.get("deleted") else None

    async def has_usergroups(self) -> bool:
        """Whether the workspace's plan knows user groups.

        Raises:
            DirectoryUnavailable: Slack could not say.
        """
        try:
            await self._disabled.get(_ALL, self._disabled_groups)
        except DirectoryUnavailable as failure:
            if _refusal(failure) == "plan_upgrade_required":
                return False
            raise
        return True

    async def is_member(self, channel: ChannelId, user: UserId) -> bool:
        """Whether the person is in the channel; pages are read until they are found.

        Raises:
            DirectoryUnavailable: Slack could not say, Sayso is not in the private channel, or the
                person is not among the first 19,980 members.
        """
        return await self._is_member.get(f"{channel} {user}", lambda: self._seeks(channel, user))

    def _is_internal(self, found: dict[str, Any], team: TeamId) -> bool:
        ours = self._identity.teams
        if team not in ours or found.get("is_stranger"):
            return False
        enterprise = found.get("enterprise_user")
        organisation = enterprise.get("enterprise_id") if isinstance(enterprise, dict) else None
        return found.get("team_id") in ours or organisation in ours

    async def _user(self, user: UserId) -> dict[str, Any]:
        found = (await self._ask("users.info", user=user)).get("user")
        if not isinstance(found, dict) or found.get("id") != user:
            raise DirectoryUnavailable("users.info named somebody else")
        return found

    async def _group(self, usergroup: str) -> frozenset[UserId]:
        try:
            users = (await self._ask("usergroups.users.list", usergroup=usergroup)).get("users")
        except DirectoryUnavailable as failure:
            if _refusal(failure) == "no_such_subteam":
                return frozenset()
            raise
        if not isinstance(users, list) or not all(isinstance(user, str) for user in users):
            raise DirectoryUnavailable("usergroups.users.list gave no list of people")
        return frozenset(map(UserId, users))

    async def _seeks(self, channel: ChannelId, user: UserId) -> bool:
        async for page in self._pages(channel, MEMBER_PAGES_MAX):
            if user in page:
                return True
        return False

    async def _everybody(self, channel: ChannelId) -> frozenset[UserId]:
        pages = [page async for page in self._pages(channel, CHANNEL_PAGES_MAX)]
        return frozenset(UserId(user) for page in pages for user in page)

    async def _pages(self, channel: ChannelId, pages_max: int) -> AsyncIterator[list[str]]:
        """Yield the members of a channel, page by page; a channel too large is not told about."""
        ends_at = asyncio.get_running_loop().time() + MEMBERS_WITHIN_S
        cursor: str | None = None
        for _ in range(pages_max):
            try:
                async with asyncio.timeout_at(ends_at):
                    page = await self._ask(
                        "conversations.members",
                        channel=channel,
                        limit=MEMBERS_PER_PAGE,
                        cursor=cursor,
                    )
            except TimeoutError as failure:
                raise DirectoryUnavailable("conversations.members: too many pages") from failure
            yield _people(page)
            cursor = _next_cursor(page)
            if cursor is None:
                return
        raise DirectoryUnavailable("conversations.members: too many pages")

    async def _disabled_groups(self) -> frozenset[str]:
        groups = (await self._ask("usergroups.list", include_disabled=True)).get("usergroups")
        if not isinstance(groups, list):
            raise DirectoryUnavailable("usergroups.list gave no list")
        return frozenset(str(each["id"]) for each in groups if each.get("date_delete"))

    async def _ask(self, method: str, **arguments: Any) -> dict[str, Any]:
        try:
            return await self._api.call(method, timeout_s=self._timeout_s, **arguments)
        except CallFailed as failure:
            wait_s = failure.retry_after_s if isinstance(failure, SlackBusy) else None
            why = f"{method}: {failure.code}"
            raise DirectoryUnavailable(why, retry_after_s=wait_s) from failure


def _refusal(failure: DirectoryUnavailable) -> str | None:
    """Return Slack's own code where it answered with one."""
    cause = failure.__cause__
    return cause.code if isinstance(cause, SlackRefused) else None


def _people(page: dict[str, Any]) -> list[str]:
    members = page.get("members")
    if not isinstance(members, list) or not all(isinstance(user, str) for user in members):
        raise DirectoryUnavailable("conversations.members gave no list of people")
    return members


def _next_cursor(page: dict[str, Any]) -> str | None:
    found = page.get("response_metadata")
    cursor = found.get("next_cursor") if isinstance(found, dict) else None
    return cursor if isinstance(cursor, str) and cursor else None
