"""What a person's hands do in the local Slack: click, submit, close, type a command, say.

The page and the tests call it with the id of the person who acts; it builds the payload exactly as
Slack would, hands it to the app through the delivery in force and makes the workspace show what
came of it (the ⚠ of an unacknowledged click, the next view, the answer of a command).
"""

from bot.sandbox.hands import views, words
from bot.sandbox.hands.clicks import Click, click_message
from bot.sandbox.hands.reach import InteractionResult, Reach, refused, result_of
from bot.sandbox.hands.shortcuts import use_shortcut
from bot.sandbox.inputs import InputValue, InputValues
from bot.sandbox.nouns import Channel, JsonObject, OpenView

__all__ = ["InputValue", "InputValues", "InteractionResult", "Interactions", "NoSuchPlaceError"]


class NoSuchPlaceError(LookupError):
    """Somebody unknown, or a channel that is not there, archived or closed to the person."""


class Interactions:
    """One set of hands per workspace; every method names the person who acts."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    async def click(
        self,
        person_id: str,
        *,
        channel: str,
        ts: str,
        action_id: str,
        block_id: str | None = None,
        value: InputValue = None,
        values: InputValues | None = None,
    ) -> InteractionResult:
        """Use a button or select in a message (an ephemeral one too).

        `value` is what was chosen in a select, picker or set of boxes; a button needs none.
        `values` are the other inputs of the message, for `state.values`.
        """
        person = self._reach.workspace.person(person_id)
        place = self._visible(person_id, channel)
        if person is None or place is None:
            return refused("person_unknown" if person is None else "not_in_channel")
        click = Click(action_id=action_id, block_id=block_id, value=value, values=values)
        return await click_message(self._reach, person, channel=place, ts=ts, click=click)

    async def click_in_view(
        self,
        person_id: str,
        view_id: str,
        *,
        action_id: str,
        block_id: str | None = None,
        value: InputValue = None,
        values: InputValues | None = None,
    ) -> InteractionResult:
        """Use a button or select in an open modal or in the App Home."""
        person, opened = self._reach.workspace.person(person_id), self._opened(person_id, view_id)
        if person is None or opened is None:
            return refused("person_unknown" if person is None else "no_such_view")
        click = Click(action_id=action_id, block_id=block_id, value=value, values=values)
        return await views.click_view(self._reach, person, opened=opened, click=click)

    async def submit_view(
        self, person_id: str, view_id: str, values: InputValues | None = None
    ) -> InteractionResult:
        """Press a modal's submit button with these inputs."""
        person, opened = self._reach.workspace.person(person_id), self._opened(person_id, view_id)
        if person is None or opened is None:
            return refused("person_unknown" if person is None else "no_such_view")
        return await views.submit(self._reach, person, opened=opened, values=values)

    async def close_view(
        self, person_id: str, view_id: str, *, whole_stack: bool = False
    ) -> InteractionResult:
        """Press a modal's close button, or its × (`whole_stack`)."""
        person, opened = self._reach.workspace.person(person_id), self._opened(person_id, view_id)
        if person is None or opened is None:
            return refused("person_unknown" if person is None else "no_such_view")
        return await views.close(self._reach, person, opened=opened, whole_stack=whole_stack)

    def _opened(self, person_id: str, view_id: str) -> OpenView | None:
        """Return the window if it is theirs."""
        found = self._reach.workspace.views.find(view_id)
        return found if found is not None and found.person_id == person_id else None

    async def slash_command(
        self, person_id: str, channel: str, text: str, *, thread_ts: str | None = None
    ) -> InteractionResult:
        """Send a composer text that begins with `/`. Unknown commands are answered by Slackbot."""
        person = self._reach.workspace.person(person_id)
        place = self._visible(person_id, channel)
        if person is None or place is None:
            return refused("person_unknown" if person is None else "not_in_channel")
        return await words.slash_command(
            self._reach, person, channel=place, text=text, thread_ts=thread_ts
        )

    async def use_shortcut(
        self, person_id: str, *, channel: str, ts: str, callback_id: str
    ) -> InteractionResult:
        """Choose one of the app's entries in the menu of a message."""
        person = self._reach.workspace.person(person_id)
        place = self._visible(person_id, channel)
        if person is None or place is None:
            return refused("person_unknown" if person is None else "not_in_channel")
        return await use_shortcut(
            self._reach, person, channel=place, ts=ts, callback_id=callback_id
        )

    async def open_home(self, person_id: str, *, tab: str = "home") -> InteractionResult:
        """Open the app's Home tab (or `messages`)."""
        person = self._reach.workspace.person(person_id)
        if person is None:
            return refused("person_unknown")
        return await words.open_home(self._reach, person, tab=tab)

    async def say(
        self, person_id: str, channel: str, text: str, *, thread_ts: str | None = None
    ) -> str:
        """Post a person's message; returns its ts. The app hears of mentions and of its DMs.

        `text` is as Slack's client sends it: entities escaped, mentions as `<@U…>`. Raises
        `NoSuchPlaceError` for somebody unknown and for a channel that cannot be posted in.
        """
        person = self._reach.workspace.person(person_id)
        place = self._visible(person_id, channel)
        if person is None or place is None or place.is_archived:
            raise NoSuchPlaceError(f"{person_id} cannot post in {channel}")
        message, events = await words.say(
            self._reach, person, channel=place, text=text, thread_ts=thread_ts
        )
        await words.send_events(self._reach, events, place)
        return message.ts

    async def deliver(self, kind: str, payload: JsonObject) -> InteractionResult:
        """Send a payload made by hand (`interactive`, `slash_commands`, `events_api`)."""
        takes_answer = kind != "events_api"
        ack = await self._reach.deliveries.send(
            kind, payload, accepts_response_payload=takes_answer
        )
        return result_of(ack)

    def _visible(self, person_id: str, channel_id: str) -> Channel | None:
        """A channel this person can look at: public, or one they are a member of."""
        channel = self._reach.workspace.channel(channel_id)
        if channel is None or person_id in channel.members:
            return channel
        return None if channel.is_private or channel.is_im else channel
