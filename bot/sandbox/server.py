"""The local Slack as one running thing: Web API, Socket Mode, faults and, optionally, the page.

`sayso sandbox`, the demo and the tests start it through `LocalSlack.running`. It listens on
127.0.0.1 only and never calls anything but the configured request URL.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from bot.sandbox.calls import Calls
from bot.sandbox.clock import Clock, WallClock
from bot.sandbox.control import Control
from bot.sandbox.delivery.deliveries import EVENT_RETRIES_AFTER_S, Deliveries
from bot.sandbox.delivery.envelopes import Courier
from bot.sandbox.delivery.response_urls import ResponseUrls
from bot.sandbox.delivery.signed_http import SignedHttp
from bot.sandbox.delivery.socket_mode import SocketMode
from bot.sandbox.delivery.triggers import Triggers
from bot.sandbox.drawer import Drawer
from bot.sandbox.faults import FaultKind, Faults
from bot.sandbox.hands.reach import Reach
from bot.sandbox.interactions import Interactions
from bot.sandbox.payloads import Payloads
from bot.sandbox.seed import Seed, default_seed, kept_seed
from bot.sandbox.web_api.context import Context
from bot.sandbox.web_api.door import WebApi
from bot.sandbox.workspace import Workspace

AddRoutes = Callable[[web.Application, "LocalSlack"], None]
"""How the page (or a test) adds its own routes before the server starts."""

HOST = "127.0.0.1"
_REQUEST_BYTES_MAX = 4 * 1024 * 1024
_ACK_WITHIN_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long Slack waits. The defaults are Slack's; tests shorten them."""

    ack_within_s: float = _ACK_WITHIN_S
    event_retries_after_s: tuple[float, ...] = EVENT_RETRIES_AFTER_S


class LocalSlack:
    """A local workspace with the doors real Slack has."""

    def __init__(
        self,
        drawer: Drawer,
        *,
        seed: Seed,
        clock: Clock,
        pace: Pace | None = None,
        faults: Faults | None = None,
    ) -> None:
        """Put the parts together; nothing listens yet."""
        self.drawer = drawer
        self.seed = seed
        self.pace = pace or Pace()
        self.clock = clock
        self.workspace = Workspace(drawer, seed=seed, clock=clock)
        self.faults = faults or Faults()
        self.calls = Calls()
        self.sockets = SocketMode(
            app_id=seed.app_id, ack_within_s=self.pace.ack_within_s, faults=self.faults
        )
        self.port = 0
        self.triggers = Triggers(clock)
        self.response_urls = ResponseUrls(self.workspace, seed=seed, clock=clock)
        self._web_api = WebApi(self._context(), faults=self.faults, calls=self.calls)
        self.faults.on_sockets(
            {
                FaultKind.SOCKET_DROP: self.sockets.drop_all,
                FaultKind.SOCKET_REFRESH: self.sockets.refresh,
            }
        )
        self.connect(self.sockets)

    @property
    def url(self) -> str:
        """The server's address, with a slash at its end; the page lives there."""
        return f"http://{HOST}:{self.port}/"

    @property
    def base_url(self) -> str:
        """What to give a Slack client as `base_url`."""
        return f"{self.url}api/"

    @property
    def bot_token(self) -> str:
        """The bot's token (`xoxb-…`)."""
        return self.seed.bot_token or ""

    @property
    def app_token(self) -> str:
        """The app-level token (`xapp-…`)."""
        return self.seed.app_token or ""

    @property
    def signing_secret(self) -> str:
        """What signed HTTP deliveries are signed with."""
        return self.seed.signing_secret or ""

    @property
    def team_id(self) -> str:
        """The workspace's team id."""
        return self.seed.team.id

    @property
    def app_id(self) -> str:
        """The app's id."""
        return self.seed.app_id

    def connect(self, courier: Courier) -> None:
        """Reach the app this way from now on (Socket Mode unless said otherwise)."""
        self._deliveries = Deliveries(
            courier,
            faults=self.faults,
            ack_within_s=self.pace.ack_within_s,
            event_retries_after_s=self.pace.event_retries_after_s,
        )
        self.interactions = Interactions(
            Reach(
                workspace=self.workspace,
                seed=self.seed,
                payloads=Payloads(self.seed, self.clock),
                deliveries=self._deliveries,
                triggers=self.triggers,
                response_urls=self.response_urls,
                url=lambda: self.url,
            )
        )

    async def settled(self) -> None:
        """Wait until every delivery that was begun has ended, repeated ones too; for tests."""
        await self._deliveries.settled()

    def build_app(self, *, add_routes: tuple[AddRoutes, ...] = ()) -> web.Application:
        """The aiohttp application with every route."""
        app = web.Application(client_max_size=_REQUEST_BYTES_MAX)
        app.router.add_route("*", "/api/{method}", self._web_api.answer)
        app.router.add_get("/link/", self.sockets.connect)
        app.router.add_post("/actions/{path:.+}", self.response_urls.answer)
        app.router.add_post("/commands/{path:.+}", self.response_urls.answer)
        app.add_routes(Control(self).routes())
        for add in add_routes:
            add(app, self)
        app.on_shutdown.append(self._end)
        return app

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
        pace: Pace | None = None,
        faults: Faults | None = None,
        add_routes: tuple[AddRoutes, ...] = (),
    ) -> AsyncIterator["LocalSlack"]:
        """Run it on 127.0.0.1 until the block ends; `port=0` takes a free one.

        Without `data_dir` everything is in memory. With `signed_http_url` payloads are posted there
        instead of going over Socket Mode. Raises `OSError` when the port is taken.
        """
        async with AsyncExitStack() as stack:
            drawer = Drawer(data_dir)
            stack.callback(drawer.close)
            kept = kept_seed(drawer, seed or default_seed())
            slack = cls(drawer, seed=kept, clock=clock or WallClock(), pace=pace, faults=faults)
            if signed_http_url is not None:
                courier = slack.signed_http(signed_http_url)
                stack.push_async_callback(courier.close)
                slack.connect(courier)
            runner = web.AppRunner(
                slack.build_app(add_routes=add_routes), shutdown_timeout=0.2, access_log=None
            )
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, HOST, port).start()
            slack.port = runner.addresses[0][1]
            yield slack

    def signed_http(self, url: str) -> SignedHttp:
        """A courier that posts to this request URL; close it, or leave that to `running`."""
        return SignedHttp(
            url,
            signing_secret=self.signing_secret,
            clock=self.clock,
            ack_within_s=self.pace.ack_within_s,
        )

    def _context(self) -> Context:
        return Context(
            workspace=self.workspace,
            seed=self.seed,
            clock=self.clock,
            triggers=self.triggers,
            socket_url=self._socket_url,
            page_url=lambda: self.url,
        )

    def _socket_url(self) -> str:
        ticket = self.sockets.issue_ticket()
        return f"ws://{HOST}:{self.port}/link/?ticket={ticket}&app_id={self.app_id}"

    async def _end(self, _app: web.Application) -> None:
        await self._deliveries.close()
        await self.sockets.close_all()
