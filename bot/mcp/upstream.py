"""What an MCP server is to its user, and what can go wrong with one. Imports no framework.

Made of the agents' file and of the command line of `sayso mcp wrap`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import SecretStr

START_TIMEOUT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServer:
    """A server: a program to start and talk to over its stdin and stdout, or an address."""

    name: str
    command: tuple[str, ...] = ()
    """The program and its arguments; empty for a server that has an address."""
    env: Mapping[str, SecretStr] = field(default_factory=dict)
    """Added to the few variables such a program gets (PATH, HOME, …); it gets no others of ours."""
    url: str = ""
    """Where it answers over streamable HTTP."""
    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    timeout: timedelta = START_TIMEOUT
    """How long it may take until it has told its tools."""

    @property
    def place(self) -> str:
        """The program or the address, without anything that may be secret."""
        if self.command:
            return self.command[0]
        address = urlsplit(self.url)
        return f"{address.scheme}://{address.hostname}:{address.port or ''}".rstrip(":")


class McpUnavailable(Exception):
    """The server cannot be used now; the message says why."""


class CallNotTaken(McpUnavailable):
    """The server never took this call: it surely did not run."""


class McpCallFailed(Exception):
    """The call ended without a result; the message says what is known of it."""


class McpEndUnknown(McpCallFailed):
    """The call was taken, and nobody knows how much of it happened."""
