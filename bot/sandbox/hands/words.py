"""What people type: slash commands, and messages with the events they cause."""

import asyncio

from bot.sandbox.delivery.envelopes import EVENTS_API, SLASH_COMMANDS, Ack
from bot.sandbox.error_codes import SlackError
from bot.sandbox.hands.reach import InteractionResult, Reach, refused, result_of
from bot.sandbox.nouns import SLACKBOT_ID, Channel, JsonObject, Message, Person
from bot.sandbox.web_api.arguments import Arguments
from bot.sandbox.web_api.content import read_content


async def slash_command(
    reach: Reach, person: Person, *, channel: Channel, text: str, thread_ts: str | None
) -> InteractionResult:
    """Send a command, then show the app's answer or Slackbot's sentence about what went wrong."""
    command, _, rest = text.strip().partition(" ")
    if thread_ts is not None:
        _slackbot(reach, person, channel, f"{command} is not supported in threads. Sorry!")
        return refused("unknown_command")
    if command not in reach.seed.commands or person.is_stranger:
        _slackbot(reach, person, channel, f"{command} is not a valid command.")
        return refused("unknown_command")
    path = reach.response_urls.issue(channel_id=channel.id, person_id=person.id)
    payload = reach.payloads.command(
        person,
        channel=channel,
        command=command,
        text=rest.strip(),
        response_url=f"{reach.url()}commands/{path}",
    )
    payload["trigger_id"] = reach.triggers.issue(person.id)
    ack = await reach.deliveries.send(SLASH_COMMANDS, payload, accepts_response_payload=True)
    if ack.error is not None:
        _slackbot(reach, person, channel, f'{command} failed with the error "{ack.error}"')
        return result_of(ack)
    return _show_answer(reach, person, channel, ack)


async def say(
    reach: Reach, person: Person, *, channel: Channel, text: str, thread_ts: str | None
) -> tuple[Message, list[JsonObject]]:
    """Store a person's message; returns it with the events it causes."""
    message = reach.workspace.log.put(
        Message(
            channel_id=channel.id,
            ts=reach.workspace.log.next_ts(channel.id),
            user_id=person.id,
            text=text,
            thread_ts=thread_ts,
        )
    )
    return message, _events_of(reach, message, channel, person)


async def send_events(reach: Reach, events: list[JsonObject], channel: Channel) -> None:
    """Tell the app of events it subscribed to."""
    wanted = [event for event in events if _subscription(event) in reach.seed.events]
    payloads = [reach.payloads.event(event, channel=channel) for event in wanted]
    await asyncio.gather(*(reach.deliveries.send(EVENTS_API, p) for p in payloads))


async def open_home(reach: Reach, person: Person, *, tab: str) -> InteractionResult:
    """Send app_home_opened, with the Home's view when there is one."""
    event = {
        "type": "app_home_opened",
        "user": person.id,
        "channel": reach.workspace.direct_messages(person.id).id,
        "tab": tab,
    }
    home = reach.workspace.home(person.id)
    if home is not None and tab == "home":
        event["view"] = home.view  # type: ignore[assignment]
    return result_of(await reach.deliveries.send(EVENTS_API, reach.payloads.event(event)))


def _events_of(
    reach: Reach, message: Message, channel: Channel, person: Person
) -> list[JsonObject]:
    event: JsonObject = {
        "type": "app_mention",
        "user": person.id,
        "text": message.text,
        "ts": message.ts,
        "team": person.team_id,
        "channel": channel.id,
    }
    if message.thread_ts is not None:
        event["thread_ts"] = message.thread_ts
    if channel.is_im:
        return [{**event, "type": "message", "channel_type": "im"}]
    mentioned = f"<@{reach.seed.bot_user_id}>" in message.text
    inside = reach.seed.bot_user_id in channel.members
    return [event] if mentioned and inside else []


def _subscription(event: JsonObject) -> str:
    kind = str(event["type"])
    return f"message.{event['channel_type']}" if kind == "message" else kind


def _show_answer(reach: Reach, person: Person, channel: Channel, ack: Ack) -> InteractionResult:
    if ack.answer is None:
        return result_of(ack)
    try:
        content = read_content(Arguments(ack.answer))
    except SlackError as error:
        return InteractionResult(acked=True, error=error.code, answer=ack.answer)
    reach.response_urls.say((channel.id, person.id, None), content, ack.answer)
    return result_of(ack)


def _slackbot(reach: Reach, person: Person, channel: Channel, sentence: str) -> None:
    reach.workspace.log.put(
        Message(
            channel_id=channel.id,
            ts=reach.workspace.log.next_ts(channel.id),
            user_id=SLACKBOT_ID,
            text=sentence,
            ephemeral_to=person.id,
        )
    )
