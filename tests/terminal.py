"""`sayso` on a terminal of its own, as a person has it: what is asked, typed and shown."""

import asyncio
import fcntl
import os
import sys
import termios
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.programs import UP_WITHIN_S, environment


class TypedTerminal:
    """One program on its terminal."""

    def __init__(self, process: asyncio.subprocess.Process, master: int) -> None:
        self.process = process
        self.shown = ""
        self._master = master
        self._read_to = 0
        self._heard = asyncio.Event()
        asyncio.get_running_loop().add_reader(master, self._hear)

    async def answer(self, question: str, *lines: str) -> None:
        """Wait until *question* is asked, then type *lines*, each with Enter."""
        await self.until(question)
        for line in lines:
            os.write(self._master, f"{line}\n".encode())

    async def until(self, words: str) -> None:
        """Wait until *words* are shown, after what was waited for before."""
        async with asyncio.timeout(UP_WITHIN_S):
            while (at := self.shown.find(words, self._read_to)) < 0:
                self._heard.clear()
                await self._heard.wait()
        self._read_to = at + len(words)

    async def ended(self) -> int:
        """Wait for the end; return the exit code."""
        return await asyncio.wait_for(self.process.wait(), UP_WITHIN_S)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)

    def _hear(self) -> None:
        try:
            read = os.read(self._master, 65_536)
        except OSError:  # nobody holds the other end any more
            asyncio.get_running_loop().remove_reader(self._master)
            return
        self.shown += read.decode(errors="replace").replace("\r\n", "\n")
        self._heard.set()


@asynccontextmanager
async def on_a_terminal(
    *arguments: str, cwd: Path, env: Mapping[str, str]
) -> AsyncIterator[TypedTerminal]:
    """Run `sayso` with *arguments* on a terminal; kill what is left at the end."""
    master, slave = os.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=cwd,
        env=environment(env),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(slave)
    terminal = TypedTerminal(process, master)
    try:
        yield terminal
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        terminal.close()
