"""A WebSocket client that does what no library does: frames by hand, or no reading at all."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from yarl import URL

from tests.http.api_in_test import Api

TEXT, CONTINUATION = 0x1, 0x0
READ_AHEAD_BYTES = 4096
"""Of who does not read: asyncio reads twice as much by itself."""
FIN, COMPRESSED = 0x80, 0x40


@dataclass
class Raw:
    """What the gateway answered to the handshake, and the connection if it was taken."""

    status: int
    head: str
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def frame(self, opcode: int, payload: bytes, *, flags: int = FIN, times: int = 1) -> None:
        length = len(payload)
        size = bytes([0x80 | length]) if length < 126 else b"\xfe" + struct.pack(">H", length)
        # Masked with zeros, which changes nothing.
        self.writer.write((bytes([flags | opcode]) + size + b"\x00" * 4 + payload) * times)

    async def close_code(self) -> int:
        """Return the code the gateway closes with; what comes before it is passed over."""
        while True:
            first, length = await self.reader.readexactly(2)
            if length == 126:
                (length,) = struct.unpack(">H", await self.reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", await self.reader.readexactly(8))
            payload = await self.reader.readexactly(length)
            if first & 0xF == 0x8:
                (code,) = struct.unpack(">H", payload[:2])
                return int(code)


@asynccontextmanager
async def raw(
    api: Api, *, path: str = "/v1/stream", receive_bytes: int | None = None, **headers: Any
) -> AsyncIterator[Raw]:
    """Shake hands by hand; underscores in the names of headers stand for hyphens."""
    place = URL(api.url)
    plug = socket.socket()
    if receive_bytes is not None:
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    plug.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plug, (place.host, place.port))
    reader, writer = await asyncio.open_connection(sock=plug, limit=READ_AHEAD_BYTES)
    said = {
        "Host": f"127.0.0.1:{place.port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status = int(head.split()[1])
    body = b"" if status == 101 else await reader.read(64 * 1024)
    try:
        yield Raw(status, head, body, reader, writer)
    finally:
        writer.close()
