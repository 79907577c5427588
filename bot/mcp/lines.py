"""This process's standard input and output as lines of JSON-RPC: the wire of MCP over stdio.

Used by `sayso mcp`. Whatever else in the process prints goes to standard error, where it can break
no message. A line too long to be held ends the session: nothing after it could be trusted.
"""

import asyncio
import json
import os
from typing import Any, Self

LINE_MAX_BYTES = 8 * 1024 * 1024


class LineTooLong(Exception):
    """The client wrote a line of more than 8 MiB. The session ends: what follows is no message."""

    def __str__(self) -> str:
        return " ".join((LineTooLong.__doc__ or "").split())


class JsonLines:
    """One client, one line a message."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take both ends; see `here`."""
        self._reader = reader
        self._writer = writer
        self._writing = asyncio.Lock()

    @classmethod
    async def here(cls) -> Self:
        """Return the lines of this process.

        Raises:
            OSError: a stream is closed.
            ValueError: it is a file, which no client talks through.
        """
        loop = asyncio.get_running_loop()
        written_to = os.dup(1)
        os.dup2(2, 1)
        reader = asyncio.StreamReader(limit=LINE_MAX_BYTES)
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(0), "rb", 0)
        )
        transport, protocol = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, os.fdopen(written_to, "wb", 0)
        )
        return cls(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    async def read(self) -> bytes | None:
        """Return the next line that is not blank; None at the end.

        Raises:
            LineTooLong
        """
        try:
            while line := await self._reader.readline():
                if line.strip():
                    return line
        except ValueError:
            raise LineTooLong from None
        return None

    async def write(self, message: dict[str, Any]) -> None:
        """Write one message; whoever does not read makes the writer wait.

        Raises:
            OSError: nobody reads any more.
        """
        line = json.dumps(message, separators=(",", ":"), ensure_ascii=False)
        async with self._writing:
            self._writer.write(line.encode("utf-8", "replace") + b"\n")
            await self._writer.drain()

    def close(self) -> None:
        """Let the client go."""
        self._writer.close()
