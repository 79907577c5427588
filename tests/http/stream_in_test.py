"""A program's end of `/v1/stream`, for tests: says messages and takes what comes, in order."""

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.http.api_in_test import ASK, Api


class Stream:
    """One open connection."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self._refs = (f"r{number}" for number in itertools.count())
        self.heard: list[dict[str, Any]] = []
        """Everything that came, but for what is waited for just now."""

    async def say(self, **message: Any) -> str:
        ref: str = message.setdefault("ref", next(self._refs))
        await self.ws.send_str(json.dumps(message))
        return ref

    async def next(self) -> dict[str, Any]:
        """Return the next message."""
        said = await self.ws.receive()
        assert said.type is aiohttp.WSMsgType.TEXT, said
        found: dict[str, Any] = json.loads(said.data)
        return found

    async def until(self, type_: str, ref: str | None = None) -> dict[str, Any]:
        """Return the next message of a type; what came before it is kept as heard."""
        while True:
            message = await self.next()
            if message["type"] == type_ and ref in (None, message.get("ref")):
                return message
            self.heard.append(message)

    async def call(self, operation: str, **said: Any) -> dict[str, Any]:
        """Return the answer to a call, a `reply` or a `problem`."""
        ref = await self.say(type="call", operation=operation, **said)
        while True:
            message = await self.next()
            if message.get("ref") == ref:
                return message
            self.heard.append(message)

    async def ask(self, name: str | None = None, **said: Any) -> dict[str, Any]:
        answer = await self.call("askApproval", key=name, body={**ASK, **said})
        assert answer["type"] == "reply", answer
        found: dict[str, Any] = answer["body"]
        return found

    async def follow(self, **said: Any) -> dict[str, Any]:
        return await self.until("followed", await self.say(type="follow", **said))

    async def change(self, request_id: str | None = None, status: str | None = None) -> Any:
        """Return the first change of a request, with the status that is waited for."""

        def is_it(message: dict[str, Any]) -> bool:
            told = message.get("approval", {})
            return (
                message["type"] == "approval"
                and request_id in (None, told["id"])
                and status in (None, told["status"])
            )

        found = next(filter(is_it, self.heard), None)
        while found is None:
            message = await self.next()
            self.heard.append(message)
            found = message if is_it(message) else None
        return found

    async def end(self) -> int | None:
        """Wait for the other side to end the connection and return its code."""
        while (said := await self.ws.receive()).type is aiohttp.WSMsgType.TEXT:
            self.heard.append(json.loads(said.data))
        return self.ws.close_code


@asynccontextmanager
async def a_stream(api: Api, key: str, **also: Any) -> AsyncIterator[Stream]:
    """Connect as a program does, with its key in the header."""
    headers = {"Authorization": f"Bearer {key}", **also.pop("headers", {})}
    async with api.client.ws_connect(f"{api.url}/v1/stream", headers=headers, **also) as ws:
        stream = Stream(ws)
        await stream.until("welcome")
        yield stream
