"""The page about the console: its code is the example's, its transcript what a terminal shows."""

import os
import pty
import select
import sys

import pytest

from tests.docs.fenced import ROOT, blocks

PAGE = ROOT / "docs" / "how-to" / "ask-at-the-console.md"
EXAMPLE = ROOT / "examples" / "console.py"


@pytest.mark.timeout(120)
def test_the_page_shows_what_a_terminal_shows() -> None:
    by_language = {each.language: each.text for each in blocks(PAGE)}

    assert by_language["py"] in EXAMPLE.read_text(encoding="utf-8")
    assert shown(["y", "n still needed"]).strip() == by_language["text"].strip()


def shown(answers: list[str]) -> str:
    """Run the example at a terminal of its own and answer each of its questions."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, str(EXAMPLE)])
    left, text = list(answers), ""
    while more := _read(terminal):
        text += more
        if text.endswith("reason: ") and left:
            os.write(terminal, f"{left.pop(0)}\n".encode())
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    assert status == 0, text
    return text.replace("\r\n", "\n")


def _read(terminal: int) -> str:
    select.select([terminal], [], [])
    try:
        return os.read(terminal, 65536).decode()
    except OSError:  # the other end was closed
        return ""
