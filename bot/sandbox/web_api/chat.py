"""chat.postMessage, .update, .postEphemeral, .delete and .getPermalink."""

from dataclasses import replace

from bot.sandbox.error_codes import SlackError
from bot.sandbox.nouns import JsonObject, Message
from bot.sandbox.web_api.arguments import Arguments
from bot.sandbox.web_api.content import TEXT_CHARACTERS_MAX, Content, read_content
from bot.sandbox.web_api.context import Context
from bot.sandbox.web_api.conversations import visible_channel, writable_channel
from bot.sandbox.web_api.shapes import message_json

_UPDATE_TEXT_MAX = 4_000


def post_message(context: Context, arguments: Arguments) -> JsonObject:
    """chat.postMessage: stored before the reply."""
    channel = writable_channel(context, arguments.required("channel"))
    content = read_content(arguments)
    message = _new_message(context, channel.id, content)
    thread_ts = _thread_ts(context, channel.id, arguments)
    stored = context.workspace.log.put(replace(message, thread_ts=thread_ts))
    return {
        "channel": channel.id,
        "ts": stored.ts,
        "message": message_json(stored, seed=context.seed),
    }


def post_ephemeral(context: Context, arguments: Arguments) -> JsonObject:
    """chat.postEphemeral: one person sees it, nobody can update it."""
    channel = writable_channel(context, arguments.required("channel"))
    person_id = arguments.required("user")
    if person_id not in channel.members:
        raise SlackError("user_not_in_channel")
    content = read_content(arguments, text_max=TEXT_CHARACTERS_MAX)
    message = _new_message(context, channel.id, content)
    thread_ts = _thread_ts(context, channel.id, arguments)
    stored = context.workspace.log.put(
        replace(message, ephemeral_to=person_id, thread_ts=thread_ts)
    )
    return {"message_ts": stored.ts}


def update(context: Context, arguments: Arguments) -> JsonObject:
    """chat.update: what is not sent again stays; an empty list takes blocks away."""
    channel_id = arguments.required("channel")
    ts = arguments.required("ts")
    channel = visible_channel(context, channel_id)
    message = _own_message(context, channel.id, ts, refusal="cant_update_message")
    if channel.is_archived:
        raise SlackError("is_inactive")
    content = read_content(arguments, text_max=_UPDATE_TEXT_MAX)
    stored = context.workspace.log.put(_edited(context, message, content))
    return {
        "channel": channel.id,
        "ts": stored.ts,
        "text": stored.text,
        "message": message_json(stored, seed=context.seed),
    }


def delete(context: Context, arguments: Arguments) -> JsonObject:
    """chat.delete: the app's own messages only."""
    channel = visible_channel(context, arguments.required("channel"))
    ts = arguments.required("ts")
    message = _own_message(context, channel.id, ts, refusal="cant_delete_message")
    context.workspace.log.remove(message)
    return {"channel": channel.id, "ts": ts}


def get_permalink(context: Context, arguments: Arguments) -> JsonObject:
    """chat.getPermalink: an address on the local page."""
    channel = visible_channel(context, arguments.required("channel"))
    message = context.workspace.message(channel.id, arguments.required("message_ts"))
    if message is None or message.ephemeral_to is not None:
        raise SlackError("message_not_found")
    place = f"archives/{channel.id}/p{message.ts.replace('.', '')}"
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.is_reply else ""
    return {"channel": channel.id, "permalink": f"{context.page_url()}{place}{thread}"}


def _new_message(context: Context, channel_id: str, content: Content) -> Message:
    return Message(
        channel_id=channel_id,
        ts=context.workspace.log.next_ts(channel_id),
        user_id=context.seed.bot_user_id,
        bot_id=context.seed.bot_id,
        text=(content.text or "")[:TEXT_CHARACTERS_MAX],
        blocks=content.blocks or [],
        attachments=content.attachments or [],
        metadata=content.metadata or None,
    )


def _thread_ts(context: Context, channel_id: str, arguments: Arguments) -> str | None:
    thread_ts = arguments.ts("thread_ts")
    if thread_ts is None:
        return None
    parent = context.workspace.message(channel_id, thread_ts)
    if parent is None:
        return thread_ts
    if parent.ephemeral_to is not None:
        raise SlackError("cannot_reply_to_message")
    return parent.thread_ts or parent.ts


def _own_message(context: Context, channel_id: str, ts: str, *, refusal: str) -> Message:
    message = context.workspace.message(channel_id, ts)
    if message is None or message.ephemeral_to is not None:
        raise SlackError("message_not_found")
    if message.bot_id != context.seed.bot_id:
        raise SlackError(refusal)
    return message


def _edited(context: Context, message: Message, content: Content) -> Message:
    blocks = message.blocks if content.blocks is None else content.blocks
    if _has_rich_text(message.blocks) and blocks and not _has_rich_text(blocks):
        raise SlackError("block_mismatch")
    attachments = content.attachments
    return replace(
        message,
        text=message.text if content.text is None else content.text,
        blocks=blocks,
        attachments=message.attachments if attachments is None else attachments,
        metadata=message.metadata if content.metadata is None else (content.metadata or None),
        edited_ts=f"{context.clock.epoch_s():.6f}",
        warnings=(),
    )


def _has_rich_text(blocks: list[JsonObject]) -> bool:
    return any(block.get("type") == "rich_text" for block in blocks)
