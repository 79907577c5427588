"""Questions put to Slack before anything starts, and one sentence with its remedy for each "no".

Called once by the door. Finds swapped or bad tokens, a token of another app, missing scopes, a bot
that is not in a channel of the policy, and no way to Slack; returns who we are.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from approvals.domain.ids import ChannelId, TeamId, UserId
from bot.slack.features import features_without, scopes_of
from bot.slack.identity import Identity
from bot.slack.slack_settings import SlackSettings
from bot.slack.web_api import CallFailed, SlackBusy, SlackRefused, WebApi


class StartRefused(Exception):
    """The Slack door cannot open; the text is one sentence that names the remedy."""


class SlackAway(StartRefused):
    """Slack could not be asked just now; nothing may be set wrongly."""


BOT_TOKEN_PLACE = "your app's page under OAuth & Permissions, Bot User OAuth Token"  # noqa: S105
APP_TOKEN_PLACE = "your app's page under Basic Information, App-Level Tokens"  # noqa: S105

_UNREACHABLE = {
    "proxy": "the proxy does not answer. Check HTTPS_PROXY",
    "tls": "the certificate is not trusted. Point SSL_CERT_FILE at your company's certificates",
    "unknown_host": "its name cannot be resolved. Check the address and the DNS",
    "no_route": "nothing accepts connections there. Check the network, or set HTTPS_PROXY",
    "timeout": "no answer came in time. Check the network, or set HTTPS_PROXY",
}

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def check_settings(settings: SlackSettings, environ: Mapping[str, str] = os.environ) -> None:
    """Refuse settings that cannot work, without a call.

    Raises:
        StartRefused
    """
    bot, app = settings.bot_token, settings.app_token or ""
    if bot.startswith("xapp-") and app.startswith("xoxb-"):
        raise StartRefused("The bot token and the app-level token are swapped: exchange the two.")
    if not bot.startswith("xoxb-"):
        raise StartRefused(
            f"The bot token has to begin with xoxb-. Copy it from {BOT_TOKEN_PLACE}."
        )
    if settings.transport == "socket" and not app.startswith("xapp-"):
        raise StartRefused(
            "Socket Mode needs an app-level token, which begins with xapp-. Make one with the"
            f" scope connections:write on {APP_TOKEN_PLACE}."
        )
    if settings.transport == "http" and not settings.signing_secret:
        raise StartRefused(
            "HTTP mode needs the signing secret. Copy it from your app's page under Basic"
            " Information, App Credentials."
        )
    certificates = environ.get("SSL_CERT_FILE")
    if certificates and not Path(certificates).is_file():
        raise StartRefused(f"SSL_CERT_FILE names {certificates}, which is no file. Correct it.")


async def check_start(
    api: WebApi, app_api: WebApi | None, *, settings: SlackSettings, channels: Iterable[ChannelId]
) -> Identity:
    """Ask Slack who we are and whether we may do our work; return our identity.

    *app_api* carries the app-level token, None in HTTP mode.

    Raises:
        StartRefused
    """
    who, headers = await ask(api, "auth.test", settings=settings)
    granted = headers.get("x-oauth-scopes")
    check_scopes(granted)
    bot_app = await app_of_bot(api, who, settings=settings)
    if app_api is not None:
        await check_app_token(app_api, bot_app, settings=settings)
    for channel in channels:
        await check_channel(api, channel, settings=settings)
    enterprise = who.get("enterprise_id")
    return Identity(
        app_id=bot_app,
        team=TeamId(who["team_id"]),
        team_name=str(who.get("team", "")),
        enterprise=TeamId(enterprise) if enterprise else None,
        bot_user=UserId(who["user_id"]),
        bot_id=who.get("bot_id"),
        features_off=features_without(read_scopes(granted)) if granted else (),
    )


async def ask(
    api: WebApi, method: str, *, settings: SlackSettings, **arguments: Any
) -> tuple[dict[str, Any], Mapping[str, str]]:
    """Call *method*; return Slack's answer and headers.

    Raises:
        StartRefused: Slack refuses; `SlackAway`: it could not be asked.
    """
    try:
        return await api.call_with_headers(method, **arguments)
    except SlackRefused as refusal:
        raise StartRefused(_refused(method, refusal)) from refusal
    except SlackBusy as busy:
        raise SlackAway(
            f"Slack asks us to wait {busy.retry_after_s:.0f} s before we start again."
        ) from busy
    except CallFailed as failure:
        why = _UNREACHABLE.get(failure.code, f"it answered {failure.code}. Try again in a moment")
        is_local = urlsplit(settings.base_url).hostname in _LOOPBACK
        if is_local and failure.code == "no_route":
            why = "nothing accepts connections there. Start `sayso sandbox` at that address"
        raise SlackAway(f"Slack cannot be reached at {settings.base_url}: {why}.") from failure


def _refused(method: str, refusal: SlackRefused) -> str:
    is_app = method == "apps.connections.open"
    token, place = ("app-level", APP_TOKEN_PLACE) if is_app else ("bot", BOT_TOKEN_PLACE)
    if refusal.code != "missing_scope":
        return f"Slack refuses the {token} token ({refusal.code}). Copy it anew from {place}."
    if is_app:
        return (
            "The app-level token lacks the scope connections:write. Make a new one with that scope"
            f" on {place}."
        )
    needed = refusal.needed or "a scope"
    return f"The bot token lacks the scope {needed}. Add it on {place}, then install the app anew."


def check_scopes(granted: str | None, *, features: Iterable[str] = ()) -> None:
    """Compare what Slack says the token may do with what we do; no header, no finding.

    Only these *features* have to work; without any, approvals themselves.

    Raises:
        StartRefused
    """
    if granted is None:
        return
    missing = sorted(scopes_of(features) - read_scopes(granted))
    if missing:
        raise StartRefused(
            f"The bot token lacks the scopes {', '.join(missing)}. Update the app from"
            " manifest.yml, then install it to the workspace anew."
        )


def read_scopes(granted: str) -> frozenset[str]:
    """Return the scopes in Slack's header."""
    return frozenset(scope.strip() for scope in granted.split(","))


async def app_of_bot(api: WebApi, who: dict[str, Any], *, settings: SlackSettings) -> str:
    """Return the id of the app the bot token belongs to, from the bot user's own profile.

    Raises:
        StartRefused
    """
    if isinstance(who.get("app_id"), str):
        return str(who["app_id"])
    answer, _ = await ask(api, "users.info", settings=settings, user=who["user_id"])
    app_id = answer.get("user", {}).get("profile", {}).get("api_app_id")
    if not isinstance(app_id, str) or not app_id:
        raise StartRefused(
            f"The bot token belongs to no app's bot user. Copy it from {BOT_TOKEN_PLACE}."
        )
    return app_id


async def check_app_token(app_api: WebApi, bot_app: str, *, settings: SlackSettings) -> None:
    """Ask for a connection that is never opened, and compare the apps of both tokens.

    Raises:
        StartRefused
    """
    await ask(app_api, "apps.connections.open", settings=settings)
    named = settings.app_token.split("-") if settings.app_token else []
    # xapp-1-A0123456789-…: the third part is the app.
    if len(named) > 3 and named[2] != bot_app:
        raise StartRefused(
            f"The app-level token belongs to app {named[2]} and the bot token to app {bot_app}."
            " Copy both from the same app's page."
        )


async def check_channel(api: WebApi, channel: ChannelId, *, settings: SlackSettings) -> None:
    """Ask whether cards can go to *channel*.

    Raises:
        StartRefused
    """
    try:
        answer = await api.call("conversations.info", channel=channel)
    except SlackRefused as refusal:
        if refusal.code != "channel_not_found":
            raise StartRefused(_refused("conversations.info", refusal)) from refusal
        raise StartRefused(
            f"The policy's channel {channel} cannot be seen by Sayso. Correct its id, or if it is"
            " private write /invite @Sayso in it."
        ) from refusal
    except CallFailed as failure:
        raise SlackAway(
            f"The policy's channel {channel} could not be looked up ({failure.code}). Try again."
        ) from failure
    found = answer.get("channel", {})
    name = f"#{found.get('name', channel)}"
    if found.get("is_archived"):
        raise StartRefused(f"The policy's channel {name} is archived. Unarchive or replace it.")
    if not found.get("is_member"):
        raise StartRefused(f"Sayso is not in {name}. Write /invite @Sayso in that channel.")
