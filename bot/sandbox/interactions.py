"""What a person's hands do in the local Slack: click, submit, close, type a command, say.

The page and the tests call it with the id of the person who acts; it builds the payload exactly as
Slack would, hands it to the app through the delivery in force and makes the workspace show what
came of it (the ⚠ of an unacknowledged click, the next view, the answer of a command).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.sandbox.nouns import JsonObject

InputValue = str | Sequence[str] | None
"""What one input holds: text, an option's value, an id or a date; a sequence for multi inputs."""
InputValues = Mapping[str, Mapping[str, InputValue]]
"""Inputs by block id and action id. What is left out keeps its initial value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionResult:
    """What the person saw come of it.

    `acked`: the app acknowledged within 3 s. `error`: Slack's own word when it did not
    (`operation_timeout`, `dispatch_failed`) or when nothing was sent at all (`no_such_button`,
    `no_such_message`, `no_such_view`, `invalid_inputs`, `person_unknown`, `not_in_channel`).
    `errors`: sentences by block id, from the app's `response_action: errors` or from Slack's own
    check of required inputs. `answer`: the ack's payload. `ack_s`: seconds until the ack.
    """

    acked: bool
    error: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    answer: JsonObject | None = None
    ack_s: float | None = None


class Interactions:
    """One set of hands per workspace; every method names the person who acts."""

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
        raise NotImplementedError

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
        raise NotImplementedError

    async def submit_view(
        self, person_id: str, view_id: str, values: InputValues | None = None
    ) -> InteractionResult:
        """Press a modal's submit button with these inputs."""
        raise NotImplementedError

    async def close_view(
        self, person_id: str, view_id: str, *, whole_stack: bool = False
    ) -> InteractionResult:
        """Press a modal's close button, or its × (`whole_stack`)."""
        raise NotImplementedError

    async def slash_command(
        self, person_id: str, channel: str, text: str, *, thread_ts: str | None = None
    ) -> InteractionResult:
        """Send a composer text that begins with `/`. Unknown commands are answered by Slackbot."""
        raise NotImplementedError

    async def open_home(self, person_id: str, *, tab: str = "home") -> InteractionResult:
        """Open the app's Home tab (or `messages`)."""
        raise NotImplementedError

    async def say(
        self, person_id: str, channel: str, text: str, *, thread_ts: str | None = None
    ) -> str:
        """Post a person's message; returns its ts. The app hears of mentions and of its DMs."""
        raise NotImplementedError

    async def deliver(self, kind: str, payload: JsonObject) -> InteractionResult:
        """Send a payload made by hand (`interactive`, `slash_commands`, `events_api`)."""
        raise NotImplementedError
