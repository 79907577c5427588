"""What an MCP client has asked for through `sayso mcp serve`: begun, waited for, looked at again.

Used by `asking_server`. A question lives as long as this process: its end withdraws what is still
open. An approval is handed to the client with the arguments that were approved, and used by that.
"""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any

from approvals.domain import errors
from approvals.gate.gateway import Gateway, Proposal
from approvals.gate.permission import Permission, permission, refusal

OPEN_MAX = 50
KEPT_MAX = 200
WAIT_MAX_S = 50.0
"""MCP clients give a call up after sixty seconds."""
_AT_ONCE_S = 0.2
"""How long a request waits for an answer that needs no people."""
_END_WITHIN_S = 5.0


class NoSuchRequest(errors.Refusal):
    """There is no request of this name here. `list_my_requests` tells which there are."""

    code = "no_such_request"


class TooManyOpen(errors.Refusal):
    """Too many requests are open. Wait for some of them first."""

    code = "too_many_open"


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request."""

    name: str
    proposal: Proposal
    asking: asyncio.Task[Permission] = field(repr=False)

    def told(self) -> dict[str, Any]:
        """Return how it stands."""
        call = self.proposal.call
        about: dict[str, Any] = {"request": self.name, "tool": call.tool}
        if not self.asking.done():
            said = "People are being asked. Wait for it; do not run the call yet."
            return {**about, "status": "pending", "message": said}
        given = self.asking.result()
        if given.arguments is None:
            return {**about, "status": "not_approved", "message": given.said}
        said = " ".join(part for part in (given.said, given.told) if part)
        about |= {"status": "approved", "message": said, "arguments": given.arguments}
        return about


@dataclass(slots=True)
class Requests:
    """All requests of one process, oldest first."""

    gateway: Gateway
    _asked: dict[str, Asked] = field(default_factory=dict)

    async def begin(self, proposal: Proposal) -> Asked:
        """Ask, and return it at once, or a moment later where nobody has to be asked.

        Raises:
            TooManyOpen
        """
        if sum(not each.asking.done() for each in self._asked.values()) >= OPEN_MAX:
            raise TooManyOpen
        self._forget_oldest()
        name = secrets.token_hex(6)
        asking = asyncio.create_task(self._permitted(proposal), name=f"mcp request {name}")
        self._asked[name] = asked = Asked(name=name, proposal=proposal, asking=asking)
        await asyncio.wait({asking}, timeout=_AT_ONCE_S)
        return asked

    async def wait(self, name: str, within_s: float) -> Asked:
        """Return request *name* once it has ended, or as it is after *within_s*.

        Raises:
            NoSuchRequest
        """
        asked = self._asked.get(name)
        if asked is None:
            raise NoSuchRequest
        await asyncio.wait({asked.asking}, timeout=max(0.0, min(within_s, WAIT_MAX_S)))
        return asked

    def all(self) -> list[Asked]:
        """Return what is known of, oldest first."""
        return list(self._asked.values())

    async def close(self) -> None:
        """Withdraw what is open."""
        left = {each.asking for each in self._asked.values() if not each.asking.done()}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=_END_WITHIN_S)

    async def _permitted(self, proposal: Proposal) -> Permission:
        try:
            return await permission(self.gateway, proposal, handed_over=_HANDED_OVER)
        except Exception as why:
            return refusal(f"It could not be asked ({type(why).__name__}). It may not run.")

    def _forget_oldest(self) -> None:
        ended = [name for name, each in self._asked.items() if each.asking.done()]
        for name in ended[: max(0, len(self._asked) - KEPT_MAX + 1)]:
            del self._asked[name]


_HANDED_OVER = "The agent was told that it may run this; how it ended is not known to Sayso."
