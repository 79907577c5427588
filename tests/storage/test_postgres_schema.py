"""PostgreSQL schemas that are new, older, newer, somebody else's, or not to be had."""

import asyncio

import pytest

from approvals.domain import errors
from approvals.storage import schema as declared
from approvals.storage.migrations.upgrade import run_migrations
from approvals.storage.postgres.schema import prepare
from approvals.storage.postgres.server import Server
from tests.storage.databases import PostgresDatabase, beside
from tests.storage.given import a_request, submit

SHAPE = """
SELECT 'column', table_name, column_name, data_type, is_nullable,
       coalesce(column_default, '-'), coalesce(collation_name, '-')
FROM information_schema.columns WHERE table_schema = current_schema()
UNION ALL
SELECT 'index', tablename, indexname, replace(indexdef, current_schema(), ''), '-', '-', '-'
FROM pg_indexes WHERE schemaname = current_schema()
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '-', '-', '-'
FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
UNION ALL
SELECT 'trigger', event_object_table, trigger_name, event_manipulation, action_statement, '-', '-'
FROM information_schema.triggers WHERE trigger_schema = current_schema()
ORDER BY 1, 2, 3, 4
"""


async def make_old(server: Server, revision: str) -> None:
    """Make a schema as an earlier version of the program left it."""
    engine = server.single()
    async with engine.begin() as connection:
        await connection.exec_driver_sql(f'CREATE SCHEMA "{server.schema}"')
        await connection.run_sync(run_migrations, revision)
    await engine.dispose()


async def shape(server: Server) -> list[tuple[str, ...]]:
    """Return everything the schema is made of."""
    async with beside(server) as connection:
        return [tuple(row) for row in await connection.fetch(SHAPE)]


def another(server: Server) -> Server:
    return Server(url=server.url, schema=f"{server.schema}_too")


async def test_migrating_from_nothing_gives_the_schema_a_new_database_has(postgres: Server) -> None:
    await prepare(postgres)
    await make_old(another(postgres), "head")

    assert await shape(another(postgres)) == await shape(postgres)


async def test_texts_sort_by_their_bytes_whatever_the_databases_language(postgres: Server) -> None:
    await prepare(postgres)

    columns = [row for row in await shape(postgres) if row[3] == "character varying"]

    assert len(columns) > 60
    assert {row[6] for row in columns} == {"C"}


async def test_an_older_schema_is_migrated_with_what_it_holds(postgres: Server) -> None:
    await make_old(postgres, "0001")
    async with beside(postgres) as connection:
        await connection.execute("INSERT INTO fact VALUES ('gateway_id', 'G1')")

    async with PostgresDatabase(postgres).opened() as store:
        kept = await store.write(lambda tx: tx.fact("gateway_id"))
        await store.write(submit(a_request()))

    await prepare(another(postgres))
    assert kept == "G1"
    assert await shape(postgres) == await shape(another(postgres))


async def test_a_newer_schema_is_refused_and_left_as_it_is(postgres: Server) -> None:
    await make_old(postgres, "0001")
    async with beside(postgres) as connection:
        await connection.execute("UPDATE alembic_version SET version_num = '0999'")
    before = await shape(postgres)

    with pytest.raises(errors.StoreNewer, match="0999"):
        await prepare(postgres)

    assert await shape(postgres) == before


async def test_a_schema_of_another_program_is_refused_and_left_as_it_is(postgres: Server) -> None:
    async with beside(postgres) as connection:
        await connection.execute(f"CREATE SCHEMA {postgres.schema}")
        await connection.execute("CREATE TABLE theirs (id int)")

    with pytest.raises(errors.StoreUnavailable, match="not a database of Sayso"):
        await prepare(postgres)

    assert {row[1] for row in await shape(postgres)} == {"theirs"}


async def test_a_migration_the_database_refuses_is_said_and_changes_nothing(
    postgres: Server,
) -> None:
    await make_old(postgres, "0001")
    async with beside(postgres) as connection:
        await connection.execute("CREATE TABLE run (id int)")
    before = await shape(postgres)

    with pytest.raises(errors.StoreUnavailable, match="already exists"):
        await prepare(postgres)

    assert await shape(postgres) == before


async def test_the_log_cannot_be_emptied_either(postgres: Server) -> None:
    async with PostgresDatabase(postgres).opened() as store:
        await store.write(submit(a_request()))

    with pytest.raises(Exception, match="never changed"):
        await PostgresDatabase(postgres).meddle("TRUNCATE audit_event")


async def test_two_who_make_the_schema_at_once_make_it_once(postgres: Server) -> None:
    await asyncio.gather(prepare(postgres), prepare(postgres))

    async with beside(postgres) as connection:
        assert await connection.fetchval("SELECT version_num FROM alembic_version") == declared.HEAD
