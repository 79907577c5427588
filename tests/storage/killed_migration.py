"""A process for `test_crashes`: dies in the middle of a migration, at every statement of it.

Run as `python -m tests.storage.killed_migration DIRECTORY EVERY`: copies `old.db` to `killed-N.db`
for every EVERY-th N, and on each a child is killed just before that statement of the migration.
Ends with the first child that survives, and prints how many died.
"""

import contextlib
import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path

from approvals.storage import driver
from approvals.storage.migrations.upgrade import upgrade


def migrate_and_die(path: Path, at_statement: int) -> None:
    statements = count(1)

    def traced(_sql: str) -> None:
        if next(statements) == at_statement:
            os.kill(os.getpid(), signal.SIGKILL)

    with contextlib.closing(driver.connect(path)) as connection:
        connection.set_trace_callback(traced)
        upgrade(connection)


def kill_at_statements(directory: Path) -> int:
    for died, at_statement in enumerate(count(1)):
        path = directory / f"killed-{at_statement}.db"
        shutil.copy(directory / "old.db", path)
        child = os.fork()
        if child == 0:
            migrate_and_die(path, at_statement)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            path.unlink()
            return died
    raise AssertionError


if __name__ == "__main__":
    print(kill_at_statements(Path(sys.argv[1])))
