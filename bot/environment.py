"""What the commands read their settings from: the shell's variables, and a `.env` file beside them.

A variable of the shell wins over the file. The file is `NAME=value` lines, as `sayso slack setup`
writes them; nothing in it is expanded or run.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

ENV_FILE = Path(".env")
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.ASCII)


class EnvFileInvalid(Exception):
    """The file cannot be read, or a line of it says nothing; the text names it and the remedy."""


def environment(path: Path = ENV_FILE) -> Mapping[str, str]:
    """Return the environment, with what *path* adds to it.

    Raises:
        EnvFileInvalid
    """
    return {**read_env_file(path), **os.environ}


def read_env_file(path: Path) -> dict[str, str]:
    """Return the variables *path* holds, none when there is no such file.

    Raises:
        EnvFileInvalid
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise EnvFileInvalid(f"{path} cannot be read ({why}). Correct it, or remove it.") from None
    found = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, value = read_line(line, place=f"{path}:{number}")
        if name:
            found[name] = value
    return found


def read_line(line: str, *, place: str) -> tuple[str, str]:
    """Return the name and value of one line, both empty for a blank line or a comment.

    >>> read_line('SAYSO_DATA="my data"  # here', place=".env:1")
    ('SAYSO_DATA', 'my data')

    Raises:
        EnvFileInvalid: never with the value in its text, which may be a secret.
    """
    line = line.strip()
    if not line or line.startswith("#"):
        return "", ""
    found = _LINE.fullmatch(line)
    value = None if found is None else _unquoted(found[2])
    if found is None or value is None:
        raise EnvFileInvalid(f"{place}: is no NAME=value. Correct it, or put # before it.")
    return found[1], value


def _unquoted(written: str) -> str | None:
    """Return the value; None where a quote does not close, or something follows it."""
    if not written.startswith(("'", '"')):
        return written.partition(" #")[0].rstrip()
    value, closing, rest = written[1:].partition(written[0])
    if not closing or (rest.strip() and not rest.strip().startswith("#")):
        return None
    return value
