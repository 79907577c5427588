"""What the agent runner refuses before a task starts."""

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


class TooManyTasks(Refusal):
    """Too many agent tasks run already. Try again when one has ended."""

    code = "too_many_tasks"
