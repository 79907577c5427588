"""What an MCP server's program says on its standard error: logged, its last words kept.

A program that does not start usually says there why, and the person who asked should read it.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TextIO

_log = logging.getLogger("sayso.mcp")
LINE_MAX_CHARS = 300


class LastWords(asyncio.Protocol):
    """Reads a program's standard error line by line."""

    def __init__(self, name: str) -> None:
        """*name* is the server's, for the log."""
        self._name = name
        self._begun = ""
        self.line = ""
        """The last line that is not blank."""

    def data_received(self, data: bytes) -> None:
        """Take some more of it."""
        *lines, self._begun = (self._begun + data.decode("utf-8", "replace")).split("\n")
        self._begun = self._begun[-LINE_MAX_CHARS:]
        for line in lines:
            said = "".join(char for char in line if char.isprintable()).strip()[:LINE_MAX_CHARS]
            if said:
                self.line = said
                _log.debug("%s: %s", self._name, said)


@asynccontextmanager
async def last_words(name: str) -> AsyncIterator[tuple[LastWords, TextIO]]:
    """Yield what was said, and the file to hand to the program as its standard error.

    Close the file once the program has it.
    """
    words = LastWords(name)
    reading, writing = os.pipe()
    loop = asyncio.get_running_loop()
    with os.fdopen(writing, "w", encoding="utf-8") as file:
        transport, _ = await loop.connect_read_pipe(lambda: words, os.fdopen(reading, "rb", 0))
        try:
            yield words, file
        finally:
            transport.close()
