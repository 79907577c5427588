"""The way between a program and the gateway's HTTP door, which goes wrong as a test tells it.

A whole request is passed on, or not; its answer comes back, or something else does.
"""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

import aiohttp
from aiohttp import web

Forward: TypeAlias = Callable[[], Awaitable[web.Response]]
Fault: TypeAlias = Callable[[web.Request, Forward], Awaitable[web.StreamResponse]]


async def lost_answer(request: web.Request, forward: Forward) -> web.StreamResponse:
    """The gateway does it, and nobody hears so."""
    await forward()
    return await cut_off(request, forward)


async def cut_off(request: web.Request, forward: Forward) -> web.StreamResponse:
    """The connection ends before an answer; the gateway hears nothing."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def truncated(request: web.Request, forward: Forward) -> web.StreamResponse:
    """Half of the answer arrives."""
    answer = await forward()
    assert isinstance(answer.body, bytes)
    half = web.StreamResponse(status=answer.status)
    half.content_length = len(answer.body)
    await half.prepare(request)
    await half.write(answer.body[: len(answer.body) // 2])
    assert request.transport is not None
    request.transport.close()
    return half


def answering(status: int, text: str = "", **headers: str) -> Fault:
    """Somebody else answers."""

    async def fault(request: web.Request, forward: Forward) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=text, headers=named)

    return fault


def changing(old: str, new: str) -> Fault:
    """What the gateway says is changed on the way."""

    async def fault(request: web.Request, forward: Forward) -> web.StreamResponse:
        answer = await forward()
        assert isinstance(answer.body, bytes)
        assert old.encode() in answer.body, answer.body
        body = answer.body.replace(old.encode(), new.encode())
        return web.Response(status=answer.status, body=body, content_type="application/json")

    return fault


@dataclass
class BadRoad:
    """Where the road is entered, what happens on it next, and what has passed."""

    to: str
    url: str = ""
    seen: list[str] = field(default_factory=list)
    """``POST /v1/approvals``, each time one was sent."""
    keys: list[str] = field(default_factory=list)
    """The Idempotency-Keys that were sent."""
    _faults: dict[str, deque[Fault]] = field(default_factory=dict)
    _for_good: dict[str, Fault] = field(default_factory=dict)

    def goes_wrong(self, where: str, *faults: Fault) -> None:
        """Let the next requests whose line ends in *where* meet these *faults*, one each."""
        self._faults.setdefault(where, deque()).extend(faults)

    def stays_wrong(self, where: str, fault: Fault | None) -> None:
        """Let all requests whose line ends in *where* meet *fault*; None mends the road."""
        if fault is None:
            del self._for_good[where]
        else:
            self._for_good[where] = fault

    def fault(self, line: str) -> Fault | None:
        """Return what happens to the request now."""
        for where, faults in self._faults.items():
            if line.endswith(where) and faults:
                return faults.popleft()
        return next((each for end, each in self._for_good.items() if line.endswith(end)), None)


@asynccontextmanager
async def a_road(to: str) -> AsyncIterator[BadRoad]:
    """Lay a road to the door at *to* until the block ends."""
    road = BadRoad(to)
    async with aiohttp.ClientSession() as client:

        async def passing(request: web.Request) -> web.StreamResponse:
            line = f"{request.method} {request.path}"
            road.seen.append(line)
            road.keys += request.headers.getall("Idempotency-Key", [])
            sent = await request.read()

            async def forward() -> web.Response:
                headers = {k: v for k, v in request.headers.items() if k != "Host"}
                async with client.request(
                    request.method,
                    f"{to}{request.path_qs}",
                    data=sent or None,
                    headers=headers,
                    skip_auto_headers={"Content-Type"},
                ) as answer:
                    also = {
                        name: value
                        for name, value in answer.headers.items()
                        if name in ("Content-Type", "Retry-After")
                    }
                    return web.Response(
                        status=answer.status, body=await answer.read(), headers=also
                    )

            fault = road.fault(line)
            return await (fault(request, forward) if fault else forward())

        runner = web.AppRunner(_app(passing), shutdown_timeout=0.05, access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            road.url = f"http://{host}:{port}"
            yield road
        finally:
            await runner.cleanup()


def _app(passing: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.Application:
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_route("*", "/{rest:.*}", passing)
    return app
