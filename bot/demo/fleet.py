"""The parent's side of the demo services: start them, ask them, replace them, stop them.

`ServiceFleet` is started by `world` and used by `tools`. A restart really replaces the process; two
restarts of one service are made one after the other.
"""

import asyncio
import contextlib
import json
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, get_args

from bot.demo.errors import ServiceDown, ServiceUnknown

ServiceName = Literal["checkout", "search"]
Environment = Literal["prod", "staging"]

_IMPORT_ROOT = Path(__file__).parents[2]
_VERSIONS: dict[str, str] = {"checkout": "4.2.1", "search": "2.9.0"}
_ANSWER_TIMEOUT_S = 2.0
_START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 0.4


class ServiceProcess:
    """One running service process; replaced, never restarted in place."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._turn = asyncio.Lock()
        self._asked = 0

    @classmethod
    async def start(cls, name: str, environment: str) -> Self:
        """Start the process and wait until it says that it is ready.

        It gets a session of its own: Ctrl-C in the terminal reaches the gateway, not the child.

        Raises:
            ServiceDown: it did not come up.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.demo.service", name, environment, _VERSIONS[name]),
            # Nothing of the gateway's environment: it holds tokens the service has no use for.
            env={"PYTHONPATH": str(_IMPORT_ROOT)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        service = cls(process)
        try:
            await service._answer(0, timeout_s=_START_TIMEOUT_S)
        except BaseException:
            await service.stop()
            raise
        return service

    @property
    def pid(self) -> int:
        """The operating system's number for this process."""
        return self._process.pid

    async def ask(self, question: str, **details: int) -> dict[str, Any]:
        """Ask one question; questions wait for each other.

        Raises:
            ServiceDown: the process ended or does not answer.
        """
        assert self._process.stdin is not None
        async with self._turn:
            self._asked += 1
            line = json.dumps({"ask": question, "number": self._asked, **details})
            with contextlib.suppress(ConnectionError):
                self._process.stdin.write(line.encode() + b"\n")
                await self._process.stdin.drain()
            return await self._answer(self._asked, timeout_s=_ANSWER_TIMEOUT_S)

    async def stop(self) -> None:
        """Close its stdin, which ends it; kill it if that takes too long; reap it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_TIMEOUT_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _answer(self, number: int, *, timeout_s: float) -> dict[str, Any]:
        """Read on to the answer to question *number*; one given up earlier may still arrive."""
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(timeout_s):
                async for line in self._process.stdout:
                    answer: dict[str, Any] = json.loads(line)
                    if answer.pop("number") == number:
                        return answer
        except TimeoutError:
            raise ServiceDown(f"The process {self.pid} does not answer.") from None
        raise ServiceDown(f"The process {self.pid} has ended.")


class ServiceFleet:
    """Checkout and search, in prod and staging; `async with` starts and stops all four."""

    def __init__(self) -> None:
        keys = [(name, place) for name in get_args(ServiceName) for place in get_args(Environment)]
        self._running: dict[tuple[str, str], ServiceProcess] = {}
        self._replacing = {key: asyncio.Lock() for key in keys}

    async def __aenter__(self) -> Self:
        starts = (ServiceProcess.start(*key) for key in self._replacing)
        started = await asyncio.gather(*starts, return_exceptions=True)
        for key, service in zip(self._replacing, started, strict=True):
            if isinstance(service, ServiceProcess):
                self._running[key] = service
        failed = [s for s in started if isinstance(s, BaseException)]
        if failed:
            await self._stop_all()
            raise failed[0]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._stop_all()

    async def status(self, service: str, environment: str) -> dict[str, Any]:
        """Process id, uptime and version, from the process itself.

        Raises:
            ServiceUnknown: there is no such service.
            ServiceDown: its process ended or does not answer.
        """
        return await self._process(service, environment).ask("status")

    async def logs(self, service: str, environment: str, *, lines: int) -> list[str]:
        """The last log lines, oldest first; raises as `status` does."""
        answer = await self._process(service, environment).ask("logs", lines=lines)
        return [str(line) for line in answer["lines"]]

    async def restart(self, service: str, environment: str) -> dict[str, Any]:
        """Stop the process and start another; works on a dead one too.

        Raises:
            ServiceUnknown: there is no such service.
            ServiceDown: the new process did not come up.
        """
        old = self._process(service, environment)
        async with self._replacing[service, environment]:
            old = self._process(service, environment)
            await old.stop()
            new = await ServiceProcess.start(service, environment)
            self._running[service, environment] = new
        return {**await new.ask("status"), "replaced_pid": old.pid}

    def _process(self, service: str, environment: str) -> ServiceProcess:
        try:
            return self._running[service, environment]
        except KeyError:
            known = ", ".join(f"{name} in {place}" for name, place in sorted(self._running))
            raise ServiceUnknown(
                f"There is no service {service} in {environment}; there are {known}."
            ) from None

    async def _stop_all(self) -> None:
        await asyncio.gather(*(service.stop() for service in self._running.values()))
        self._running.clear()
