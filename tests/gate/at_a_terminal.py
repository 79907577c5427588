"""A real pseudo-terminal with a person before it: what a script shows, and what is typed."""

import asyncio
import os
import pty
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Person:
    """Who sits before the terminal `tty`."""

    tty: str
    descriptor: int
    seen: str = ""

    async def reads(self, text: str) -> str:
        """Wait until *text* is shown; return everything shown since the last look, up to there."""
        loop = asyncio.get_running_loop()
        while text not in self.seen:
            more = asyncio.Event()
            loop.add_reader(self.descriptor, more.set)
            try:
                await more.wait()
            finally:
                loop.remove_reader(self.descriptor)
            self.seen += os.read(self.descriptor, 65536).decode().replace("\r\n", "\n")
        shown, _, self.seen = self.seen.partition(text)
        return shown + text

    def types(self, text: str) -> None:
        os.write(self.descriptor, f"{text}\n".encode())

    async def answers(self, text: str) -> str:
        """Read the question to its end and answer it; return what was shown."""
        shown = await self.reads("? y, n, n and a reason")
        shown += await self.reads(": ")
        self.types(text)
        return shown


@contextmanager
def a_terminal(*, columns: int = 80, rows: int = 24) -> Iterator[Person]:
    """Open a pseudo-terminal of that size."""
    before, tty = pty.openpty()
    try:
        termios.tcsetwinsize(tty, (rows, columns))
        yield Person(tty=os.ttyname(tty), descriptor=before)
    finally:
        os.close(before)
        os.close(tty)
