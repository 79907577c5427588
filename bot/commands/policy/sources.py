"""What the policy commands read: the policy file, and what a gateway's store recorded.

Nothing is ever written, so all of it may be read while a gateway runs.
"""

import argparse
import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from approvals.domain.durations import parse_duration
from approvals.domain.errors import InvalidArguments
from approvals.domain.policy import Policy
from approvals.domain.recorded import Recorded
from approvals.storage.clock import SystemClock
from approvals.storage.data_directory import DATABASE_NAME
from approvals.storage.policy_file import read_file
from approvals.storage.policy_reader import read_policy
from approvals.storage.recorded_calls import recorded_in_file
from bot.database import driver_needed
from bot.environment import environment
from bot.variables import value_of

POLICY_VARIABLE = "SAYSO_POLICY"
DEFAULT_FILE = "policy.yml"
DATA_VARIABLE = "SAYSO_DATA"
DEFAULT_DATA = ".sayso"
DEFAULT_SCHEMA = "sayso"
DEFAULT_SINCE = "30d"
SINCE_MAX = timedelta(days=3_650)


def add_policy(parser: argparse.ArgumentParser) -> None:
    """Let *parser* read --policy."""
    parser.add_argument(
        "--policy", metavar="FILE", help=f"default: ${POLICY_VARIABLE}, or {DEFAULT_FILE} here"
    )


def add_records(parser: argparse.ArgumentParser) -> None:
    """Let *parser* read --data and --since."""
    parser.add_argument(
        "--data", metavar="DIR", help=f"default: ${DATA_VARIABLE}, or {DEFAULT_DATA} here"
    )
    parser.add_argument(
        "--since", metavar="TIME", default=DEFAULT_SINCE, help=f"default: {DEFAULT_SINCE}"
    )


def policy_name(given: str | None) -> str:
    """Return the name of the policy file a command is about.

    Raises:
        EnvFileInvalid
    """
    return given or environment().get(POLICY_VARIABLE) or DEFAULT_FILE


def open_policy(name: str) -> Policy:
    """Return the policy in the file *name*.

    Raises:
        PolicyInvalid: with every mistake.
    """
    return read_policy(read_file(Path(name)), file=name)


def open_records(data: str | None, since: str) -> Recorded:
    """Return the calls recorded *since* so long ago, in the directory *data* or in PostgreSQL.

    An empty *data* stands for what the environment names.

    Raises:
        InvalidArguments: *since* is no length of time.
        StoreUnavailable: the store cannot be read.
        EnvFileInvalid
    """
    environ = environment()
    try:
        begin = SystemClock().now() - parse_duration(since, longest=SINCE_MAX)
        url = None if data else value_of(environ, "SAYSO_DATABASE_URL")
    except ValueError as error:
        raise InvalidArguments(f"--since: {error}") from error
    if url is not None:
        schema = environ.get("SAYSO_DATABASE_SCHEMA") or DEFAULT_SCHEMA
        return asyncio.run(_in_server(url, schema, begin))
    directory = Path(data or environ.get(DATA_VARIABLE) or DEFAULT_DATA)
    return recorded_in_file(directory / DATABASE_NAME, since=begin)


async def _in_server(url: str, schema: str, begin: datetime) -> Recorded:
    with driver_needed():
        from approvals.storage.postgres.recorded_calls import recorded_in_server
        from approvals.storage.postgres.server import Server
    return await recorded_in_server(Server(url=url, schema=schema), since=begin)
