"""awaithumans' own wait for a decision, in an environment of its own; started by `Peer`.

For each line on stdin it lets as many calls wait as it was told to, completes each task at a moment
of its own, and prints the seconds from when each completion was sent to the return of
`await_human`, as JSON. Server and client are its own, over loopback: its client waits for the
server, and the loop that asks the database again and again is the server's. Knows nothing of Sayso:
it runs in another interpreter.
"""

import asyncio
import base64
import json
import os
import random
import secrets
import sys
import tempfile
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from pydantic import BaseModel

SPREAD_S = 1.0
"""Tasks are completed at any moment of one pause between two looks, whose length is its own."""
SETTLE_S = 2.0
TIMEOUT_S = 600
_random = random.Random(7)
_token = secrets.token_hex(16)


class Call(BaseModel):
    """What people are asked about."""

    number: int


class Answer(BaseModel):
    """What they say."""

    approved: bool


async def _told(url: str, call: Call, key: str) -> float:
    from awaithumans import await_human  # type: ignore[import-not-found]

    await await_human(
        task="Restart the service?",
        payload_schema=Call,
        payload=call,
        response_schema=Answer,
        timeout_seconds=TIMEOUT_S,
        idempotency_key=key,
        server_url=url,
        api_key=_token,
    )
    return time.perf_counter()


async def _completed(client: httpx.AsyncClient, task: str) -> float:
    await asyncio.sleep(_random.uniform(0, SPREAD_S))
    sent_at = time.perf_counter()
    answered = await client.post(f"/api/tasks/{task}/complete", json={"response": {"approved": 1}})
    answered.raise_for_status()
    return sent_at


async def _round(client: httpx.AsyncClient, url: str, calls: int) -> list[float]:
    keys = [secrets.token_hex(8) for _ in range(calls)]
    waiting = [
        asyncio.create_task(_told(url, Call(number=number), key)) for number, key in enumerate(keys)
    ]
    tasks: dict[str, str] = {}
    while len(tasks) < calls:
        await asyncio.sleep(0.2)
        listed = (await client.get("/api/tasks", params={"limit": 200})).json()
        tasks = {
            each["idempotency_key"]: each["id"]
            for each in listed
            if each["idempotency_key"] in keys
        }
    await asyncio.sleep(SETTLE_S)
    completed = await asyncio.gather(*(_completed(client, tasks[key]) for key in keys))
    told = await asyncio.gather(*waiting)
    return [after - before for before, after in zip(completed, told, strict=True)]


async def _rounds(calls: int, app: Any) -> None:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    url = f"http://{host}:{port}"
    headers = {"Authorization": f"Bearer {_token}"}
    loop = asyncio.get_running_loop()
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        while await loop.run_in_executor(None, sys.stdin.readline):
            told = await _round(client, url, calls)
            print(json.dumps(told), file=sys.__stdout__, flush=True)
    server.should_exit = True
    await serving


def main(calls: int) -> None:
    """Serve on a database of its own, and measure."""
    with tempfile.TemporaryDirectory(prefix="sayso-bench-") as directory:
        os.chdir(directory)  # it reads a `.env` where it is started
        os.environ |= {
            "AWAITHUMANS_DB_PATH": str(Path(directory) / "tasks.db"),
            "AWAITHUMANS_ADMIN_API_TOKEN": _token,
            "AWAITHUMANS_PAYLOAD_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "AWAITHUMANS_LOG_LEVEL": "ERROR",
        }
        from awaithumans.server.app import create_app  # type: ignore[import-not-found]

        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
            asyncio.run(_rounds(calls, create_app(serve_dashboard=False)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
