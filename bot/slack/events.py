"""The few events the app subscribes to: that it was removed, or its token revoked.

Both flip readiness; mentions are `mentions`, an opened App Home is `home_tab`. No message event is
subscribed to: text and emoji never decide anything (case B24), and the app asks for no scope that
reads what people write to each other.
"""

from typing import Any

from bot.slack.health import SlackHealth
from bot.slack.home_tab import HOME_OPENED
from bot.slack.mentions import APP_MENTION
from bot.slack.routing import Ack, Delivery, Listener, RouteKey

REMOVALS = ("app_uninstalled", "tokens_revoked")
EVENTS = (HOME_OPENED, APP_MENTION, *REMOVALS)
"""Everything the app subscribes to, as the manifest lists it."""


class Events:
    """The listeners of events."""

    def __init__(self, health: SlackHealth) -> None:
        self._health = health

    def routes(self) -> dict[RouteKey, Listener]:
        """Return the listeners by event."""
        return {("event_callback", name): self._removed for name in REMOVALS}

    async def _removed(self, delivery: Delivery) -> Ack:
        event = delivery.body["event"]
        name = event["type"]
        if name == "tokens_revoked" and not _bot_tokens(event):
            return Ack()  # a person took back a token of their own; ours still works
        self._health.refuse_token(name)
        return Ack()


def _bot_tokens(event: dict[str, Any]) -> bool:
    """Whether the event names bot tokens; `tokens` holds lists of user ids by kind of token."""
    tokens = event.get("tokens")
    return bool(tokens.get("bot")) if isinstance(tokens, dict) else False
