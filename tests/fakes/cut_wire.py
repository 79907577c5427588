"""A wire to PostgreSQL that breaks at the worst moment: around a COMMIT, or for as long as told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from urllib.parse import parse_qs, urlsplit


class Cut(Enum):
    """When the wire breaks."""

    BEFORE_COMMIT = "the server never hears the commit"
    AFTER_COMMIT = "the server commits, and its answer is lost"


class CutWire:
    """Passes on what client and server say, on a port of this machine."""

    def __init__(self, url: str) -> None:
        """*url* is the real server's, on a socket in a directory."""
        self._path = f"{parse_qs(urlsplit(url).query)['host'][0]}/.s.PGSQL.5432"
        self._server: asyncio.Server
        self._wires: set[asyncio.Task[None]] = set()
        self.port = 0
        self.cut: Cut | None = None
        """The next commit finds the wire cut so."""

    @property
    def url(self) -> str:
        """The address at this end."""
        return f"postgresql://postgres:secret@127.0.0.1:{self.port}/postgres"

    @property
    def is_waiting(self) -> bool:
        """Whether the cut has not been made yet."""
        return self.cut is not None

    @classmethod
    @asynccontextmanager
    async def laid(cls, url: str) -> AsyncIterator["CutWire"]:
        """Lay the wire until the block ends."""
        wire = cls(url)
        await wire.mend()
        try:
            yield wire
        finally:
            await wire.tear()

    async def mend(self) -> None:
        """Take connections, on the same port as before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def tear(self) -> None:
        """Break every connection and take no new ones."""
        self._server.close()
        for wire in list(self._wires):
            wire.cancel()
        await asyncio.gather(*self._wires, return_exceptions=True)

    async def _accept(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._wires.add(task)
        far, forth = await asyncio.open_unix_connection(self._path)
        answers = asyncio.create_task(_pass_on(far, back))
        try:
            with suppress(ConnectionError):
                while said := await near.read(65_536):
                    cut = self.cut if b"COMMIT" in said else None
                    if cut is Cut.BEFORE_COMMIT:
                        self.cut = None
                        break
                    if cut is Cut.AFTER_COMMIT:
                        answers.cancel()
                        await asyncio.wait({answers})
                    forth.write(said)
                    await forth.drain()
                    if cut is Cut.AFTER_COMMIT:
                        await far.read(65_536)
                        self.cut = None
                        break
        finally:
            answers.cancel()
            for end in (back, forth):
                end.transport.abort()
            self._wires.discard(task)


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while said := await source.read(65_536):
            sink.write(said)
            await sink.drain()
    sink.transport.abort()
