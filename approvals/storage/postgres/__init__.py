"""The drawer over PostgreSQL. Imported only when a database address is set: it needs asyncpg."""
