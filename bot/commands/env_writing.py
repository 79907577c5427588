"""How `sayso slack setup` writes a `.env` file: its own lines change, all others stay.

The file is its owner's alone from the first byte on, and is there whole or not at all.
"""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from bot.environment import read_env_file, read_line

MODE = 0o600


def merged(path: Path, values: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return the text of *path* with *values* in it, and the names it set otherwise before.

    Raises:
        EnvFileInvalid: the file cannot be read as it is.
    """
    before = read_env_file(path)
    lines = path.read_text(encoding="utf-8-sig").splitlines() if path.exists() else []
    kept = [line for line in lines if read_line(line, place=str(path))[0] not in values]
    replaced = [name for name, value in values.items() if before.get(name, value) != value]
    return "\n".join(
        [*kept, *(f"{name}={value}" for name, value in values.items())]
    ) + "\n", replaced


def write_env(path: Path, text: str) -> None:
    """Put *text* in the place of *path*, readable by its owner only; a link is followed."""
    place = path.resolve()
    new = place.with_name(f"{place.name}.{secrets.token_hex(4)}")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(place)
    except BaseException:
        with suppress(OSError):
            new.unlink()
        raise
