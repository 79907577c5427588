"""The Slack door as one thing: opened by the composition root, connected once the desk stands.

`open` asks Slack who we are and refuses a start that cannot work; then `directory` and `messenger`
are there for the desk and the outbox; `connect` lets clicks in, `disconnect` none any more while
cards still go out. Closing disconnects.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress

import aiohttp
from aiohttp import web

from approvals.domain.ids import ChannelId
from approvals.operations.desk import Desk
from approvals.operations.resume_run import TakenRun
from bot.slack.agent_choice import Agents, no_agents
from bot.slack.answering import ANSWER
from bot.slack.app import Ingress, build_app
from bot.slack.ask_backs import ANSWER_BACK, ASK_BACK
from bot.slack.ask_form import AskForm
from bot.slack.channel_watch import ChannelWatch
from bot.slack.commands import Commands
from bot.slack.decisions import Decisions
from bot.slack.directory import SlackDirectory
from bot.slack.door_parts import DoorParts
from bot.slack.edits import EDIT
from bot.slack.elapsed import elapsed_s
from bot.slack.errands import Errands
from bot.slack.events import Events
from bot.slack.extensions import EXTEND
from bot.slack.freeze_messenger import SlackFreezeMessenger
from bot.slack.health import SlackHealth
from bot.slack.home_messenger import SlackHomeMessenger
from bot.slack.home_tab import HomeTab
from bot.slack.identity import Identity
from bot.slack.mentions import Mentions
from bot.slack.messenger import SlackMessenger
from bot.slack.pacing import ClosedLanes, Pacing
from bot.slack.private_answers import PrivateAnswers
from bot.slack.reviews import Reviews
from bot.slack.routing import Dispatcher, Listener, RouteKey
from bot.slack.run_buttons import RunButtons
from bot.slack.run_messenger import SlackRunMessenger
from bot.slack.run_steps import RunSteps
from bot.slack.sending import Sending
from bot.slack.settlements import Settlements
from bot.slack.signed_http import SLACK_PATH, SignedHttp
from bot.slack.slack_settings import SlackSettings
from bot.slack.socket_mode import SocketMode
from bot.slack.start_checks import StartRefused, check_settings, check_start
from bot.slack.task_form import TaskForm
from bot.slack.task_verbs import TaskVerbs
from bot.slack.web_api import CallFailed, WebApi, make_client, open_session
from bot.slack.windows import window_routes


class SlackDoor:
    """One open Slack door. Use `SlackDoor.open()`."""

    def __init__(
        self,
        settings: SlackSettings,
        session: aiohttp.ClientSession,
        *,
        gateway: str,
        monotonic: Callable[[], float],
    ) -> None:
        self.settings = settings
        self.gateway = gateway
        self.health = SlackHealth()
        self.channels = ChannelWatch(self.health)
        self.errands = Errands()
        self._client = make_client(settings, session, token=settings.bot_token)
        self._session = session
        self.api = WebApi(
            self._client,
            timeout_s=settings.call_timeout_s,
            health=self.health,
            closed=ClosedLanes(monotonic=monotonic),
        )
        self.answers = PrivateAnswers(self.api, session, settings=settings)
        self.identity: Identity
        self.directory: SlackDirectory
        self.messenger: SlackMessenger
        self.run_messenger: SlackRunMessenger
        self.home_messenger: SlackHomeMessenger
        self.freeze_messenger: SlackFreezeMessenger
        self.ingress: Ingress
        self._signed: SignedHttp | None = None
        self._socket: SocketMode | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        settings: SlackSettings,
        *,
        gateway: str,
        channels: Iterable[ChannelId] = (),
        monotonic: Callable[[], float] = elapsed_s,
    ) -> AsyncIterator["SlackDoor"]:
        """Check everything and open; *channels* are those of the policy, *gateway* our stored id.

        Our pace and Slack's Retry-After are kept by *monotonic*, in seconds.

        Raises:
            StartRefused: with one sentence that names the remedy.
        """
        check_settings(settings)
        async with open_session(settings) as session:
            door = cls(settings, session, gateway=gateway, monotonic=monotonic)
            door.identity = await door._ask_who_we_are(channels)
            door.health.features_off = door.identity.features_off
            door.directory = SlackDirectory(door.api, door.identity, settings=settings)
            pacing = Pacing(monotonic=monotonic)
            sending = Sending(door.api, pacing, door.channels)
            door.home_messenger = SlackHomeMessenger(door.api, pacing)
            door.messenger = SlackMessenger(sending, gateway=gateway)
            door.run_messenger = SlackRunMessenger(sending, gateway=gateway)
            door.freeze_messenger = SlackFreezeMessenger(sending, gateway=gateway)
            try:
                yield door
            finally:
                await door.disconnect()

    async def connect(self, desk: Desk, *, agents: Agents = no_agents) -> None:
        """Let clicks and commands in. Over HTTP that means: `add_routes` answers from now on.

        *agents* are those people may start.

        Raises:
            StartRefused: no connection came up.
        """
        parts = DoorParts(
            desk=desk,
            api=self.api,
            answers=self.answers,
            errands=self.errands,
            health=self.health,
            homes=self.home_messenger,
            settings=self.settings,
            gateway=self.gateway,
        )
        dispatcher = Dispatcher(
            self._routes(parts, agents), answers=self.answers, errands=self.errands
        )
        # Bolt gets a client without a token: what it hands to listeners can call nothing.
        app = build_app(make_client(self.settings, self._session, token=None), dispatcher)
        self.ingress = Ingress(app, self.identity, answers=self.answers, errands=self.errands)
        if self.settings.transport == "http":
            self._signed = SignedHttp(
                self.ingress, signing_secret=self.settings.signing_secret or "", clock=desk.clock
            )
            self.health.is_connected = True
            return
        self._socket = SocketMode(self.ingress, settings=self.settings, health=self.health)
        try:
            await self._socket.connect(self._app_api())
        except TimeoutError:
            raise StartRefused(
                f"No Socket Mode connection to {self.settings.base_url} came up. Check that Socket"
                " Mode is on in the app's settings and that the proxy lets WebSockets through."
            ) from None

    async def disconnect(self) -> None:
        """Let no more clicks and commands in, and let the answers that run finish."""
        self._signed = None
        self.health.is_connected = False
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()
        await self.errands.close()

    async def look_around(self, channels: Sequence[ChannelId]) -> bool:
        """Return whether Slack takes our calls; then *channels* are looked at too.

        After it refused our token, it is asked once more.
        """
        if self.health.token_error is not None:
            with suppress(CallFailed):
                await self.api.call("auth.test")
        if self.health.is_ready:
            await self.channels.look(self.api, channels)
        return self.health.is_ready

    def steps_of(self, taken: TakenRun) -> RunSteps:
        """Return where the steps of a taken run are told."""
        return RunSteps(self.api, taken)

    def add_routes(self, app: web.Application) -> None:
        """Mount signed HTTP under `SLACK_PATH`; before `connect` it answers 503."""
        app.router.add_post(SLACK_PATH, self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        if self._signed is None:
            return web.Response(status=503)
        return await self._signed.handle(request)

    def _routes(self, parts: DoorParts, agents: Agents) -> dict[RouteKey, Listener]:
        reviews, home = Reviews(parts), HomeTab(parts)
        verbs = TaskVerbs(parts.desk, agents)
        form = TaskForm(parts, verbs=verbs, agents=agents)
        return {
            **Decisions(parts, reviews, home).routes(),
            **home.routes(),
            **AskForm(parts).routes(),
            **reviews.routes(),
            **window_routes(parts, reviews, (EDIT, EXTEND, ASK_BACK, ANSWER_BACK, ANSWER)),
            **Settlements(parts).routes(),
            **RunButtons(parts).routes(),
            **form.routes(),
            **Commands(parts, verbs=verbs, form=form, agents=agents).routes(),
            **Mentions(parts, identity=self.identity, verbs=verbs, agents=agents).routes(),
            **Events(self.health).routes(),
        }

    async def _ask_who_we_are(self, channels: Iterable[ChannelId]) -> Identity:
        """Ask with no eye on our health: what is wrong now is said by the start, not by the log."""
        app_api = self._app_api() if self.settings.transport == "socket" else None
        api = WebApi(self._client, timeout_s=self.settings.call_timeout_s)
        return await check_start(api, app_api, settings=self.settings, channels=channels)

    def _app_api(self) -> WebApi:
        """Return the way to call Slack with the app token."""
        client = make_client(self.settings, self._session, token=self.settings.app_token)
        return WebApi(client, timeout_s=self.settings.call_timeout_s)
