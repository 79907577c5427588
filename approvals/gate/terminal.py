"""The terminal of this process: lines out, and one line in that was typed after it was asked for.

Used by `console.ConsoleGateway`. It opens the terminal itself, so a script whose input and output
are pipes can still ask, and what is piped in can never answer.
"""

import asyncio
import os
import select
import sys
from dataclasses import dataclass

from approvals.domain import errors

HERE = "/dev/tty"
"""The terminal the process was started from (POSIX)."""
LINE_MAX_BYTES = 4096
_COLUMNS, _ROWS = 80, 24


@dataclass(frozen=True, slots=True)
class Terminal:
    """An open terminal; `close` it."""

    descriptor: int

    @classmethod
    def open(cls, path: str = HERE) -> "Terminal":
        """Open the terminal at *path*.

        Raises:
            Unavailable: there is none, as in a service, a container or a pipeline.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOCTTY", 0))
        except OSError as error:
            raise _no_terminal(path) from error
        if not os.isatty(descriptor) or sys.platform == "win32":
            os.close(descriptor)
            raise _no_terminal(path)
        return cls(descriptor)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows; 80 and 24 where the terminal does not say."""
        columns, rows = os.get_terminal_size(self.descriptor)
        return columns or _COLUMNS, rows or _ROWS

    def say(self, text: str, end: str = "\n") -> None:
        """Write *text*, which holds nothing but what may be drawn."""
        left = (text + end).encode(errors="backslashreplace")
        while left:
            left = left[os.write(self.descriptor, left) :]

    async def line(self, prompt: str) -> str | None:
        """Return the line typed after *prompt*, or None when the terminal was closed.

        What was typed before it answers nothing. A cancelled wait leaves no thread behind.
        """
        self._forget_typed()
        self.say(prompt, end="")
        told, tell = os.pipe()
        reading = asyncio.get_running_loop().run_in_executor(None, self._read, told)
        for end in (told, tell):
            reading.add_done_callback(lambda _, end=end: os.close(end))  # type: ignore[misc]
        try:
            return await asyncio.shield(reading)
        except asyncio.CancelledError:
            if not reading.done():
                os.write(tell, b"x")
            self.say("")
            raise

    def close(self) -> None:
        """Let go of the terminal."""
        os.close(self.descriptor)

    def _forget_typed(self) -> None:
        import termios  # not on Windows, where no terminal is opened

        termios.tcflush(self.descriptor, termios.TCIFLUSH)

    def _read(self, told: int) -> str | None:
        ready, _, _ = select.select([self.descriptor, told], [], [])
        if told in ready:
            return None
        try:
            typed = os.read(self.descriptor, LINE_MAX_BYTES)
        except OSError:  # hung up
            return None
        return typed.decode(errors="replace") if typed else None


def _no_terminal(path: str) -> errors.Unavailable:
    return errors.Unavailable(
        f"There is no terminal to ask at ({path}). Start the program from one, or use a gateway "
        "that asks in Slack: `with gate:` without `console()`."
    )
