"""Agents in a process of their own, before gateways elsewhere; started by `Elsewhere`.

Does what lines of JSON on stdin say and prints lines of JSON. Each gate is one agent's with one
key, hears of all its questions on one stream, and asks as a guarded function would; a question is
told when the outcome is in the agent's hands, before anything is claimed. The parts of the gate
that wait can also be set to the same questions by themselves, to compare them.
"""

import asyncio
import json
import logging
import os
import sys
import time
from contextlib import AsyncExitStack
from typing import Any

from approvals.domain.approval_request import Requester
from approvals.domain.ids import RequestId
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall
from approvals.gate import wire
from approvals.gate.gateway import Gateway, Proposal
from approvals.gate.remote_address import Address, Secret
from approvals.gate.remote_door import RemoteDoor
from approvals.gate.remote_http import HttpClient
from approvals.gate.remote_opening import remote_gateway
from approvals.gate.remote_patience import Patience, Times
from approvals.gate.remote_stream import Streamed
from approvals.gate.remote_waiting import Endings, LongPoll

LINE_MAX_BYTES = 4 * 1024 * 1024
ASKED_AT_ONCE = 16
TOOL = "restart_service"
FINGERPRINT = "f" * 64


class Agents:
    """Everything that runs in the process."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._gates: list[Gateway] = []
        self._calls: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(ASKED_AT_ONCE)
        self._waits: list[asyncio.Task[Any]] = []
        self._ended_with: list[Streamed] = []

    async def do(self, said: dict[str, Any]) -> dict[str, Any]:
        """Do one thing, and return what is answered."""
        match said:
            case {"open": [*places]}:
                for url, key in places:
                    opened = remote_gateway(url, key)()
                    self._gates.append(await self._stack.enter_async_context(opened))
            case {"ask": [*questions]}:
                for gate, number in questions:
                    call = asyncio.create_task(self._asked(self._gates[gate], number))
                    self._calls.add(call)
                    call.add_done_callback(self._calls.discard)
            case {"wait": how, "for": [*questions]}:
                await self._wait(how, questions)
            case {"leave": _}:
                await self._leave()
        return {"memory_bytes": resident_bytes()}

    async def _asked(self, gate: Gateway, number: int) -> None:
        # A guarded call's own arguments; the gate lets go of them while people take their time.
        clearance = await gate.ask(_proposal(number))
        _say({"told": number, "at": time.perf_counter(), "id": clearance.request_id})

    async def _wait(self, how: str, questions: list[tuple[str, str, str]]) -> None:
        """Wait for the ends of questions that were asked before; nothing is told of them."""
        by_key: dict[tuple[str, str], Endings] = {}
        for url, key, request_id in questions:
            if how == "streams" or (url, key) not in by_key:
                by_key[url, key] = self._endings(how, url, key)
            waiting = _until_ended(by_key[url, key], url, key, RequestId(request_id), self._places)
            self._waits.append(asyncio.create_task(waiting))

    def _endings(self, how: str, url: str, key: str) -> Endings:
        door = RemoteDoor(http=HttpClient(address=Address.of(url), secret=Secret(key)))
        patience = Patience(times=Times())
        polling = LongPoll(door, patience)
        if how == "polls":
            return polling
        streamed = Streamed(http=door.http, patience=patience, polling=polling)
        self._ended_with.append(streamed)
        return streamed

    async def _leave(self) -> None:
        waits, self._waits = self._waits, []
        for each in waits:
            each.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        ended, self._ended_with = self._ended_with, []
        await asyncio.gather(*(each.close() for each in ended))


async def _until_ended(
    endings: Endings, url: str, key: str, request_id: RequestId, places: asyncio.Semaphore
) -> None:
    async with places:
        door = RemoteDoor(http=HttpClient(address=Address.of(url), secret=Secret(key)))
        approval: wire.Approval = await door.read(request_id)
        await door.http.close()
    await endings.ended(approval, since=asyncio.get_running_loop().time())


def _proposal(number: int) -> Proposal:
    arguments: dict[str, JsonValue] = {"service": "checkout", "zone": "eu-1", "number": number}
    return Proposal(
        call=ToolCall.of(TOOL, FINGERPRINT, arguments),
        requester=Requester(agent="deploy-bot"),
        claims=False,
    )


def resident_bytes() -> int:
    """Return the memory this process holds."""
    with open("/proc/self/statm") as told:
        return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _say(told: dict[str, Any]) -> None:
    print(json.dumps(told), flush=True)


async def _main() -> None:
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader(limit=LINE_MAX_BYTES)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with AsyncExitStack() as stack:
        agents = Agents(stack)
        while line := await reader.readline():
            _say(await agents.do(json.loads(line)))
        os._exit(0)  # an agent that closes its gate withdraws its questions, one by one


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    asyncio.run(_main())
