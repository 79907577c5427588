"""A gateway's files as a crash would leave them: copied while it runs, opened by another."""

import shutil
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
