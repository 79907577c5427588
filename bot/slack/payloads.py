"""Slack's dicts as plain nouns: strict, every field we use checked, everything else ignored.

Called by the listeners. The person is read from the payload's own `user.id` and `user.team_id`;
Bolt's context names the host workspace for people of other companies. A payload that does not fit
is `Malformed`, whose text names fields only, never values.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from approvals.domain.ids import ChannelId, TeamId, UserId


class Malformed(Exception):
    """A payload is not what Slack documents; the text says which fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who acted, and from which workspace, as Slack signed it."""

    user: UserId
    team: TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonPress:
    """A button of a message or of a view."""

    sender: Sender
    action_id: str
    value: str
    trigger_id: str
    channel: ChannelId | None = None
    """None in a view."""
    is_home: bool = False
    """The view is the person's App Home, which no window can replace."""
    ts: str | None = None
    view: "ViewState | None" = None
    """The window it was pressed in; None for a message and for an App Home."""
    gateway: str | None = None
    """The gateway that posted the card, as its metadata says: for diagnosis, never authority."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewState:
    """An open view: what we stored in it and what the person typed."""

    id: str
    callback_id: str
    private_metadata: str
    hash: str | None
    values: dict[str, dict[str, Any]]

    def typed(self, block_id: str, action_id: str) -> str | None:
        """Return the text of one input, stripped; None when it is empty or absent."""
        found = self.values.get(block_id, {}).get(action_id)
        text = found.get("value") if isinstance(found, dict) else None
        return (text.strip() or None) if isinstance(text, str) else None

    def held(self, block_id: str, action_id: str) -> str | None:
        """Return what one input of whatever kind holds, exactly; None when it is empty."""
        found = self.values.get(block_id, {}).get(action_id)
        if not isinstance(found, dict):
            return None
        option = found.get("selected_option")
        if isinstance(option, dict):
            return self.chosen(block_id, action_id)
        text = found.get("value") or found.get("selected_date")
        return text if isinstance(text, str) else None

    def chosen(self, block_id: str, action_id: str) -> str | None:
        """Return the value of the option chosen in one select; None when there is none."""
        found = self.values.get(block_id, {}).get(action_id)
        option = found.get("selected_option") if isinstance(found, dict) else None
        value = option.get("value") if isinstance(option, dict) else None
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewEvent:
    """A view was submitted or closed."""

    sender: Sender
    view: ViewState


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandCall:
    """A slash command as typed."""

    sender: Sender
    command: str
    text: str
    channel: ChannelId
    trigger_id: str


UserText = Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]{1,30}$")]
TeamText = Annotated[str, StringConstraints(pattern=r"^[TE][A-Z0-9]{1,30}$")]
ChannelText = Annotated[str, StringConstraints(pattern=r"^[CGD][A-Z0-9]{1,30}$")]
TsText = Annotated[str, StringConstraints(pattern=r"^\d{1,12}\.\d{1,9}$")]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
TriggerText = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Part(BaseModel):
    """A part of a payload: strict, and its mistakes never repeat what it held."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


class _Person(Part):
    id: UserText
    team_id: TeamText


class _Place(Part):
    id: ChannelText


class _Container(Part):
    type: Literal["message", "view"]
    channel_id: ChannelText | None = None
    message_ts: TsText | None = None
    view_id: _Name | None = None


class _Action(Part):
    action_id: _Name
    value: Annotated[str, StringConstraints(max_length=2_000)] = ""


class _State(Part):
    values: dict[str, dict[str, Any]] = Field(default_factory=dict)


class _View(Part):
    id: _Name
    type: Literal["modal", "home"] = "modal"
    callback_id: Annotated[str, StringConstraints(max_length=255)] = ""
    private_metadata: Annotated[str, StringConstraints(max_length=3_000)] = ""
    hash: str | None = None
    state: _State | None = None


class _Message(Part):
    ts: TsText
    metadata: dict[str, Any] | None = None


class _BlockActions(Part):
    user: _Person
    container: _Container
    channel: _Place | None = None
    message: _Message | None = None
    view: _View | None = None
    actions: Annotated[list[_Action], Field(min_length=1, max_length=25)]
    trigger_id: TriggerText


class _ViewEvent(Part):
    user: _Person
    view: _View


class _Command(Part):
    user_id: UserText
    team_id: TeamText
    command: Annotated[str, StringConstraints(pattern=r"^/\S{1,31}$")]
    # Longer than any task may be, so that a long one is refused with a sentence of its own.
    text: Annotated[str, StringConstraints(max_length=400_000)] = ""
    channel_id: ChannelText
    trigger_id: TriggerText


_Parsed = TypeVar("_Parsed", bound=Part)
_GATEWAY = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def button_press(body: dict[str, Any]) -> ButtonPress:
    """Read a block_actions payload; message and container have to name one place.

    Raises:
        Malformed
    """
    read = read_as(_BlockActions, body)
    place, action = read.container, read.actions[0]
    is_home = read.view is not None and read.view.type == "home"
    if place.type == "message":
        if place.channel_id is None or place.message_ts is None:
            raise Malformed("container names no message")
        if read.channel is not None and read.channel.id != place.channel_id:
            raise Malformed("channel and container disagree")
        if read.message is not None and read.message.ts != place.message_ts:
            raise Malformed("message and container disagree")
    elif read.view is None:
        raise Malformed("view is missing")
    return ButtonPress(
        sender=_sender(read.user),
        action_id=action.action_id,
        value=action.value,
        trigger_id=read.trigger_id,
        channel=ChannelId(place.channel_id) if place.channel_id else None,
        ts=place.message_ts,
        view=_view_state(read.view) if read.view and not is_home else None,
        is_home=is_home,
        gateway=_gateway(read.message),
    )


def view_event(body: dict[str, Any]) -> ViewEvent:
    """Read a view_submission or view_closed payload.

    Raises:
        Malformed
    """
    read = read_as(_ViewEvent, body)
    return ViewEvent(sender=_sender(read.user), view=_view_state(read.view))


def command_call(body: dict[str, Any]) -> CommandCall:
    """Read a slash command.

    Raises:
        Malformed
    """
    read = read_as(_Command, body)
    return CommandCall(
        sender=Sender(user=UserId(read.user_id), team=TeamId(read.team_id)),
        command=read.command,
        text=read.text.strip(),
        channel=ChannelId(read.channel_id),
        trigger_id=read.trigger_id,
    )


def read_as(model: type[_Parsed], body: dict[str, Any]) -> _Parsed:
    """Read *body* as *model*.

    Raises:
        Malformed
    """
    try:
        return model.model_validate(body)
    except ValidationError as mistakes:
        places = sorted({".".join(map(str, each["loc"])) for each in mistakes.errors()})
        raise Malformed(", ".join(places)) from None


def _sender(person: _Person) -> Sender:
    return Sender(user=UserId(person.id), team=TeamId(person.team_id))


def _view_state(view: _View) -> ViewState:
    return ViewState(
        id=view.id,
        callback_id=view.callback_id,
        private_metadata=view.private_metadata,
        hash=view.hash,
        values=view.state.values if view.state else {},
    )


def _gateway(message: _Message | None) -> str | None:
    payload = (message.metadata or {}).get("event_payload") if message else None
    name = payload.get("gateway") if isinstance(payload, dict) else None
    return name if isinstance(name, str) and _GATEWAY.fullmatch(name) else None
