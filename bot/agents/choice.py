"""Which agent does a task that names none."""

from collections.abc import Iterable

from bot.agents.errors import AgentNotInChannel, AgentUnknown
from bot.agents.spec import AgentSpec


def choose_agent(agents: Iterable[AgentSpec], *, channel_id: str) -> AgentSpec:
    """The first agent that may be started in *channel_id*.

    Raises:
        AgentUnknown: no agent is configured.
        AgentNotInChannel: none of them lists this channel.
    """
    configured = tuple(agents)
    if not configured:
        raise AgentUnknown("No agent is configured. Name its tools and its model in the settings.")
    for spec in configured:
        if channel_id in spec.channels:
            return spec
    raise AgentNotInChannel
