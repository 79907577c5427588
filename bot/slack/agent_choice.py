"""Which agents people may name, and which one is meant.

The composition root says which there are; this door knows their names and channels only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from approvals.domain.ids import ChannelId
from approvals.domain.run_errors import NoSuchAgent
from bot.slack.escaping import untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentChoice:
    """One agent as this door knows it."""

    name: str
    channels: frozenset[ChannelId]
    """The channels it may be started in."""


LISTED_MAX = 30

Agents = Callable[[], Sequence[AgentChoice]]
"""Returns the agents as they are configured now."""


def no_agents() -> Sequence[AgentChoice]:
    """The agents of a gateway that hosts none."""
    return ()


def agents_in(agents: Sequence[AgentChoice], channel: ChannelId) -> list[str]:
    """Return the names of the agents that may be started in *channel*."""
    return sorted(agent.name for agent in agents if channel in agent.channels)


def listed(names: Sequence[str]) -> str:
    """Return the first of *names* and how many more there are, as mrkdwn."""
    more = f" and {len(names) - LISTED_MAX} more" if len(names) > LISTED_MAX else ""
    return ", ".join(f"`{untrusted(each, 80)}`" for each in names[:LISTED_MAX]) + more


def choose(agents: Sequence[AgentChoice], channel: ChannelId, name: str | None) -> str:
    """Return the name of the agent that is meant.

    Raises:
        NoSuchAgent: there is none of that name here, or several and none was named. Its message
            is mrkdwn.
    """
    here = agents_in(agents, channel)
    if not here:
        raise NoSuchAgent(
            "No agent is set up here."
            if not agents
            else "No agent may be started in this channel. Ask whoever runs Sayso to add it."
        )
    if name is None:
        if len(here) > 1:
            raise NoSuchAgent(
                f"Say which agent, such as `agent={untrusted(here[0], 80)}`. "
                f"Here there are: {listed(here)}."
            )
        return here[0]
    found = next((each for each in here if each.casefold() == name.casefold()), None)
    if found is None:
        asked = untrusted(name, 80).replace("`", "ˋ")
        raise NoSuchAgent(f"There is no agent `{asked}` here. Here there are: {listed(here)}.")
    return found
