"""The program as `serve` builds it, in this process, on a local Slack: nothing is left out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from approvals.gate import Gate
from bot.bootstrap import MakeAgents, Running, no_agents, running_gateway
from bot.sandbox.faults import Fault
from bot.sandbox.nouns import Message
from bot.sandbox.server import AddRoutes, LocalSlack
from bot.settings import read_settings
from bot.slack import buttons

PROD, BOB, CAROL = "C0PROD", "U0BOB", "U0CAROL"
PATIENCE_S = 20
POLICY = """
version: 1
defaults: {channel: "#prod-incidents", timeout: 15m}
people: {oncall: {users: [U0BOB, U0CAROL]}}
channels:
  "#prod-incidents":
    id: C0PROD
    approvers: [oncall]
    rules: [{tool: "*", effect: ask}]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeGateway:
    """A gateway that serves, its local Slack, and what people do there."""

    slack: LocalSlack
    running: Running
    gate: Gate
    database: Path

    async def card(self) -> Message:
        """Wait for the newest card that can be approved."""
        await eventually(lambda: bool(self._open_cards()))
        return self._open_cards()[-1]

    def _open_cards(self) -> list[Message]:
        return [
            message
            for message in self.slack.workspace.messages(PROD)
            if f'"{buttons.APPROVE}"' in repr(message.blocks).replace("'", '"')
        ]

    async def press(self, person: str, card: Message, action_id: str = buttons.APPROVE) -> bool:
        """Press a button of *card*; returns whether Slack got its acknowledgement."""
        result = await self.slack.interactions.click(
            person, channel=PROD, ts=card.ts, action_id=action_id
        )
        return result.acked

    def told(self, person: str) -> list[str]:
        """What this person was told privately, oldest first."""
        return [each.text for each in self.slack.workspace.ephemerals(person, PROD)]

    async def readiness(self) -> tuple[int, dict[str, Any]]:
        """What `/readyz` answers: its status, and what is wrong."""
        status, said = await self._readyz()
        return status, said["wrong"]

    async def notes(self) -> dict[str, Any]:
        """What `/readyz` says a person should look at."""
        found: dict[str, Any] = (await self._readyz())[1]["notes"]
        return found

    async def _readyz(self) -> tuple[int, dict[str, Any]]:
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"{self.running.url.rstrip('/')}/readyz") as answer,
        ):
            return answer.status, await answer.json()

    async def is_ready(self) -> bool:
        """Whether `/readyz` says so."""
        return (await self.readiness())[0] == 200


async def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until *is_so*."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def a_whole_gateway(
    directory: Path,
    policy: str = POLICY,
    *,
    agents: MakeAgents = no_agents,
    faults: Sequence[Fault] = (),
    pages: tuple[AddRoutes, ...] = (),
    **also: str,
) -> AsyncIterator[WholeGateway]:
    """Serve from *directory*, with agents and more settings if given, until the block ends.

    *faults* are Slack's from the start; *pages* are what it shows to browsers.
    """
    (directory / "policy.yml").write_text(policy, encoding="utf-8")
    async with LocalSlack.running(add_routes=pages) as slack:
        for fault in faults:
            await slack.faults.switch_on(fault)
        settings = read_settings(
            {
                "SLACK_BASE_URL": slack.base_url,
                "SLACK_BOT_TOKEN": slack.bot_token,
                "SLACK_APP_TOKEN": slack.app_token,
                "SAYSO_POLICY": str(directory / "policy.yml"),
                "SAYSO_DATA": str(directory / "data"),
                "SAYSO_HTTP_PORT": "0",
                **also,
            }
        )
        async with running_gateway(settings, agents) as running:
            gate = Gate(agent="deploy-bot")
            gate.use(running.gateway)
            yield WholeGateway(
                slack=slack,
                running=running,
                gate=gate,
                database=directory / "data" / "sayso.db",
            )
