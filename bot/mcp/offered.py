"""What a wrapped server offers, and what of it its client was told: a tool that changed is another.

A tool is known by its fingerprint: schema, description and origin (case X5). It is compared with
what the client was last told before people are asked, and again before the call goes out.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from approvals.domain.tool_schema import ToolSchema

_FACE = ("name", "title", "description", "inputSchema", "outputSchema", "annotations")


class ToolChanged(Exception):
    """The tool is not there, or is not the one the client was told of; the message says which."""


class Offered:
    """The tools of one server, as they are and as they were told."""

    def __init__(self, origin: str) -> None:
        """*origin* says where the server is: the same tool of another server is another tool."""
        self._origin = origin
        self._told: dict[str, str] = {}
        self._now: dict[str, Mapping[str, Any]] = {}

    def tell(self, tools: Iterable[Mapping[str, Any]]) -> None:
        """Remember tools as the client is told them."""
        self._told |= {tool["name"]: self.fingerprint(tool) for tool in _named(tools)}

    def see(self, tools: Iterable[Mapping[str, Any]]) -> None:
        """Remember what the server offers now."""
        self._now = {tool["name"]: tool for tool in _named(tools)}

    def check(self, name: str) -> str:
        """Return the fingerprint of *name*; one the client never saw counts as told from now on.

        Raises:
            ToolChanged
        """
        tool = self._now.get(name)
        if tool is None:
            raise ToolChanged(f"The server offers no tool {name!r:.200}. Nothing ran.")
        fingerprint = self.fingerprint(tool)
        if self._told.setdefault(name, fingerprint) != fingerprint:
            raise ToolChanged(
                f"The tool {name} has changed since it was listed. It did not run: list the tools "
                "again, and ask again if the call still makes sense."
            )
        return fingerprint

    def schema(self, name: str) -> ToolSchema | None:
        """Return what its arguments have to be, so that people can change them."""
        schema = self._now.get(name, {}).get("inputSchema")
        return ToolSchema.of(schema) if isinstance(schema, dict) else None

    def fingerprint(self, tool: Mapping[str, Any]) -> str:
        """Return SHA-256 (hex) over everything a client is told of it, and its origin."""
        face = {name: tool.get(name) for name in _FACE}
        text = json.dumps({"origin": self._origin, **face}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _named(tools: Iterable[Any]) -> Iterable[Mapping[str, Any]]:
    return (tool for tool in tools if isinstance(tool, dict) and isinstance(tool.get("name"), str))
