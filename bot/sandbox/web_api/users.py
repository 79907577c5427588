"""users.info, users.list and users.lookupByEmail."""

from bot.sandbox.error_codes import SlackError
from bot.sandbox.nouns import JsonObject
from bot.sandbox.web_api.arguments import Arguments
from bot.sandbox.web_api.context import Context
from bot.sandbox.web_api.paging import page_of
from bot.sandbox.web_api.shapes import user_json


def info(context: Context, arguments: Arguments) -> JsonObject:
    """users.info: one person, deactivated and external ones too."""
    person = context.workspace.person(arguments.required("user"))
    if person is None:
        raise SlackError("user_not_found")
    return {"user": user_json(person, seed=context.seed)}


def list_all(context: Context, arguments: Arguments) -> JsonObject:
    """users.list, paged."""
    people, metadata = page_of(context.workspace.people(), arguments, default=1000)
    members = [user_json(person, seed=context.seed) for person in people]
    cache_ts = int(context.clock.epoch_s())
    return {"members": members, "cache_ts": cache_ts, "response_metadata": metadata}


def lookup_by_email(context: Context, arguments: Arguments) -> JsonObject:
    """users.lookupByEmail: the active member of the workspace with this address."""
    email = arguments.required("email").lower()
    for person in context.workspace.people():
        if person.email == email and not (person.deleted or person.is_bot or person.is_stranger):
            return {"user": user_json(person, seed=context.seed)}
    raise SlackError("users_not_found")
