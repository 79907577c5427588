"""Clicks on the buttons and selects of a message, and the ⚠ when the app does not answer."""

from dataclasses import dataclass

from bot.sandbox.hands.reach import InteractionResult, Reach, refused, result_of
from bot.sandbox.inputs import (
    InputValue,
    InputValues,
    NoSuchChoiceError,
    action_fields,
    find_element,
    state_values,
)
from bot.sandbox.nouns import Channel, ClickWarning, JsonObject, Message, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """Which element was used, what was chosen in it, and what the other inputs hold."""

    action_id: str
    block_id: str | None = None
    value: InputValue = None
    values: InputValues | None = None


async def click_message(
    reach: Reach, person: Person, *, channel: Channel, ts: str, click: Click
) -> InteractionResult:
    """Send block_actions for a message that this person can see."""
    message = reach.workspace.message(channel.id, ts)
    if message is None or message.ephemeral_to not in {None, person.id}:
        return refused("no_such_message")
    found = find_element(message.blocks, click.action_id, click.block_id)
    if found is None:
        return refused("no_such_button")
    block, element = found
    try:
        payload = _payload(reach, person, channel=channel, message=message, click=click)
        fields = action_fields(element, click.value)
    except NoSuchChoiceError:
        return refused("no_such_choice")
    payload["actions"] = [reach.payloads.action(block["block_id"], element, fields)]
    ack = await reach.send_interactive(person.id, payload)
    warning = ClickWarning(
        person_id=person.id,
        block_id=block["block_id"],
        action_id=click.action_id,
        error=ack.error or "",
    )
    _mark(reach, channel.id, ts, warning)
    return result_of(ack)


def _payload(
    reach: Reach, person: Person, *, channel: Channel, message: Message, click: Click
) -> JsonObject:
    state = {"values": state_values(message.blocks, with_clicked(message.blocks, click))}
    path = reach.response_urls.issue(channel_id=channel.id, person_id=person.id, message=message)
    payload = reach.payloads.message_click(
        person, channel=channel, message=message, response_url=f"{reach.url()}actions/{path}"
    )
    return {**payload, "state": state}


def with_clicked(blocks: list[JsonObject], click: Click) -> InputValues:
    """The given inputs plus the clicked one, so that `state` agrees with `actions`."""
    found = find_element(blocks, click.action_id, click.block_id)
    given = {block_id: dict(inputs) for block_id, inputs in (click.values or {}).items()}
    if found is not None and click.value is not None:
        given.setdefault(found[0]["block_id"], {})[click.action_id] = click.value
    return given


def _mark(reach: Reach, channel_id: str, ts: str, warning: ClickWarning) -> None:
    message = reach.workspace.message(channel_id, ts)
    if message is None:
        return
    if warning.error:
        reach.workspace.log.warn(message, warning)
    else:
        reach.workspace.log.clear_warning(message, warning)
