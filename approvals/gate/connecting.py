"""What a gate is connected to, and how: opened here, given, elsewhere, or asked at the terminal.

The base of `gate.Gate`. Nothing is asked and nothing runs while there is no connection.
"""

import asyncio
import ssl
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Self

from approvals.domain import errors
from approvals.gate.code_rules import RequireApproval, code_rule
from approvals.gate.connection import Connection
from approvals.gate.console import console_gateway
from approvals.gate.exceptions import GateNotConnected
from approvals.gate.gateway import Gateway
from approvals.gate.opening import LoopThread, OpenGateway
from approvals.gate.remote_opening import remote_gateway
from approvals.gate.terminal import HERE


class Connecting:
    """A gate's connection to a gateway: none yet, one that was given, or one it opened itself."""

    def __init__(self, open_gateway: OpenGateway, require_approval: RequireApproval) -> None:
        """Remember what ``with gate:`` opens, and the gate's rules in code."""
        self._open_gateway = open_gateway
        self._require_approval = require_approval
        self._connection: Connection | None = None
        self._opened: AbstractAsyncContextManager[Gateway] | None = None
        self._thread: LoopThread | None = None

    @property
    def connection(self) -> Connection:
        """The gateway in use, with its loop; raises GateNotConnected when there is none."""
        if self._connection is None:
            raise GateNotConnected
        return self._connection

    @property
    def is_here(self) -> bool:
        """Whether it is connected to a gateway on the running loop."""
        return self._connection is not None and self._connection.is_here

    def use(self, gateway: Gateway | None) -> None:
        """Bind a gateway that lives on the running event loop; None lets go of it."""
        loop = asyncio.get_running_loop() if gateway else None
        self._connection = Connection(gateway, loop) if gateway and loop else None

    def opening(self, open_gateway: OpenGateway) -> OpenGateway:
        """Let ``with gate:`` open *open_gateway* from now on; return what it opened until then.

        Raises:
            GatewayRunning: the gate is connected already.
        """
        self._refuse_second_opening()
        before, self._open_gateway = self._open_gateway, open_gateway
        return before

    def connect(
        self,
        url: str,
        key: str,
        *,
        lease: timedelta | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> Self:
        """Ask a gateway that runs elsewhere: ``with gate.connect(url, key):``.

        The key says which agent asks and, where it names one, in which channel. `SAYSO_URL` and
        `SAYSO_KEY` do the same without a word in the program.

        Args:
            url: where the gateway's HTTP door is: ``https://sayso.example.com``.
            key: one with the scope `request`, made by ``sayso keys create``.
            lease: how long a body may take before nobody knows how it ended; 1 h by default, at
                most a day.
            tls: how the gateway's certificate is checked; by the system's authorities by default.

        Raises:
            AddressMistyped: the address or the key cannot be one.
            GatewayRunning: the gate is connected already.
        """
        self.opening(remote_gateway(url, key, lease=lease, tls=tls))
        return self

    def console(self, *, timeout: timedelta | None = None, tty: str = HERE) -> Self:
        """Ask at this terminal instead of in Slack: ``with gate.console():``.

        For scripts whose author sits before them. Nothing is stored and no policy file is read:
        calls that `require_approval` names are asked about, or every call where the gate has no
        such rule.

        Args:
            timeout: how long a call waits, from being asked; as long as it takes by default.
            tty: path of the terminal; the one the program was started from by default.

        Raises:
            GatewayRunning: the gate is connected already.
        """
        asks_all = code_rule(self._require_approval) is None
        self.opening(console_gateway(asks_all=asks_all, timeout=timeout, tty=tty))
        return self

    async def __aenter__(self) -> Self:
        self._refuse_second_opening()
        opened = self._open_gateway()
        self.use(await opened.__aenter__())
        self._opened = opened
        return self

    async def __aexit__(self, *error: Any) -> None:
        opened, self._opened, self._connection = self._opened, None, None
        if opened:
            await opened.__aexit__(*error)

    def __enter__(self) -> Self:
        self._refuse_second_opening()
        thread = LoopThread(self._open_gateway)
        self._connection = thread.start()
        self._thread = thread
        return self

    def __exit__(self, *error: object) -> None:
        thread, self._thread, self._connection = self._thread, None, None
        if thread:
            thread.stop()

    def _refuse_second_opening(self) -> None:
        if self._connection is not None:
            raise errors.GatewayRunning("This gate is already connected to a gateway.")
