"""A server with the gate in front: `sayso mcp wrap`. Everything passes; tool calls ask first.

Between one client and one server. All messages go on as they are, both ways, but `tools/call`: it
is asked about with its tool's fingerprint, and goes on with the arguments that were approved, once.
Methods of tools that are not known here do not go on: they might be another way to call one.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field

from mcp import types

from bot.mcp.gated_call import GatedCall
from bot.mcp.lines import JsonLines
from bot.mcp.messages import (
    CALL,
    CANCELLED,
    LIST,
    Message,
    MessageId,
    NotUnderstood,
    failure,
    read_message,
)
from bot.mcp.upstream import McpUnavailable
from bot.mcp.upstream_wire import UpstreamWire

_log = logging.getLogger("sayso.mcp")
_ENDS_WITHIN_S = 5.0


@dataclass(slots=True, kw_only=True)
class Wrapped:
    """One session."""

    client: JsonLines
    upstream: UpstreamWire
    gated: GatedCall
    _calls: dict[MessageId, asyncio.Task[None]] = field(default_factory=dict)
    _lists: set[MessageId] = field(default_factory=set)

    async def run(self) -> None:
        """Carry messages until the client leaves.

        Raises:
            McpUnavailable: the server ended before.
        """
        ends = [
            asyncio.create_task(self._from_client()),
            asyncio.create_task(self._from_upstream()),
        ]
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if ends[0] not in done:
                await self._tell_of_the_end()
                raise McpUnavailable("The MCP server ended.")
            await ends[0]
        finally:
            left = {*ends, *self._calls.values()}
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=_ENDS_WITHIN_S)  # questions are withdrawn

    async def _tell_of_the_end(self) -> None:
        """Let each call that was with the server say that nobody knows how it ended."""
        away = {task for named, task in self._calls.items() if self.gated.is_with_server(named)}
        if away:
            await asyncio.wait(away, timeout=_ENDS_WITHIN_S)

    async def _from_client(self) -> None:
        while (line := await self.client.read()) is not None:
            try:
                await self._on(read_message(line))
            except NotUnderstood as why:
                await self.client.write(failure(why.id, why.code, str(why)))

    async def _on(self, message: Message) -> None:
        """Take one message of the client's.

        Raises:
            NotUnderstood
        """
        method, named = message.get("method"), message.get("id")
        if method == CALL:
            self._begin(message)
        elif isinstance(method, str) and method.startswith("tools/") and method != LIST:
            said = f"Sayso does not know {method!r:.100}, and lets no unknown way to a tool pass."
            raise NotUnderstood(said, code=types.METHOD_NOT_FOUND, id=named)
        elif method == CANCELLED and self._withdrawn(message):
            return
        else:
            if method == LIST and named is not None:
                self._lists.add(named)
            await self._hand_on(message)

    async def _hand_on(self, message: Message) -> None:
        try:
            await self.upstream.send(message)
        except McpUnavailable as why:
            if "id" in message and "method" in message:
                said = failure(message["id"], types.CONNECTION_CLOSED, str(why))
                await self.client.write(said)

    def _begin(self, message: Message) -> None:
        """Start to ask about a call.

        Raises:
            NotUnderstood: it could not be answered, or another of its name is not answered yet.
        """
        named = message.get("id")
        if named is None:
            raise NotUnderstood("A call needs an `id`.", code=types.INVALID_REQUEST)
        if named in self._calls:
            said = "A call of this `id` is not answered yet."
            raise NotUnderstood(said, code=types.INVALID_REQUEST, id=named)
        task = asyncio.create_task(self._answer(message), name=f"mcp call {named}")
        self._calls[named] = task
        task.add_done_callback(lambda _: self._calls.pop(named, None))

    async def _answer(self, message: Message) -> None:
        try:
            answer = await self.gated.answer(message)
        except asyncio.CancelledError:
            raise
        except Exception:
            _log.exception("a call of a wrapped tool failed")
            answer = failure(
                message["id"], types.INTERNAL_ERROR, "Sayso failed. The call did not run."
            )
        with contextlib.suppress(OSError):  # it has left meanwhile
            await self.client.write(answer)

    def _withdrawn(self, message: Message) -> bool:
        """Stop a call the client has given up; return whether the server knows nothing of it."""
        params = message.get("params")
        named = params.get("requestId") if isinstance(params, dict) else None
        task = self._calls.get(named) if isinstance(named, str | int) else None
        if task is None:
            return False
        is_away = self.gated.is_with_server(message["params"]["requestId"])
        task.cancel()
        return not is_away

    async def _from_upstream(self) -> None:
        async for message in self.upstream.messages():
            named = message.get("id")
            if "method" not in message and named in self._calls:
                continue  # it answers what it was not sent
            if "method" not in message and named in self._lists:
                self._lists.discard(named)
                result = message.get("result")
                if isinstance(result, dict) and isinstance(result.get("tools"), list):
                    self.gated.offered.tell(result["tools"])
            await self.client.write(message)
