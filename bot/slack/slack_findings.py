"""`sayso check`, as far as Slack is concerned: every question is put, and every "no" is told.

Asks what the door asks before it opens (`start_checks`), and about the people of the policy. It
only reads, and opens no socket, so that a gateway on the same app goes on undisturbed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import Any

from approvals.domain.people import PeopleSet
from approvals.domain.policy import Policy
from bot.finding import Finding, away, good, wrong
from bot.slack import start_checks
from bot.slack.features import features_without
from bot.slack.slack_settings import SlackSettings
from bot.slack.start_checks import SlackAway, StartRefused
from bot.slack.web_api import CallFailed, SlackBusy, SlackRefused, WebApi, make_client, open_session

PEOPLE_MAX = 200
"""How many people and groups of the policy are looked up; who is beyond is said to be."""
PATIENCE_S = 60.0
_NO_PLAN = "plan_upgrade_required"


async def slack_findings(settings: SlackSettings, policy: Policy | None) -> AsyncIterator[Finding]:
    """Yield what Slack says of tokens, scopes, and the channels and people of *policy*."""
    try:
        start_checks.check_settings(settings)
    except StartRefused as refusal:
        yield wrong("tokens", str(refusal))
        return
    async with open_session(settings) as session:
        client = make_client(settings, session, token=settings.bot_token)
        api = WebApi(client, timeout_s=settings.call_timeout_s)
        app_api = None
        if settings.transport == "socket":
            app_client = make_client(settings, session, token=settings.app_token)
            app_api = WebApi(app_client, timeout_s=settings.call_timeout_s)
        async for finding in _of_app(api, app_api, settings):
            yield finding
            if finding.is_away or (finding.is_wrong and finding.what == "bot token"):
                return  # every other question would be answered the same
        if policy is not None:
            async for finding in _of_policy(api, settings, policy):
                yield finding


async def _of_app(
    api: WebApi, app_api: WebApi | None, settings: SlackSettings
) -> AsyncIterator[Finding]:
    try:
        who, headers = await start_checks.ask(api, "auth.test", settings=settings)
        app = await start_checks.app_of_bot(api, who, settings=settings)
    except SlackAway as refusal:
        yield away("Slack", str(refusal))
        return
    except StartRefused as refusal:
        yield wrong("bot token", str(refusal))
        return
    yield good("bot token", f"of app {app} in the workspace {who.get('team', who['team_id'])}")
    try:
        start_checks.check_scopes(headers.get("x-oauth-scopes"))
        off = features_without(start_checks.read_scopes(headers.get("x-oauth-scopes", "")))
        without = f", but not for: {', '.join(off)}" if off else ""
        yield good("scopes", f"enough for approvals{without}")
    except StartRefused as refusal:
        yield wrong("scopes", str(refusal))
    if app_api is not None:
        check = start_checks.check_app_token(app_api, app, settings=settings)
        yield await _finding("app token", check, "of the same app; Socket Mode is on")


async def _of_policy(
    api: WebApi, settings: SlackSettings, policy: Policy
) -> AsyncIterator[Finding]:
    for channel in policy.channels:
        found = start_checks.check_channel(api, channel.id, settings=settings)
        yield await _finding(f"channel {channel.name}", found, "Sayso is in it")
    async for finding in _of_people(api, policy.sets.values()):
        yield finding


async def _finding(what: str, check: Awaitable[None], fine: str) -> Finding:
    try:
        await check
    except SlackAway as refusal:
        return away(what, str(refusal))
    except StartRefused as refusal:
        return wrong(what, str(refusal))
    return good(what, fine)


async def _of_people(api: WebApi, sets: Iterable[PeopleSet]) -> AsyncIterator[Finding]:
    asked = [(each.name, question) for each in sets for question in _questions(api, each)]
    trouble = 0
    for name, question in asked[:PEOPLE_MAX]:
        try:
            said = await _patiently(question)
        except CallFailed as failure:
            yield away(f"people {name}", f"Slack could not be asked ({failure.code}).")
            return
        if said is not None:
            trouble += 1
            yield wrong(f"people {name}", said)
    if len(asked) > PEOPLE_MAX:
        yield good("people", f"{len(asked) - PEOPLE_MAX} more were not looked up")
    elif asked and not trouble:
        yield good("people", f"{len(asked)} people and groups are known to Slack")


def _questions(api: WebApi, people: PeopleSet) -> Iterator[Callable[[], Awaitable[str | None]]]:
    """Yield what is asked about one set: each answers with what is wrong, or None."""
    on_call = {user for each in people.rotations for user in each.people}
    for group in sorted(people.usergroups):
        yield partial(_group, api, group)
    for user in sorted(people.users | on_call):
        yield partial(person_trouble, api, user)
    for email in sorted(people.emails):
        yield partial(_email, api, email)
    for channel in sorted(people.channels):
        yield partial(_channel, api, channel)


async def _patiently(question: Callable[[], Awaitable[str | None]]) -> str | None:
    """Put a question again after the wait Slack asks for, once.

    Raises:
        CallFailed
    """
    try:
        return await question()
    except SlackBusy as busy:
        if busy.retry_after_s > PATIENCE_S:
            raise
        await asyncio.sleep(busy.retry_after_s)
        return await question()


async def _group(api: WebApi, usergroup: str) -> str | None:
    """Return what is wrong with a user group, None when people can be read from it."""
    try:
        answer = await api.call("usergroups.users.list", usergroup=usergroup)
    except SlackRefused as refusal:
        if refusal.code == _NO_PLAN:
            return (
                f"The plan of this workspace has no user groups, so {usergroup} means nobody. List"
                " the people with `users:` instead."
            )
        if refusal.code != "no_such_subteam":
            raise
        return f"There is no user group {usergroup}, so it means nobody. Correct its id."
    if answer.get("users"):
        return None
    return f"The user group {usergroup} has no members, or is disabled. Put people into it."


async def person_trouble(api: WebApi, user: str) -> str | None:
    """Return why a person can never decide, None when they could."""
    try:
        found: dict[str, Any] = (await api.call("users.info", user=user)).get("user") or {}
    except SlackRefused as refusal:
        if refusal.code not in {"user_not_found", "user_not_visible"}:
            raise
        return f"Slack knows no person {user}. Correct the id."
    kinds = {
        "deleted": "is deactivated",
        "is_bot": "is a bot",
        "is_restricted": "is a guest",
        "is_ultra_restricted": "is a guest",
        "is_stranger": "belongs to another organisation",
    }
    what = next((words for key, words in kinds.items() if found.get(key)), None)
    return f"{user} {what} and may never decide. Take them out." if what else None


async def _email(api: WebApi, email: str) -> str | None:
    try:
        await api.call("users.lookupByEmail", email=email)
    except SlackRefused as refusal:
        if refusal.code != "users_not_found":
            raise
        return f"Nobody in the workspace has the address {email}. Correct it."
    return None


async def _channel(api: WebApi, channel: str) -> str | None:
    try:
        await api.call("conversations.members", channel=channel, limit=1)
    except SlackRefused as refusal:
        if refusal.code != "channel_not_found":
            raise
        return (
            f"Sayso cannot see the channel {channel}, so it means nobody. Invite it, or correct it."
        )
    return None
