"""Bytes to the API's port, as no client would send them."""

import asyncio
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class RawAnswer:
    status: int
    head: bytes
    body: bytes

    @property
    def code(self) -> Any:
        return json.loads(self.body)["code"]


def message(
    body: bytes = b"",
    *,
    method: str = "POST",
    path: str = "/v1/approvals",
    headers: Iterable[tuple[str, str]] = (),
    length: bool = True,
) -> bytes:
    """Return a whole HTTP request; its headers stand as they are given, twice if given twice."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


async def send(url: str, *parts: bytes) -> RawAnswer:
    """Send *parts* one after the other and read one answer."""
    reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
    except ConnectionError:
        pass  # it has answered already
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"^content-length: *(\d+)", head, re.IGNORECASE | re.MULTILINE)
    # To its end and no further: after a refusal the gateway goes on reading what was not asked for.
    try:
        body = await reader.readexactly(int(length[1])) if length else await reader.read()
    except asyncio.IncompleteReadError as cut:
        body = cut.partial  # HEAD names the length of what it leaves out
    writer.close()
    return RawAnswer(int(head.split(b" ", 2)[1]), head.removesuffix(b"\r\n\r\n"), body)
