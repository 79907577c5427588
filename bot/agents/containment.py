"""Keeps a tool's `sys.exit()` from ending the gateway.

LangChain gives each coroutine tool a task of its own, and asyncio stops the loop when SystemExit
leaves a task, before anybody could catch it. So it is turned into an ordinary error inside the
task: by `tools_file` before the gate is put in front, and by the runner for tools without a gate.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

_MARK = "_sayso_contained"


def contained(tool: Any) -> Any:
    """Return *tool*, or a copy of it whose coroutine cannot end the program.

    Args:
        tool: A function or a LangChain tool; what has no coroutine of its own is returned as is.
    """
    if inspect.iscoroutinefunction(tool):
        return _without_exit(tool)
    coroutine = getattr(tool, "coroutine", None)
    if "coroutine" not in getattr(type(tool), "model_fields", ()) or coroutine is None:
        return tool
    return tool.model_copy(update={"coroutine": _without_exit(coroutine)})


def _without_exit(coroutine: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    if hasattr(coroutine, _MARK):
        return coroutine

    @functools.wraps(coroutine)
    async def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return await coroutine(*args, **kwargs)
        except SystemExit as leaving:
            raise RuntimeError(f"the tool tried to end the program ({leaving.code})") from leaving

    setattr(run, _MARK, True)
    return run
