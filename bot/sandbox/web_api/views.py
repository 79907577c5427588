"""views.open, .push, .update and .publish: modals and the App Home.

The view is checked before the trigger is redeemed, so a refused view does not use it up.
"""

from typing import Any

from bot.sandbox.error_codes import SlackError
from bot.sandbox.nouns import JsonObject, OpenView
from bot.sandbox.validation.views import checked_view
from bot.sandbox.view_shelf import STACK_MAX
from bot.sandbox.web_api.arguments import Arguments
from bot.sandbox.web_api.content import with_ids
from bot.sandbox.web_api.context import Context


def open_view(context: Context, arguments: Arguments) -> JsonObject:
    """views.open: a new stack; what the person had open is gone."""
    view = ready_view(arguments.json("view"))
    _refuse_duplicate(context, view)
    person_id = context.triggers.redeem(arguments.required("trigger_id"))
    if context.workspace.view_stack(person_id):
        context.workspace.views.close_all(person_id)
    return {"view": context.workspace.views.push(person_id, view).view}


def push_view(context: Context, arguments: Arguments) -> JsonObject:
    """views.push: on top of what is open, three at most."""
    view = ready_view(arguments.json("view"))
    _refuse_duplicate(context, view)
    person_id = context.triggers.redeem(arguments.required("trigger_id"))
    stack = context.workspace.view_stack(person_id)
    if not stack:
        raise SlackError("not_found")
    if len(stack) >= STACK_MAX:
        raise SlackError("push_limit_reached")
    return {"view": context.workspace.views.push(person_id, view).view}


def update_view(context: Context, arguments: Arguments) -> JsonObject:
    """views.update: by view_id or external_id, guarded by hash when one is sent."""
    opened = _find(context, arguments)
    view = ready_view(arguments.json("view"), surface=opened.view["type"])
    _refuse_duplicate(context, view, except_for=opened)
    _check_hash(arguments, opened)
    return {"view": context.workspace.views.replace(opened, view).view}


def publish_view(context: Context, arguments: Arguments) -> JsonObject:
    """views.publish: one person's App Home."""
    person_id = arguments.required("user_id")
    view = ready_view(arguments.json("view"), surface="home")
    if context.workspace.person(person_id) is None:
        raise SlackError("user_not_found")
    known = context.workspace.home(person_id)
    _refuse_duplicate(context, view, except_for=known)
    if known is not None:
        _check_hash(arguments, known)
    return {"view": context.workspace.views.publish_home(person_id, view).view}


def ready_view(view: Any, *, surface: str = "modal") -> JsonObject:
    """A checked view with the ids that Slack makes up filled in."""
    if view is None:
        raise SlackError("invalid_arguments", "[ERROR] missing required field: view")
    checked = checked_view(view, surface=surface)
    return {**checked, "blocks": with_ids(checked["blocks"])}


def _find(context: Context, arguments: Arguments) -> OpenView:
    external_id = arguments.text("external_id")
    if external_id is not None:
        opened = context.workspace.views.find_external(external_id)
    else:
        opened = context.workspace.views.find(arguments.required("view_id"))
    if opened is None:
        raise SlackError("not_found")
    return opened


def _check_hash(arguments: Arguments, opened: OpenView) -> None:
    if arguments.text("hash") not in {None, opened.view["hash"]}:
        raise SlackError("hash_conflict")


def _refuse_duplicate(
    context: Context, view: JsonObject, *, except_for: OpenView | None = None
) -> None:
    external_id = view.get("external_id")
    if not external_id:
        return
    other = context.workspace.views.find_external(external_id)
    if other is not None and other != except_for:
        raise SlackError("duplicate_external_id")
