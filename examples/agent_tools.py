"""Tools for the agent of examples/agents.yml: `tools: examples.agent_tools:TOOLS`.

Plain functions: the gateway puts the gate in front of them. A model sees names, types and
docstrings, nothing else.
"""


async def read_deployments(service: str) -> list[str]:
    """List the last deployments of a service, the newest first."""
    return [f"{service} 4.2.1", f"{service} 4.2.0"]


async def restart_service(name: str, drain_s: int = 30) -> str:
    """Restart a service after letting it drain."""
    return f"{name} restarted after {drain_s} s"


TOOLS = [read_deployments, restart_service]
