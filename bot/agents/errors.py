"""What keeps an agent from working, and what ends its run without an answer."""

from approvals.domain.errors import Refusal


class AgentNotInChannel(Refusal):
    """This agent may not be started in this channel. Start it in a channel its settings list."""

    code = "agent_not_in_channel"


class AgentUnknown(Refusal):
    """There is no agent of this name."""

    code = "agent_unknown"


class ToolsNotLoaded(Refusal):
    """The tools named in the settings cannot be loaded. Name them as `module:attribute`."""

    code = "tools_not_loaded"


class AgentNotBuilt(Refusal):
    """The agent cannot be made of its settings."""

    code = "agent_not_built"


class CheckpointRefused(Refusal):
    """What is stored of this agent's conversation cannot be read by this version of Sayso."""

    code = "checkpoint_refused"


class CheckpointsUnavailable(Exception):
    """The agents' checkpoints cannot be read or written now; the run goes on when they can."""


class TaskStopped(Exception):
    """A limit of the agent was reached; the message is the run's reason."""


class ModelFailed(Exception):
    """The model could not be reached, refused, or answered nonsense; the message says which."""
