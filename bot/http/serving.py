"""Serves an aiohttp application until the caller is done, and closes it quickly.

Used by the composition root for the gateway's own port.
"""

import errno
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

SHUTDOWN_TIMEOUT_S = 0.2
"""aiohttp waits a minute by default for clients that never close (measured)."""


class PortTaken(Exception):
    """The address is in use or not ours; choose another port."""


@asynccontextmanager
async def served(app: web.Application, *, host: str, port: int) -> AsyncIterator[str]:
    """Serve *app* and yield the base URL.

    Raises:
        PortTaken: the address cannot be bound.
    """
    runner = web.AppRunner(
        app,
        shutdown_timeout=SHUTDOWN_TIMEOUT_S,
        access_log=None,
        auto_decompress=False,
        logger=_server_log(),
    )
    await runner.setup()
    try:
        try:
            site = web.TCPSite(runner, host, port)
            await site.start()
        except OSError as error:
            raise PortTaken(_why(error, host=host, port=port)) from None
        bound = runner.addresses[0]
        yield f"http://{bound[0]}:{bound[1]}"
    finally:
        await runner.cleanup()


def _why(error: OSError, *, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        why = "is taken by another program"
    else:
        why = f"cannot be served ({error.strerror or type(error).__name__})"
    return f"{host}:{port} {why}. Choose another with SAYSO_HTTP_HOST and SAYSO_HTTP_PORT."


def _server_log() -> logging.Logger:
    """Return the log of the server, in which what somebody sent is a line and no traceback."""
    log = logging.getLogger("sayso.http.server")
    if _one_line not in log.filters:
        log.addFilter(_one_line)
    return log


def _one_line(record: logging.LogRecord) -> bool:
    fault = record.exc_info[1] if record.exc_info else None
    if isinstance(fault, HttpProcessingError):
        why = " ".join(fault.message.split(":")[0].split())[:200]
        source = record.args[0] if isinstance(record.args, tuple) and record.args else "?"
        record.msg, record.args = "Malformed HTTP from %s: %s", (source, why)
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.exc_info = None
    return True
