"""Savers that write and keep no more of a conversation than going on with it needs (ADR-0029).

LangGraph enters every call that waits again whenever one of its turn goes on, and stores its
interrupt again, each with a commit of its own; what stands already is left as it stands. Opened by
`checkpoints`; imports LangGraph, so it is imported there, lazily.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.checkpoint.serde.types import INTERRUPT
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

_READ_MAX = 100
"""Checkpoints whose standing interrupts are remembered: those that are being resumed now."""

_Place = tuple[str, str, str]


class SparesWrites(BaseCheckpointSaver[str]):
    """Leaves an interrupt alone that was read as it would be written."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As the saver beside it."""
        super().__init__(*args, **kwargs)
        self._standing: OrderedDict[_Place, dict[str, list[Any]]] = OrderedDict()
        """The interrupts of checkpoints that were read, by task; each is forgotten when written."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return the checkpoint; its interrupts are remembered until they are written."""
        found = await super().aget_tuple(config)
        if found is not None:
            self._remember(found)
        return found

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Store what a task has written, unless it stands there already."""
        known = self._forget(_place(config), task_id)
        if known is not None and [list(said) for _, said in _interrupts(writes)] == [known]:
            return
        await super().aput_writes(config, writes, task_id, task_path)

    def _remember(self, found: CheckpointTuple) -> None:
        place = _place(found.config)
        self._standing.pop(place, None)
        standing = {
            task_id: list(said)
            for task_id, channel, said in found.pending_writes or ()
            if channel == INTERRUPT
        }
        if standing:
            self._standing[place] = standing
            if len(self._standing) > _READ_MAX:
                self._standing.popitem(last=False)

    def _forget(self, place: _Place, task_id: str) -> list[Any] | None:
        standing = self._standing.get(place)
        if standing is None:
            return None
        known = standing.pop(task_id, None)
        if not standing:
            del self._standing[place]
        return known


class SparingSqlite(SparesWrites, AsyncSqliteSaver):
    """LangGraph's SQLite saver, sparing."""

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete all but the latest checkpoint of each namespace of these threads."""
        if strategy != "keep_latest":
            raise ValueError(strategy)
        async with self.lock, self.conn.cursor() as cursor:
            for thread_id in thread_ids:
                await cursor.execute(_OLDER_CHECKPOINTS, (thread_id,))
                await cursor.execute(_OLDER_WRITES, (thread_id,))
            await self.conn.commit()


_OLDER_CHECKPOINTS = """
DELETE FROM checkpoints WHERE thread_id = ? AND checkpoint_id < (
    SELECT max(newest.checkpoint_id) FROM checkpoints AS newest
    WHERE newest.thread_id = checkpoints.thread_id
      AND newest.checkpoint_ns = checkpoints.checkpoint_ns
)"""
_OLDER_WRITES = """
DELETE FROM writes WHERE thread_id = ? AND NOT EXISTS (
    SELECT 1 FROM checkpoints AS kept
    WHERE kept.thread_id = writes.thread_id AND kept.checkpoint_ns = writes.checkpoint_ns
      AND kept.checkpoint_id = writes.checkpoint_id
)"""


def _place(config: RunnableConfig) -> _Place:
    named = config["configurable"]
    return str(named["thread_id"]), str(named.get("checkpoint_ns", "")), named["checkpoint_id"]


def _interrupts(writes: Sequence[tuple[str, Any]]) -> Sequence[tuple[str, Any]]:
    return writes if all(channel == INTERRUPT for channel, _ in writes) else ()
