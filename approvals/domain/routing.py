"""Which channel's rules a tool call falls under, when configuration does not fix it.

The most specific pattern of the policy's `tools:` wins: an exact name before any glob, then the
glob with more fixed characters, then the one written first. Called by `Policy.channel_for()`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from approvals.domain.ids import ChannelId
from approvals.domain.tool_glob import ToolGlob


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Tools matching a pattern fall under a channel."""

    tool: ToolGlob
    channel: ChannelId


def by_specificity(routes: Iterable[Route]) -> tuple[Route, ...]:
    """Return *routes* so that the first one that matches is the one that counts."""
    return tuple(
        sorted(routes, key=lambda route: (not route.tool.is_name, -route.tool.literal_chars))
    )


def label(channel: str) -> str:
    """Return a channel's name with its leading ``#``, however it was written."""
    return "#" + channel.removeprefix("#")
