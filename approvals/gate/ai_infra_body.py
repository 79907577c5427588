"""How the body of a call ends that ai-infra runs after its approval handler has answered.

ai-infra runs the tool in the task that awaited the handler, inside a wrapper that may swallow an
error, give up waiting, or try again. LangChain's callbacks see all of that; the end of the task
tells what they do not see, a call that was cancelled.
"""

import asyncio
from typing import Any
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.runnables.config import var_child_runnable_config

from approvals.gate.cleared_call import ClearedCall
from approvals.gate.exceptions import TookTooLong
from approvals.gate.langchain_crossing import with_callback
from approvals.gate.refusals import BodyRanOnce

_reports: set[asyncio.Task[None]] = set()  # a loop keeps only weak references to its tasks


def watch_body(call: ClearedCall, tool: str, *, may_repeat: bool) -> None:
    """Hear from now on, in this task, how the body of *call* ends, and tell the gateway."""
    body = _Body(call, tool, may_repeat=may_repeat)
    config: Any = dict(var_child_runnable_config.get() or {})
    config["callbacks"] = with_callback(config.get("callbacks"), body)
    var_child_runnable_config.set(config)
    task = asyncio.current_task()
    if task is not None:
        task.add_done_callback(body.left)


class _Body(AsyncCallbackHandler):
    """The body of one cleared call."""

    raise_error = True
    run_inline = True

    def __init__(self, call: ClearedCall, tool: str, *, may_repeat: bool) -> None:
        self._call = call
        self._tool = tool
        self._may_repeat = may_repeat
        self._outer: UUID | None = None
        """The run ai-infra starts: its wrapper around the tool."""
        self._tries: set[UUID] = set()
        """The runs of the tool itself inside of it."""
        self._open: set[UUID] = set()
        self._error: BaseException | None = None
        """Of the latest try."""

    async def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **_: Any,
    ) -> None:
        """Note that the body begins; refuse a second time.

        Raises:
            BodyRanOnce
        """
        if serialized.get("name") != self._tool or self._call.is_told:
            return
        if self._outer is None:
            self._outer = run_id
        elif parent_run_id == self._outer:
            if self._tries and not self._may_repeat:
                raise BodyRanOnce
            self._tries.add(run_id)
            self._open.add(run_id)
            self._error = None

    async def on_tool_end(self, output: Any, *, run_id: UUID, **_: Any) -> None:
        """Note how a try ended, and tell how the call did."""
        self._open.discard(run_id)
        if run_id == self._outer:
            await self._tell(output)

    async def on_tool_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """Note how a try ended, and tell how the call did."""
        if run_id in self._tries:
            self._open.discard(run_id)
            self._error = error
        elif run_id == self._outer:
            self._error = self._error or error
            await self._tell(None)

    async def _tell(self, output: Any) -> None:
        if self._open:
            late = TookTooLong("ai-infra stopped waiting for it. It may go on.")
            await self._call.raised(late, is_unknown=not self._may_repeat)
        elif self._error is not None:
            await self._call.raised(self._error)
        else:
            await self._call.returned(output)

    def left(self, task: asyncio.Task[Any]) -> None:
        """Tell that the call ended without its end being heard, once its task is done."""
        if not self._call.is_told:
            reporting = task.get_loop().create_task(self._call.raised(asyncio.CancelledError()))
            _reports.add(reporting)
            reporting.add_done_callback(_reports.discard)
