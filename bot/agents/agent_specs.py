"""Agents of the file as the runner takes them: with tools behind the gate, loaded when first used.

Called by `sayso serve`, which closes the MCP servers at the end; `sayso agents check` asks the same
for the tools alone.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Self

from approvals.domain.errors import Refusal
from approvals.gate import Gate
from approvals.gate.gateway import Gateway
from bot.agents.agents_file import AgentEntry
from bot.agents.errors import ToolsNotLoaded
from bot.agents.mcp_connection import McpConnection
from bot.agents.mcp_tools import mcp_tools
from bot.agents.spec import AgentSpec, LoadTools
from bot.agents.tools_file import tool_name


class AgentsOfFile:
    """The agents of one file, and the MCP servers they use. Close it by leaving its block."""

    def __init__(self, entries: Sequence[AgentEntry]) -> None:
        """Start nothing yet."""
        self.entries = tuple(entries)
        self._connections = {
            entry.name: [McpConnection(server) for server in entry.servers] for entry in entries
        }

    def specs(self, gateway: Gateway) -> tuple[AgentSpec, ...]:
        """Return the agents with *gateway* behind their gates; call it on the gateway's loop."""
        return tuple(
            AgentSpec(
                name=entry.name,
                system_prompt=entry.prompt,
                model=entry.model,
                load_tools=self._loader(entry, gateway),
                channels=entry.channels,
                limits=entry.limits,
            )
            for entry in self.entries
        )

    async def tools(self, entry: AgentEntry) -> list[Any]:
        """Return the agent's tools without a gate, starting its MCP servers.

        Raises:
            ToolsNotLoaded: a server does not start, or two tools have one name.
        """
        connections = self._connections[entry.name]
        timeout = entry.limits.tool_timeout
        tools = [*entry.tools, *await mcp_tools(connections, call_timeout=timeout)]
        repeated = [name for name, count in Counter(map(tool_name, tools)).items() if count > 1]
        if repeated:
            raise ToolsNotLoaded(
                f"Two tools of the agent {entry.name} are named {repeated[0]!r}. Rename one, or "
                "the MCP server it comes from."
            )
        return tools

    def _loader(self, entry: AgentEntry, gateway: Gateway) -> LoadTools:
        async def load() -> Sequence[Any]:
            return await asyncio.to_thread(guarded, entry, await self.tools(entry), gate)

        gate = Gate(agent=entry.name)
        gate.use(gateway)
        return load

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        every = [each for connections in self._connections.values() for each in connections]
        await asyncio.gather(*(each.close() for each in every), return_exceptions=True)


def guarded(entry: AgentEntry, tools: Sequence[Any], gate: Gate) -> list[Any]:
    """Return the tools behind *gate*, with what the file declares of them.

    Raises:
        ToolsNotLoaded: the gate cannot bind a call of one of them exactly.
    """
    try:
        return list(
            gate.guard_tools(
                tools,
                reads=entry.reads,
                idempotent=entry.idempotent,
                require_approval=_asks(entry) if entry.require_approval else False,
            )
        )
    except Refusal as refusal:
        raise ToolsNotLoaded(refusal.message) from refusal
    except (TypeError, ValueError) as error:
        raise ToolsNotLoaded(f"A tool of {entry.name} cannot be used: {error}") from error


def _asks(entry: AgentEntry) -> Callable[[str, dict[str, Any]], bool]:
    return lambda tool, _: any(glob.matches(tool) for glob in entry.require_approval)
