"""A gateway as an operator runs it: `sayso serve` in a process of its own, told by its settings.

The local Slack is in the benchmark's process, so that what the gateway's takes in memory and
processor is its alone. Keys are made as `sayso keys` makes them at the machine of the gateway, and
the limits of agents are raised by the settings that raise them.
"""

import asyncio
import json
import os
import re
import sqlite3
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp

from bot.local_socket import ask_gateway
from bot.sandbox.nouns import Channel
from bot.sandbox.seed import Seed, default_seed
from bot.sandbox.server import LocalSlack
from bot.slack import buttons

ROOT = Path(__file__).parents[1]
APPROVER = "U0BOB"
OWNER = "U0ALICE"
TOOL = "restart_service"
UP = re.compile(r"Sayso is serving; health at (\S+)/readyz")
UP_WITHIN_S = 60
END_WITHIN_S = 20
QUIET_CPU_S = 0.05
"""What a second of the gateway costs at most when it has nothing left to do."""
QUIET_WITHIN_S = 60
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running `sayso serve`, its local Slack, and a client of the person who decides."""

    slack: LocalSlack
    url: str
    pid: int
    data: Path
    channels: Sequence[str]
    approver: aiohttp.ClientSession
    returned: set[str] = field(default_factory=set)

    async def key(self, *words: str) -> str:
        """Return a new key, asked for as `sayso keys create` asks."""
        return await _key(self.data, *words)

    async def agent_key(self, agent: str, channel: str) -> str:
        """Return a key for the agent of that name, of one channel."""
        return await self.key(
            "scope=request", f"owner={OWNER}", f"agent={agent}", f"channel={channel}"
        )

    def cpu_s(self) -> float:
        """Return the processor's seconds that the gateway has used."""
        (_, _, told) = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")
        user, system = told.split()[11:13]
        return (int(user) + int(system)) / _TICKS_A_SECOND

    def connections(self) -> int:
        """Return how many sockets the gateway has open; a handful are its own."""
        held = Path(f"/proc/{self.pid}/fd").iterdir()
        return sum(os.readlink(each).startswith("socket:") for each in held)

    def memory_bytes(self) -> int:
        """Return the memory the gateway's process holds."""
        return resident_bytes(self.pid)

    def pending(self) -> int:
        """Return how many questions wait."""
        return int(
            self._rows("SELECT count(*) FROM approval_request WHERE status = 'pending'")[0][0]
        )

    def pending_of_agents(self) -> list[tuple[str, str]]:
        """Return the agent and the id of each question that waits."""
        return self._rows("SELECT agent, id FROM approval_request WHERE status = 'pending'")

    def _rows(self, query: str) -> list[Any]:
        """Read past the gateway, which is not to be disturbed."""
        with closing(sqlite3.connect(f"file:{self.data / 'sayso.db'}?mode=ro", uri=True)) as rows:
            return rows.execute(query).fetchall()

    async def quiet(self) -> None:
        """Return when the gateway has nothing to do any more, or has had a minute for it."""
        for _ in range(QUIET_WITHIN_S):
            before = self.cpu_s()
            await asyncio.sleep(1)
            if self.cpu_s() - before <= QUIET_CPU_S:
                return

    async def card(self, channel: str) -> str:
        """Return where a card of *channel* stands that was not returned before, once it does.

        Decided ones may show their buttons for a while: Slack takes 50 changes a minute.
        """
        while True:
            for each in self.slack.workspace.messages(channel, limit=9):
                if each.ts not in self.returned and buttons.APPROVE in str(each.blocks):
                    self.returned.add(each.ts)
                    return each.ts
            await asyncio.sleep(0.02)

    async def newest(self) -> str:
        """Return the id of the newest question that waits."""
        async with self.approver.get(
            "/v1/approvals", params={"status": "pending", "limit": "1"}
        ) as answer:
            return str((await answer.json())["items"][0]["id"])

    async def reviewed(self, request_id: str) -> dict[str, object]:
        """Return what decides about a question, once its approver has looked at it."""
        async with self.approver.post(f"/v1/approvals/{request_id}/review") as answer:
            shown = await answer.json()
        return {"verdict": "approve", **{each: shown[each] for each in ("seen", "digest")}}


def resident_bytes(pid: int) -> int:
    """Return the memory a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES


@asynccontextmanager
async def served(
    settings: Mapping[str, str] | None = None, *, channels: int = 1
) -> AsyncIterator[Served]:
    """Run a gateway with that many channels until the block ends; *settings* are variables."""
    ids = [f"C0BENCH{number:02}" for number in range(channels)]
    async with AsyncExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sayso-bench-")))
        slack = await stack.enter_async_context(LocalSlack.running(seed=_seed(ids)))
        (place / "policy.yml").write_text(_policy(ids), encoding="utf-8")
        process, url = await stack.enter_async_context(_process(place, slack, settings or {}))
        key = await _key(place / "data", "scope=decide", "scope=read", f"owner={APPROVER}")
        approver = await stack.enter_async_context(
            aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {key}"})
        )
        yield Served(
            slack=slack,
            url=url,
            pid=process.pid,
            data=place / "data",
            channels=ids,
            approver=approver,
        )


async def _key(data: Path, *words: str) -> str:
    said = await ask_gateway(data, "keys create", words)
    assert said is not None, "the gateway does not listen on its machine"
    return str(json.loads(said)["secret"])


def _seed(ids: Sequence[str]) -> Seed:
    seed = default_seed()
    members = ("U0ALICE", "U0BOB", "U0CAROL", "U0SAYSO")
    more = tuple(Channel(id=each, name=each.lower(), members=members) for each in ids)
    return replace(seed, channels=(*seed.channels, *more))


def _policy(ids: Sequence[str]) -> str:
    lines = [
        "version: 1",
        f'defaults: {{channel: "#{ids[0].lower()}", timeout: 1h}}',
        "people: {sre: {users: [U0BOB, U0CAROL]}}",
        "channels:",
    ]
    for each in ids:
        rules = f"[{{tool: {TOOL}, effect: ask}}]"
        lines.append(f'  "#{each.lower()}": {{id: {each}, approvers: [sre], rules: {rules}}}')
    return "\n".join(lines) + "\n"


@asynccontextmanager
async def _process(
    place: Path, slack: LocalSlack, settings: Mapping[str, str]
) -> AsyncIterator[tuple[Process, str]]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SAYSO_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "serve"),
        *("--data", str(place / "data"), "--policy", str(place / "policy.yml")),
        cwd=place,
        stdout=PIPE,
        env={
            **ours,
            "PYTHONPATH": str(ROOT),
            "SLACK_BASE_URL": slack.base_url,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "SAYSO_HTTP_PORT": "0",
            "SAYSO_LOG_LEVEL": "ERROR",
            **settings,
        },
    )
    try:
        yield process, await asyncio.wait_for(_url(process), UP_WITHIN_S)
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), END_WITHIN_S)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _url(process: Process) -> str:
    assert process.stdout is not None
    while line := (await process.stdout.readline()).decode():
        if found := UP.search(line):
            return found[1]
    raise RuntimeError("the gateway did not start; it said why above")
