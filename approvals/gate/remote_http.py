"""HTTP/1.1 over asyncio's streams, as much as asking a gateway takes: the bare install has no more.

Used by `remote_door`. One request at a time on a connection, connections kept for the next one.
What comes back is bounded and strictly read; redirects are answers like any other, and no proxy is
taken from the environment (ADR-0039).
"""

import asyncio
import re
import ssl
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from approvals.gate.remote_address import Address, Secret

HEAD_MAX_BYTES = 64 * 1024
BODY_MAX_BYTES = 8 * 1024 * 1024
"""Arguments of 1 MiB, escaped and told three times over, are less."""
IDLE_MAX = 8
"""Connections kept for the next request."""
_STATUS = re.compile(rb"HTTP/1\.([01]) (\d{3})(?: .*)?")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;.*)?")
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class NoAnswer(Exception):
    """There was no whole answer; whether the request arrived is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """One whole response."""

    status: int
    headers: Mapping[str, str]
    """By their names in small letters."""
    body: bytes
    keeps_open: bool


@dataclass(slots=True, kw_only=True)
class HttpClient:
    """Requests to one gateway; used on one event loop."""

    address: Address
    secret: Secret
    tls: ssl.SSLContext | None = None
    """By which its certificate is checked; the system's authorities by default."""
    _idle: deque[Wire] = field(default_factory=deque, repr=False)

    async def send(
        self,
        method: str,
        path: str,
        *,
        within_s: float,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """Send one request and return the answer to it.

        Every request has to bear being sent twice: a kept connection that turns out to be closed
        is replaced by a new one.

        Raises:
            NoAnswer: in *within_s*, or because the connection broke, or it was not HTTP.
        """
        sent = self._written(method, path, body, headers or {})
        try:
            async with asyncio.timeout(within_s):
                while self._idle:
                    with suppress(_Stale):
                        return await _exchange(self._idle.pop(), sent, self._idle, is_new=False)
                return await _exchange(await self._opened(), sent, self._idle, is_new=True)
        except TimeoutError:
            raise NoAnswer(f"{self.address} did not answer within {within_s:.0f} s.") from None
        except (OSError, ssl.SSLError) as trouble:
            why = trouble.strerror or type(trouble).__name__
            raise NoAnswer(f"{self.address} cannot be reached ({why}).") from None

    async def close(self) -> None:
        """Close the connections that wait for a request."""
        wires, self._idle = list(self._idle), deque()
        for _, writer in wires:
            writer.close()
        for _, writer in wires:
            with suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1)

    async def _opened(self) -> Wire:
        tls = None
        if self.address.is_tls:
            self.tls = tls = self.tls or ssl.create_default_context()
        return await asyncio.open_connection(
            self.address.host, self.address.port, ssl=tls, limit=HEAD_MAX_BYTES
        )

    def _written(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> bytes:
        said = {
            "Host": self.address.netloc,
            "Authorization": f"Bearer {self.secret.text}",
            "Accept": "application/json, application/problem+json",
            "Accept-Encoding": "identity",
            "User-Agent": "sayso",
            **headers,
        }
        if body is not None:
            said |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        lines = [f"{method} {self.address.prefix}{path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in said.items()]
        return "\r\n".join((*lines, "", "")).encode("ascii") + (body or b"")


class _Stale(Exception):
    """A kept connection was closed by the other side before this request."""


async def _exchange(wire: Wire, sent: bytes, idle: deque[Wire], *, is_new: bool) -> HttpAnswer:
    """Send and read on *wire*, which goes back to *idle* if it may be used again."""
    reader, writer = wire
    is_whole = False
    try:
        try:
            writer.write(sent)
            await writer.drain()
            head = await _head(reader)
        except (ConnectionError, asyncio.IncompleteReadError) as broken:
            partial = getattr(broken, "partial", b"")
            if not is_new and not partial:
                raise _Stale from None
            raise NoAnswer("The connection broke before an answer.") from None
        answer = await _answer(reader, head)
        is_whole = answer.keeps_open and len(idle) < IDLE_MAX
        return answer
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        raise NoAnswer("The answer broke off, or is too long.") from None
    finally:
        if is_whole:
            idle.append(wire)
        else:
            writer.transport.abort()


async def _head(reader: asyncio.StreamReader) -> bytes:
    for _ in range(5):
        head = await reader.readuntil(b"\r\n\r\n")
        if not re.match(rb"HTTP/1\.[01] 1\d\d", head):  # 1xx announce the answer to come
            return head[:-4]
    raise NoAnswer("It announces an answer again and again.")


async def _answer(reader: asyncio.StreamReader, head: bytes) -> HttpAnswer:
    first, *rest = head.split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if status is None:
        raise NoAnswer("It does not answer in HTTP.")
    headers = _headers(rest)
    if headers.get("content-encoding", "identity") != "identity":
        raise NoAnswer("Its answer is compressed, which was not asked for.")
    code = int(status[2])
    has_length = "content-length" in headers or "transfer-encoding" in headers
    is_empty = code in (204, 304)
    keeps_open = (
        status[1] == b"1"
        and headers.get("connection", "").lower() != "close"
        and (has_length or is_empty)
    )
    body = b"" if is_empty else await _body(reader, headers)
    return HttpAnswer(status=code, headers=headers, body=body, keeps_open=keeps_open)


def _headers(lines: list[bytes]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        header = _HEADER.fullmatch(line)
        if header is None:
            raise NoAnswer("It does not answer in HTTP.")
        name, value = header[1].decode().lower(), header[2].decode("latin-1")
        if name in ("content-length", "transfer-encoding") and found.get(name, value) != value:
            raise NoAnswer("Its answer says twice, and differently, how long it is.")
        found[name] = value
    return found


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    coding = headers.get("transfer-encoding")
    if coding is not None:
        if coding.lower() != "chunked" or "content-length" in headers:
            raise NoAnswer("Its answer is coded in a way that was not asked for.")
        return await _chunked(reader)
    length = headers.get("content-length")
    if length is None:
        return await _to_the_end(reader)
    if not re.fullmatch(r"[0-9]{1,9}", length) or int(length) > BODY_MAX_BYTES:
        raise NoAnswer("Its answer is too long.")
    return await reader.readexactly(int(length))


async def _to_the_end(reader: asyncio.StreamReader) -> bytes:
    parts, size = [], 0
    while part := await reader.read(HEAD_MAX_BYTES):
        size += len(part)
        if size > BODY_MAX_BYTES:
            raise NoAnswer("Its answer is too long.")
        parts.append(part)
    return b"".join(parts)


async def _chunked(reader: asyncio.StreamReader) -> bytes:
    parts, size = [], 0
    while True:
        chunk = _CHUNK.fullmatch((await reader.readuntil(b"\r\n"))[:-2])
        if chunk is None:
            raise NoAnswer("It does not answer in HTTP.")
        length = int(chunk[1], 16)
        size += length
        if size > BODY_MAX_BYTES:
            raise NoAnswer("Its answer is too long.")
        if length == 0:
            break
        parts.append(await reader.readexactly(length))
        if await reader.readexactly(2) != b"\r\n":
            raise NoAnswer("It does not answer in HTTP.")
    size = 0
    while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
        size += len(line)
        if size > HEAD_MAX_BYTES:
            raise NoAnswer("Its answer is too long.")
    return b"".join(parts)
