"""Servers that harm whoever tells them something: they count what was taken of their answer."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

MIB = 1024 * 1024
OK = b"HTTP/1.1 200 OK\r\n"
_BOMB = zlib.compress(bytes(16 * MIB), wbits=31)
Answer = Callable[["BadReceiver", asyncio.StreamWriter], Awaitable[None]]


@dataclass
class BadReceiver:
    """One server; what it answers is in bytes, as no library would send it."""

    port: int = 0
    asked: int = 0
    gone: int = 0
    """How many have hung up on it."""
    taken_bytes: int = 0
    """What the network took of its answers, buffers of both machines included."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/in"

    async def says(self, writer: asyncio.StreamWriter, part: bytes) -> None:
        writer.write(part)
        await writer.drain()
        self.taken_bytes += len(part)


async def nothing(_: BadReceiver, __: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def one_byte_after_the_other(bad: BadReceiver, writer: asyncio.StreamWriter) -> None:
    for byte in OK * 100:
        await bad.says(writer, bytes([byte]))
        await asyncio.sleep(0.05)


async def half_an_answer(bad: BadReceiver, writer: asyncio.StreamWriter) -> None:
    await bad.says(writer, OK)


async def an_endless_line(bad: BadReceiver, writer: asyncio.StreamWriter) -> None:
    await bad.says(writer, OK + b"X: ")
    while True:
        await bad.says(writer, b"x" * MIB)


async def endless_headers(bad: BadReceiver, writer: asyncio.StreamWriter) -> None:
    await bad.says(writer, OK)
    while True:
        await bad.says(writer, b"X: y\r\n" * 10_000)


async def a_gigabyte(bad: BadReceiver, writer: asyncio.StreamWriter) -> None:
    await bad.says(writer, OK + b"Content-Length: 1073741824\r\n\r\n")
    for _ in range(1024):
        await bad.says(writer, b"x" * MIB)


async def a_bomb(bad: BadReceiver, writer: asyncio.StreamWriter) -> None:
    head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(_BOMB)
    await bad.says(writer, head + _BOMB)


@asynccontextmanager
async def a_bad_receiver(answer: Answer) -> AsyncIterator[BadReceiver]:
    bad = BadReceiver()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bad.asked += 1
        saying = asyncio.create_task(_until_refused(answer, bad, writer))
        try:
            while await reader.read(MIB):
                pass
        except ConnectionError:
            pass
        bad.gone += 1
        saying.cancel()
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    bad.port = server.sockets[0].getsockname()[1]
    try:
        yield bad
    finally:
        server.close()


async def _until_refused(answer: Answer, bad: BadReceiver, writer: asyncio.StreamWriter) -> None:
    try:
        await answer(bad, writer)
    except ConnectionError:
        return
    if answer is half_an_answer:
        writer.close()
