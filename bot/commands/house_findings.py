"""`sayso check`, as far as this machine is concerned: policy, data directory, database, gateway.

It holds no lock and changes nothing, so that a gateway on the same directory goes on undisturbed;
one that runs is asked what it says of itself.
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import aiohttp

from approvals.domain.errors import StoreUnavailable
from approvals.domain.policy import Policy
from approvals.storage import schema
from approvals.storage.data_directory import DATABASE_NAME, LOCK_NAME
from approvals.storage.mistakes import PolicyInvalid
from approvals.storage.out_of_reach import StoreOutOfReach
from approvals.storage.policy_file import read_file
from approvals.storage.policy_reader import read_policy
from bot.finding import Finding, away, good, note, wrong
from bot.settings import Settings

ASKED_WITHIN_S = 5.0


def policy_of(settings: Settings) -> tuple[Policy | None, list[Finding]]:
    """Return the policy the gateway would start with, and what is wrong with its file."""
    path = settings.policy
    try:
        policy = read_policy(read_file(path), file=path.name)
    except PolicyInvalid as refusal:
        return None, [wrong("policy", line) for line in str(refusal).splitlines()]
    rules = sum(len(channel.rules) for channel in policy.channels)
    said = f"{path.name}: channels: {len(policy.channels)}, rules: {rules}"
    return policy, [good("policy", f"{said}, version {policy.version[:12]}")]


def data_findings(path: Path) -> Iterator[Finding]:
    """Yield whether the data directory can be used, by looking at it."""
    if not path.exists():
        parent = next(each for each in path.absolute().parents if each.exists())
        if os.access(parent, os.W_OK | os.X_OK):
            yield good("data", f"{path} is made at the first start")
        else:
            yield wrong("data", f"{path} cannot be made in {parent}. Choose another directory.")
        return
    if not path.is_dir() or not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        yield wrong("data", f"{path} cannot be written. Correct its owner and permissions.")
        return
    yield good("data", f"{path} can be used")


def running_pid(path: Path) -> int | None:
    """Return the process id of the gateway that runs on *path*; 0: one runs, None: none does."""
    try:
        lock = os.open(path / LOCK_NAME, os.O_RDONLY)
    except OSError:
        return None
    try:
        # A shared lock is given back at once; a gateway holds an exclusive one.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        written = os.pread(lock, 20, 0).decode("ascii", errors="replace").strip()
        return int(written) if written.isdecimal() else 0
    except OSError:
        return None
    finally:
        os.close(lock)
    return None


async def database_findings(settings: Settings) -> list[Finding]:
    """Return whether the database can be used, without opening it as a gateway does."""
    try:
        if settings.database_url is not None:
            return [good("database", await _of_server(settings))]
        path = settings.data_dir / DATABASE_NAME
        if not path.exists():
            return [good("database", f"{path.name} is made at the first start")]
        revision = schema.stored_revision(path)
    except StoreOutOfReach as refusal:
        return [away("database", refusal.message)]
    except StoreUnavailable as refusal:
        return [wrong("database", refusal.message)]
    return [good("database", _schema(path.name, revision))]


async def _of_server(settings: Settings) -> str:
    from approvals.storage.postgres.schema import stored_revision
    from approvals.storage.postgres.server import Server

    assert settings.database_url is not None
    server = Server(url=settings.database_url.get_secret_value(), schema=settings.database_schema)
    return _schema(server.place, await stored_revision(server))


def _schema(place: str, revision: str | None) -> str:
    if revision is None:
        return f"{place} is empty; its tables are made at the first start"
    if revision < schema.HEAD:
        return f"{place} is of an older version, and is migrated at the next start"
    return f"{place} is of this version"


async def gateway_findings(settings: Settings) -> list[Finding]:
    """Return what the gateway that runs on the data directory says of itself, if one does."""
    pid = running_pid(settings.data_dir)
    if pid is None:
        return [good("gateway", "none runs on this data directory")]
    who = f"process {pid} runs" if pid else "one runs"
    if settings.http_port == 0:
        return [good("gateway", who)]
    try:
        timeout = aiohttp.ClientTimeout(total=ASKED_WITHIN_S)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"http://{_host(settings)}:{settings.http_port}/readyz") as answer,
        ):
            said = await answer.json()
        found = [wrong("gateway", f"{who}: {each}") for each in said["wrong"].values()]
        found += [note("gateway", f"{who}: {each}") for each in said["notes"].values()]
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, AttributeError):
        return [away("gateway", f"{who}, but does not answer on port {settings.http_port}.")]
    return found or [good("gateway", f"{who} and is ready")]


def _host(settings: Settings) -> str:
    host = settings.http_host
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - what listens everywhere is asked here
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
