"""From a click to its resumed call, dispatched in process, against verifying and storing by hand.

Ours: the payload as Socket Mode delivers it goes through our ingress and Bolt, the person is looked
up, the decision stored, and the waiting call's future resolves. Raw: HMAC over the signed form,
parse_qs, json, one compare-and-set with an audit event in a writer thread (synchronous=FULL), and
the future resolves. Taken in turns, one click at a time; medians of wall time.
"""

import asyncio
import hashlib
import hmac
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from benchmarks.figures import Figure, Target, bounded, milliseconds
from benchmarks.gateway import BenchGateway, a_gateway
from benchmarks.raw_store import RawWriter, bare_decision
from benchmarks.requests import stored_requests
from benchmarks.waiting import Waiting

ROUNDS = 7
CLICKS = 100
SECRET = b"8f742231b10e8888abcd99yyyzzz85a5"


def run() -> list[Figure]:
    """Measure."""
    rounds = bounded(_rounds(ROUNDS))
    ours, raw = (statistics.median(side) for side in zip(*rounds, strict=True))
    return [
        Figure(
            name="dispatched_click",
            rounds=[mine / theirs for mine, theirs in rounds],
            target=Target(limit=1.5),
            detail=f"{milliseconds(ours)} against {milliseconds(raw)}",
            ours=lambda: bounded(_ours_alone()),
        )
    ]


async def _rounds(count: int) -> list[tuple[float, float]]:
    """Return the medians of each round in seconds: ours, raw."""
    with tempfile.TemporaryDirectory(prefix="sayso-bench-") as directory:
        path = Path(directory) / "raw.db"
        ids = await stored_requests(path, count * CLICKS)
        raw = RawWriter(path, bare_decision, group=False)
        try:
            async with a_gateway() as gateway:
                return [
                    await _round(gateway, raw, ids[number * CLICKS : (number + 1) * CLICKS])
                    for number in range(count)
                ]
        finally:
            await raw.close()


async def _round(gateway: BenchGateway, raw: RawWriter, ids: list[Any]) -> tuple[float, float]:
    ours, theirs = [], []
    for waiting, request_id in zip(await gateway.asks(len(ids)), ids, strict=True):
        ours.append(await resumed_after_s(gateway, waiting))
        theirs.append(await _raw_after_s(raw, request_id, _signed(gateway.payload(waiting))))
    return statistics.median(ours), statistics.median(theirs)


async def resumed_after_s(gateway: BenchGateway, waiting: Waiting) -> float:
    """Click and return the seconds until the waiting future resolved; then let all of it end."""
    payload = gateway.payload(waiting)
    started = time.perf_counter()
    click = asyncio.create_task(gateway.door.ingress.receive(payload))
    await waiting.ended
    seconds = time.perf_counter() - started
    assert (await click).is_sent
    await gateway.rest(waiting)
    return seconds


def _signed(payload: dict[str, Any]) -> tuple[bytes, str]:
    body = urlencode({"payload": json.dumps(payload)}).encode()
    return body, _signature(body)


def _signature(body: bytes) -> str:
    return "v0=" + hmac.new(SECRET, b"v0:1700000000:" + body, hashlib.sha256).hexdigest()


async def _raw_after_s(raw: RawWriter, request_id: str, signed: tuple[bytes, str]) -> float:
    body, signature = signed
    started = time.perf_counter()
    assert hmac.compare_digest(_signature(body), signature)
    payload = json.loads(parse_qs(body.decode())["payload"][0])
    assert payload["actions"][0]["value"]
    await raw.decide(request_id)
    return time.perf_counter() - started


async def _ours_alone() -> None:
    async with a_gateway() as gateway:
        for waiting in await gateway.asks(3 * CLICKS):
            await resumed_after_s(gateway, waiting)
