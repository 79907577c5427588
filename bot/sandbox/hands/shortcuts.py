"""A message's menu: the shortcuts the app added to it."""

from bot.sandbox.hands.reach import InteractionResult, Reach, refused, result_of
from bot.sandbox.nouns import Channel, Person


async def use_shortcut(
    reach: Reach, person: Person, *, channel: Channel, ts: str, callback_id: str
) -> InteractionResult:
    """Send message_action for a message everybody in the channel sees."""
    message = reach.workspace.message(channel.id, ts)
    if message is None or message.ephemeral_to is not None:
        return refused("no_such_message")
    known = {shortcut.callback_id for shortcut in reach.seed.shortcuts}
    if callback_id not in known or person.is_stranger:
        return refused("no_such_shortcut")
    path = reach.response_urls.issue(channel_id=channel.id, person_id=person.id)
    payload = reach.payloads.message_action(
        person,
        channel=channel,
        message=message,
        callback_id=callback_id,
        response_url=f"{reach.url()}actions/{path}",
    )
    return result_of(await reach.send_interactive(person.id, payload))
