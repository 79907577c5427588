"""auth.test, apps.connections.open and team.info: who the app is and where.

The door has checked the token before; an app-level token asking auth.test is answered by the door
with `app_token_identity`.
"""

from bot.sandbox.error_codes import SlackError
from bot.sandbox.nouns import JsonObject
from bot.sandbox.web_api.arguments import Arguments
from bot.sandbox.web_api.context import Context


def test(context: Context, arguments: Arguments) -> JsonObject:
    """auth.test for the bot token."""
    seed = context.seed
    bot = context.workspace.person(seed.bot_user_id)
    return {
        "url": context.page_url(),
        "team": seed.team.name,
        "user": bot.name if bot else seed.app_name.lower(),
        "team_id": seed.team.id,
        "user_id": seed.bot_user_id,
        "bot_id": seed.bot_id,
        "is_enterprise_install": False,
    }


def app_token_identity(context: Context) -> JsonObject:
    """auth.test for the app-level token: it names the app and no user."""
    return {"app_name": context.seed.app_name, "app_id": context.seed.app_id}


def open_connection(context: Context, arguments: Arguments) -> JsonObject:
    """apps.connections.open: the address of a new socket, good for one connection."""
    return {"url": context.socket_url()}


def team_info(context: Context, arguments: Arguments) -> JsonObject:
    """team.info for the own team."""
    team = context.seed.team
    if arguments.text("team") not in {None, team.id}:
        raise SlackError("team_not_found")
    icon = {"image_default": True, "image_34": "", "image_44": "", "image_68": ""}
    return {
        "team": {
            "id": team.id,
            "name": team.name,
            "domain": team.domain,
            "email_domain": "",
            "icon": icon,
            "url": context.page_url(),
            "is_verified": False,
        }
    }
