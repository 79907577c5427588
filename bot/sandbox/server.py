"""The local Slack as one running thing: Web API, Socket Mode, faults and, optionally, the page.

`sayso sandbox`, the demo and the tests start it through `LocalSlack.running`. It listens on
127.0.0.1 only and never calls anything but the configured request URL.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from bot.sandbox.clock import Clock
from bot.sandbox.interactions import Interactions
from bot.sandbox.seed import Seed
from bot.sandbox.workspace import Workspace

AddRoutes = Callable[[web.Application, "LocalSlack"], None]
"""How the page (or a test) adds its own routes before the server starts."""


class LocalSlack:
    """A local workspace with the doors real Slack has."""

    workspace: Workspace
    interactions: Interactions
    bot_token: str
    app_token: str
    signing_secret: str
    team_id: str
    app_id: str
    url: str
    base_url: str

    def build_app(self, *, add_routes: tuple[AddRoutes, ...] = ()) -> web.Application:
        """The aiohttp application with every route."""
        raise NotImplementedError

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        *,
        seed: Seed | None = None,
        data_dir: Path | None = None,
        port: int = 0,
        signed_http_url: str | None = None,
        clock: Clock | None = None,
        add_routes: tuple[AddRoutes, ...] = (),
    ) -> AsyncIterator["LocalSlack"]:
        """Run it on 127.0.0.1 until the block ends; `port=0` takes a free one."""
        yield cls()
