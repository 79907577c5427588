"""LangGraph's PostgreSQL saver, sparing as `sparing_saver` is; it prunes by itself."""

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

from bot.agents.sparing_saver import SparesWrites


class SparingPostgres(SparesWrites, AsyncPostgresSaver):
    """Writes no interrupt anew that stands as it would be written."""
