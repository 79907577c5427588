"""A PostgreSQL that cannot be used: one line that names it and what to do, never the password."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from approvals.storage.postgres.server import Server
from bot.commands.serve import OUT_OF_REACH
from bot.demo.world import POLICY_PATH
from tests.programs import Ended, environment
from tests.sayso_here import SaysoHere
from tests.storage.databases import beside

SETTINGS = {
    "SLACK_BOT_TOKEN": "xoxb-1-hush",
    "SLACK_APP_TOKEN": "xapp-1-hush",
    "SLACK_BASE_URL": "http://127.0.0.1:9/api/",
    "SAYSO_HTTP_PORT": "0",
}
Refusal = Callable[..., str]


@pytest.fixture
def refusal(sayso_here: SaysoHere, tmp_path: Path) -> Refusal:
    """What `sayso serve` says of a database, in its one line."""

    def serve(url: str, *, code: int = 2, **also: str) -> str:
        env = {**SETTINGS, "SAYSO_DATABASE_URL": url, **also}
        return only_line(sayso_here(*command(tmp_path), env=env), code=code)

    return serve


def command(data: Path) -> tuple[str, ...]:
    return ("serve", "--data", str(data), "--policy", str(POLICY_PATH))


def only_line(ended: Ended, *, code: int = 2) -> str:
    assert (ended.code, ended.printed) == (code, "")
    assert "hush" not in ended.complaint
    (line,) = ended.complaints
    return line.removeprefix("sayso serve: ")


def test_a_server_that_is_not_there_is_named(refusal: Refusal) -> None:
    said = refusal("postgresql://sayso:hush@127.0.0.1:9/sayso", code=OUT_OF_REACH)

    assert said.startswith("PostgreSQL 127.0.0.1:9, database sayso: the database cannot be reached")
    assert said.endswith("Start the server, or correct SAYSO_DATABASE_URL.")


def test_a_host_without_an_address_is_named(refusal: Refusal) -> None:
    said = refusal("postgresql://sayso:hush@database.invalid/sayso", code=OUT_OF_REACH)

    assert said.startswith("PostgreSQL database.invalid, database sayso: the database cannot be")


def test_what_may_be_a_password_without_a_user_is_not_told(refusal: Refusal) -> None:
    said = refusal("postgresql://hush", code=OUT_OF_REACH)

    assert said.startswith("PostgreSQL at SAYSO_DATABASE_URL: the database cannot be reached")


@pytest.mark.parametrize(
    "parameters", ["sslrootcert=/nowhere/hush&sslmode=verify-full", "sslcert=/x/hush&sslkey=/y"]
)
def test_a_certificate_that_is_not_there_is_no_reason_to_try_again(
    refusal: Refusal, parameters: str
) -> None:
    said = refusal(f"postgresql://sayso:hush@127.0.0.1:9/sayso?{parameters}")

    assert said.startswith("PostgreSQL 127.0.0.1:9, database sayso: ")
    assert "SAYSO_DATABASE_URL" in said


def test_a_database_that_does_not_exist_is_told_with_its_remedy(
    refusal: Refusal, postgres_url: str
) -> None:
    said = refusal(postgres_url.replace("/postgres?", "/payroll?"))

    assert "database payroll: there is no such database. Create it (createdb)" in said


def test_a_wrong_password_is_told_and_not_shown(refusal: Refusal, postgres_url: str) -> None:
    asyncio.run(ask_for_passwords(postgres_url))

    said = refusal(postgres_url.replace("//postgres:@/postgres?", "//locked:hush@/locked?"))

    assert "database locked: the password is wrong for this user" in said


def test_a_user_that_may_not_make_the_schema_is_told_both_ways(
    refusal: Refusal, postgres_url: str
) -> None:
    asyncio.run(run(postgres_url, "CREATE ROLE guest LOGIN"))

    said = refusal(postgres_url.replace("//postgres:@", "//guest:@"), SAYSO_DATABASE_SCHEMA="nope")

    assert "this user lacks a right: permission denied for database postgres" in said
    assert "Grant CREATE on the database to it, or create the schema" in said


def test_a_database_that_cannot_hold_every_sign_is_refused(
    refusal: Refusal, postgres_url: str
) -> None:
    asyncio.run(
        run(
            postgres_url,
            "CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'",
        )
    )

    said = refusal(postgres_url.replace("/postgres?", "/ascii?"))

    assert "its encoding is SQL_ASCII. Create a database with ENCODING 'UTF8'." in said


@pytest.mark.parametrize(
    "url",
    [
        "mysql://sayso:hush@db/sayso",
        "hush",
        "postgresql://sayso:p@hush@db/sayso",
        "postgresql://sayso:p/hush@db/sayso",
        "postgresql://sayso:p#hush@db/sayso",
        "postgresql://sayso:hush/sayso",
        "postgresql://sayso:hush@db:99999/sayso",
        "postgresql://sayso:hush@[::1/sayso",
        "postgresql://sayso:p%00hush@db/sayso",
        "postgresql://sayso:hush@a b/sayso",
        "postgresql://sayso:p@db/sayso?sslmode=hush",
        "postgresql://sayso:p@db/sayso?target_session_attrs=hush",
        "postgresql://sayso:p@db/sayso?port=hush",
    ],
)
def test_an_address_that_would_be_read_otherwise_than_it_was_meant_is_refused(
    refusal: Refusal, url: str
) -> None:
    said = refusal(url)

    assert said.startswith("SAYSO_DATABASE_URL: what it is set to will not do (not shown")
    assert said.endswith("with %40 for an @ in the password")


@pytest.mark.long
def test_without_its_driver_the_extra_to_install_is_named(tmp_path: Path) -> None:
    env = {**SETTINGS, "SAYSO_DATABASE_URL": "postgresql://sayso:hush@127.0.0.1:9/sayso"}
    without = (
        "import sys; sys.modules['asyncpg'] = None; from bot.cli import main; "
        "sys.exit(main(sys.argv[1:]))"
    )

    ran = subprocess.run(
        [sys.executable, "-c", without, *command(tmp_path)],
        env=environment(env),
        capture_output=True,
        text=True,
        check=False,
    )

    said = only_line(Ended(code=ran.returncode, printed=ran.stdout, complaint=ran.stderr))
    assert said.endswith("asyncpg is not installed: pip install 'sayso[postgres]'")


async def run(url: str, *statements: str) -> None:
    async with beside(Server(url=url, schema="public")) as connection:
        for statement in statements:
            await connection.execute(statement)


async def ask_for_passwords(url: str) -> None:
    """Let the server want the password of the user `locked`, as most servers do of everybody."""
    async with beside(Server(url=url, schema="public")) as connection:
        await connection.execute("CREATE ROLE locked LOGIN PASSWORD 'right'")
        await connection.execute("CREATE DATABASE locked OWNER locked")
        rules = Path(await connection.fetchval("SHOW hba_file"))
        rules.write_text(f"local all locked scram-sha-256\n{rules.read_text()}")
        await connection.execute("SELECT pg_reload_conf()")
