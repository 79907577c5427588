"""What every Web API method may use: the workspace, the tickets and triggers, the clock.

Built once by the server; a method is a plain function of this and its arguments.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.clock import Clock
from bot.sandbox.delivery.triggers import Triggers
from bot.sandbox.nouns import JsonObject
from bot.sandbox.seed import Seed
from bot.sandbox.web_api.arguments import Arguments
from bot.sandbox.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Handed to every method. `page_url` is the workspace's address, as in `auth.test`."""

    workspace: Workspace
    seed: Seed
    clock: Clock
    triggers: Triggers
    socket_url: Callable[[], str]
    page_url: Callable[[], str]


Method = Callable[[Context, Arguments], JsonObject]
"""One Web API method: what goes beside `ok: true`; a refusal is a `SlackError`."""
