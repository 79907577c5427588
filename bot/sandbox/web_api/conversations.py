"""conversations.open, .info, .list and .members, and how a channel argument is understood."""

from bot.sandbox.error_codes import SlackError
from bot.sandbox.nouns import Channel, JsonObject
from bot.sandbox.web_api.arguments import Arguments
from bot.sandbox.web_api.context import Context
from bot.sandbox.web_api.paging import page_of
from bot.sandbox.web_api.shapes import channel_json

_TYPES = {"public_channel", "private_channel", "mpim", "im"}


def visible_channel(context: Context, channel_id: str) -> Channel:
    """A channel the app may know of: private ones only as a member."""
    channel = context.workspace.channel(channel_id)
    if channel is None:
        raise SlackError("channel_not_found")
    if channel.is_private and context.seed.bot_user_id not in channel.members:
        raise SlackError("channel_not_found")
    return channel


def writable_channel(context: Context, wanted: str) -> Channel:
    """Where the app may post: by id, by `#name`, or a person's id for their direct messages."""
    if context.workspace.person(wanted) is not None:
        return context.workspace.direct_messages(wanted)
    by_name = {c.name: c.id for c in context.workspace.channels() if not c.is_im}
    channel = visible_channel(context, by_name.get(wanted.removeprefix("#"), wanted))
    if channel.is_archived:
        raise SlackError("is_archived")
    if context.seed.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def open_direct(context: Context, arguments: Arguments) -> JsonObject:
    """conversations.open: the direct messages with one person (group messages are not kept)."""
    channel = _channel_to_open(context, arguments)
    already_open = {"no_op": True, "already_open": True}
    if arguments.flag("return_im"):
        return {**already_open, "channel": channel_json(channel, seed=context.seed)}
    return {**already_open, "channel": {"id": channel.id}}


def _channel_to_open(context: Context, arguments: Arguments) -> Channel:
    channel_id = arguments.text("channel")
    if channel_id is not None:
        channel = visible_channel(context, channel_id)
        if not channel.is_im:
            raise SlackError("method_not_supported_for_channel_type")
        return channel
    people = (arguments.text("users") or "").split(",")
    if not people[0]:
        raise SlackError("users_list_not_supplied")
    if len(people) > 1:
        raise SlackError("too_many_users")
    person = context.workspace.person(people[0])
    if person is None:
        raise SlackError("user_not_found")
    if person.deleted:
        raise SlackError("user_disabled")
    return context.workspace.direct_messages(person.id)


def info(context: Context, arguments: Arguments) -> JsonObject:
    """conversations.info."""
    channel = visible_channel(context, arguments.required("channel"))
    shape = channel_json(channel, seed=context.seed)
    if arguments.flag("include_num_members"):
        shape["num_members"] = len(channel.members)
    return {"channel": shape}


def list_all(context: Context, arguments: Arguments) -> JsonObject:
    """conversations.list by types (public channels when left out), paged."""
    types = set((arguments.text("types") or "public_channel").replace(" ", "").split(","))
    if not types <= _TYPES:
        raise SlackError("invalid_types")
    bot = context.seed.bot_user_id
    shown = [
        channel
        for channel in context.workspace.channels()
        if _type_of(channel) in types
        and not (channel.is_private and bot not in channel.members)
        and not (channel.is_archived and arguments.flag("exclude_archived"))
    ]
    channels, metadata = page_of(shown, arguments, default=100)
    shapes = [
        {**channel_json(c, seed=context.seed), "num_members": len(c.members)} for c in channels
    ]
    return {"channels": shapes, "response_metadata": metadata}


def members(context: Context, arguments: Arguments) -> JsonObject:
    """conversations.members, paged."""
    channel = visible_channel(context, arguments.required("channel"))
    people, metadata = page_of(channel.members, arguments, default=100)
    return {"members": list(people), "response_metadata": metadata}


def _type_of(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"
