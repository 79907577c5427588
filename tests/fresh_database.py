"""A new database without the statements that make one, which cost more than most tests do in it.

What the program itself makes in an empty place is copied; that it makes it is shown in
`tests/storage`.
"""

import tempfile
from functools import cache
from pathlib import Path

from approvals.storage import schema


def fresh_database(path: Path) -> Path:
    """Put a new SQLite database at *path*, unless there is one; returns *path*."""
    if not path.exists():
        path.write_bytes(_made())
    return path


@cache
def _made() -> bytes:
    with tempfile.TemporaryDirectory(prefix="sayso-") as directory:
        path = Path(directory) / "sayso.db"
        schema.prepare(path)
        return path.read_bytes()
