"""usergroups.list and usergroups.users.list."""

from bot.sandbox.error_codes import SlackError
from bot.sandbox.nouns import JsonObject
from bot.sandbox.web_api.arguments import Arguments
from bot.sandbox.web_api.context import Context
from bot.sandbox.web_api.shapes import usergroup_json


def list_all(context: Context, arguments: Arguments) -> JsonObject:
    """usergroups.list; disabled groups and members only when asked for."""
    with_disabled = arguments.flag("include_disabled")
    with_users = arguments.flag("include_users")
    return {
        "usergroups": [
            usergroup_json(group, seed=context.seed, with_users=with_users)
            for group in context.workspace.usergroups()
            if with_disabled or not group.disabled
        ]
    }


def users(context: Context, arguments: Arguments) -> JsonObject:
    """usergroups.users.list: the active members of one group."""
    wanted = arguments.required("usergroup")
    with_disabled = arguments.flag("include_disabled")
    for group in context.workspace.usergroups():
        if group.id == wanted and (with_disabled or not group.disabled):
            people = [context.workspace.person(member) for member in group.members]
            return {"users": [p.id for p in people if p is not None and not p.deleted]}
    raise SlackError("no_such_subteam")
