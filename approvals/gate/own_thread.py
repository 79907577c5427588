"""A sync body in a thread of its own, which nothing waits for but its caller.

Used by `execution`. An executor's threads are few and shared with the gateway's own work, and the
end of the program waits for them: one body that never returns would stop both (case F17).
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any


async def in_own_thread(body: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Return what *body* returns, or raise what it raises, `SystemExit` included.

    A cancelled caller leaves; the body goes on, and what it returns is dropped.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: Any, error: BaseException | None) -> None:
        if ended.done():
            return
        if error is None:
            ended.set_result(result)
        else:
            ended.set_exception(error)

    def run() -> None:
        result: Any = None
        error: BaseException | None = None
        try:
            result = context.run(body, *args, **kwargs)
        except StopIteration as stopped:
            error = RuntimeError(f"the body raised StopIteration ({stopped.value})")
        except BaseException as raised:
            error = raised
        with suppress(RuntimeError):  # the loop has closed meanwhile
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name=f"body {body!r:.60}", daemon=True).start()
    return await ended
