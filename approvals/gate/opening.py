"""Finding and holding the gateway that `with gate:` opens, and a loop for scripts.

`async with gate:` opens it on the running loop; `with gate:` gives it a thread with a loop of its
own, so that scripts without asyncio can wait for people too.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib.metadata import entry_points
from typing import TypeAlias

from approvals.domain import errors
from approvals.gate.connection import Connection
from approvals.gate.gateway import Gateway
from approvals.gate.remote_opening import gateway_of_environment

ENTRY_POINT_GROUP = "sayso.gateway"
ENTRY_POINT_NAME = "embedded"
OpenGateway: TypeAlias = Callable[[], AbstractAsyncContextManager[Gateway]]


def usual_gateway() -> AbstractAsyncContextManager[Gateway]:
    """Return what ``with gate:`` opens: the gateway `SAYSO_URL` names, else one in this process.

    Raises:
        AddressMistyped, NoKeyGiven: `SAYSO_URL` is set.
        Unavailable: it is not, and only the gate is installed here.
    """
    return gateway_of_environment() or installed_gateway()


def installed_gateway() -> AbstractAsyncContextManager[Gateway]:
    """Return the in-process gateway of the installed distribution, not yet entered.

    Raises:
        Unavailable: only the gate is installed here.
    """
    try:
        (found,) = entry_points(group=ENTRY_POINT_GROUP, name=ENTRY_POINT_NAME)
        open_gateway: OpenGateway = found.load()
    except (ValueError, ImportError) as error:
        raise errors.Unavailable(
            "No gateway is installed in this environment. Set SAYSO_URL and SAYSO_KEY to ask one "
            f"that runs elsewhere, or install one with `pip install 'sayso[server]'` ({error})."
        ) from error
    return open_gateway()


class LoopThread:
    """A gateway on a background thread, for scripts without an event loop."""

    def __init__(self, open_gateway: OpenGateway) -> None:
        self._open_gateway = open_gateway
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._connection: Connection | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="sayso-gateway", daemon=True)

    def start(self) -> Connection:
        """Open the gateway and return the connection; raises whatever opening it raised."""
        self._thread.start()
        self._ready.wait()
        if self._connection is None:
            self._thread.join()
            raise self._failure or errors.Unavailable()
        return self._connection

    def stop(self) -> None:
        """Close the gateway and end the thread; raises whatever closing it raised."""
        connection, stop = self._connection, self._stop
        if connection and stop and self._thread.is_alive():
            connection.loop.call_soon_threadsafe(stop.set)
        self._thread.join()
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        async with self._open_gateway() as gateway:
            self._connection = Connection(gateway, asyncio.get_running_loop())
            self._ready.set()
            await self._stop.wait()
