"""A gateway's files as a crash would leave them: copied while it runs, opened by another."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

ROWS = ("sayso.db", "sayso.db-wal")
CHECKPOINTS = ("checkpoints.db", "checkpoints.db-wal")


def image(source: Path, target: Path, *, names: tuple[str, ...] = ROWS + CHECKPOINTS) -> Path:
    """Copy the named files of *source* as they are now; earlier copies in *target* are replaced."""
    target.mkdir(exist_ok=True)
    for name in names:
        (target / name).unlink(missing_ok=True)
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)
    return target


def without_newest_checkpoint(path: Path) -> None:
    """Take back the newest step; the results that its tasks stored before it stay."""
    with closing(sqlite3.connect(path / CHECKPOINTS[0])) as opened, opened:
        newest = "SELECT max(checkpoint_id) FROM checkpoints"
        opened.execute(f"DELETE FROM writes WHERE checkpoint_id = ({newest})")
        opened.execute(f"DELETE FROM checkpoints WHERE checkpoint_id = ({newest})")
