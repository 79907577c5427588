"""What the Slack door needs to know, as plain values; `bot/settings` fills it.

Nothing here reads the environment or a file. Secrets are left out of `repr`, so that a settings
object can be logged.
"""

from dataclasses import dataclass, field
from typing import Literal

SLACK_BASE_URL = "https://slack.com/api/"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    """One Slack app in one workspace."""

    bot_token: str = field(repr=False)
    app_token: str | None = field(default=None, repr=False)
    """Needed for Socket Mode."""
    signing_secret: str | None = field(default=None, repr=False)
    """Needed for signed HTTP."""
    transport: Literal["socket", "http"] = "socket"
    base_url: str = SLACK_BASE_URL
    proxy: str | None = None
    """An HTTP proxy for everything sent to Slack; None takes `HTTPS_PROXY` and `NO_PROXY`."""
    command_agent: str = "/agent"
    command_approvals: str = "/approvals"
    connections: int = 2
    """Socket Mode connections of this process: each covers for the other. An app has ten."""
    ping_every_s: float = 5.0
    """A lost connection is noticed and opened anew within this time."""
    ack_budget_s: float = 0.8
    """A click is stored and acknowledged within this time of its receipt."""
    call_timeout_s: float = 10.0
    directory_timeout_s: float = 2.0
    directory_max_age_s: float = 30.0
