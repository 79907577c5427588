"""humanlayer's own wait for a decision, in an environment of its own; started by `Peer`.

For each line on stdin it lets as many calls wait as it was told to, answers each at a moment of its
own, and prints the seconds from each answer to its return from `fetch_approval`, as JSON. What it
asks is a loopback answerer of its two routes that keeps everything in memory: an answer is there to
be read as soon as it is given. Knows nothing of Sayso: it runs in another interpreter.
"""

import asyncio
import json
import random
import sys
import time
from typing import Any

from aiohttp import web
from humanlayer.core.async_approval import (  # type: ignore[import-not-found]
    AsyncHumanLayer,
)
from humanlayer.core.models import FunctionCallSpec  # type: ignore[import-not-found]

SPREAD_S = 3.0
"""Answers come at any moment of one pause between two polls, whose length is humanlayer's own."""
SETTLE_S = 0.5
_random = random.Random(7)


class Answerer:
    """The two routes a waiting call uses, and the answers people gave."""

    def __init__(self) -> None:
        self._calls: dict[str, dict[str, Any]] = {}

    async def add(self, request: web.Request) -> web.Response:
        """Keep a call."""
        call = await request.json()
        self._calls[call["call_id"]] = call
        return web.json_response(call)

    async def get(self, request: web.Request) -> web.Response:
        """Tell how a call stands."""
        return web.json_response(self._calls[request.match_info["id"]])

    def approve(self, number: int) -> float:
        """Approve the call of that number, and return when."""
        (call,) = (
            each for each in self._calls.values() if each["spec"]["kwargs"]["number"] == number
        )
        call["status"] = {"approved": True}
        return time.perf_counter()


async def _told(layer: Any, number: int) -> float:
    await layer.fetch_approval(FunctionCallSpec(fn="restart_service", kwargs={"number": number}))
    return time.perf_counter()


async def _approved(answerer: Answerer, number: int) -> float:
    await asyncio.sleep(_random.uniform(0, SPREAD_S))
    return answerer.approve(number)


async def _round(layer: Any, answerer: Answerer, calls: int) -> list[float]:
    waiting = [asyncio.create_task(_told(layer, number)) for number in range(calls)]
    await asyncio.sleep(SETTLE_S)
    approved = await asyncio.gather(*(_approved(answerer, number) for number in range(calls)))
    told = await asyncio.gather(*waiting)
    return [after - before for before, after in zip(approved, told, strict=True)]


async def _rounds(calls: int) -> None:
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        answerer, app = Answerer(), web.Application()
        app.router.add_post("/function_calls", answerer.add)
        app.router.add_get("/function_calls/{id}", answerer.get)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        layer = AsyncHumanLayer(
            run_id="bench", api_key="none", api_base_url=f"http://{host}:{port}"
        )
        print(json.dumps(await _round(layer, answerer, calls)), flush=True)
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_rounds(int(sys.argv[1])))
