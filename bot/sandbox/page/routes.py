"""The page's routes on the local Slack's aiohttp application.

`add_page` is given to `LocalSlack.running(add_routes=…)`. Documents and fragments are rendered from
the workspace for the person named by `?as=`; what people do arrives at `/page/do/…` (see `deeds`).
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from aiohttp import web

from bot.sandbox.nouns import Channel, Message, Person
from bot.sandbox.page import render
from bot.sandbox.page.deeds import Deeds, Shown
from bot.sandbox.page.doorkeeper import Doorkeeper
from bot.sandbox.page.live import Live
from bot.sandbox.page.pictures import Picture
from bot.sandbox.workspace import Workspace

_STATIC = Path(__file__).parent / "static"
_STATIC_TYPES: Mapping[str, str] = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
COMMAND_HINTS: Mapping[str, str] = {
    "/agent": "restart the checkout service in prod",
    "/approvals": "how approvals work here",
}
"""Usage hints by command, shown while a command is typed."""


def add_page(app: web.Application, slack: Shown) -> None:
    """Mount the page and close its sockets when the application shuts down."""
    page = Page(slack.workspace)
    deeds = Deeds(slack)
    door = page.door
    app.router.add_get("/", door.reading(page.first_channel))
    app.router.add_get("/c/{channel}", door.reading(page.channel), name="channel")
    app.router.add_get("/home", door.reading(page.home))
    app.router.add_get("/archives/{channel}/p{digits:[0-9]{7,20}}", door.reading(_permalink))
    app.router.add_get("/page/message/{channel}/{ts}", door.reading(page.message))
    app.router.add_get("/page/dialog", door.reading(page.dialog))
    app.router.add_get("/page/static/{name}", door.reading(_static))
    app.router.add_get("/page/live", door.acting(page.live.serve))
    app.router.add_post("/page/do/{deed}", door.acting(deeds.serve))

    async def close(_: web.Application) -> None:
        await page.live.close()

    app.on_shutdown.append(close)


class Page:
    """The reading half of the page."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.door = Doorkeeper()
        self.live = Live(workspace)

    async def first_channel(self, request: web.Request) -> web.StreamResponse:
        """`/`: the first channel this person sees."""
        picture = self._picture(request)
        channel = next(iter(picture.channels()), None)
        return _html(render.channel_page(picture, channel, self._frame()))

    async def channel(self, request: web.Request) -> web.StreamResponse:
        """`/c/{channel}?thread={ts}`: a channel, and a thread beside it."""
        picture = self._picture(request)
        channel = self._readable(request, picture)
        thread_ts = request.query.get("thread")
        html = render.channel_page(picture, channel, self._frame(), thread_ts=thread_ts)
        return _html(html, status=200 if channel else 404)

    async def home(self, request: web.Request) -> web.StreamResponse:
        """`/home`: the app's Home tab of this person."""
        return _html(render.home_page(self._picture(request), self._frame()))

    async def message(self, request: web.Request) -> web.StreamResponse:
        """One message as it is now; empty when this person sees none there any more."""
        picture = self._picture(request)
        channel = self._readable(request, picture)
        ts = request.match_info["ts"]
        found = self._workspace.message(channel.id, ts) if channel else None
        if found is None or found.ephemeral_to not in {None, picture.viewer.id}:
            return _html("")
        in_thread = request.query.get("in") == "thread"
        previous = self._before(found, in_thread=in_thread)
        row = picture.row(found, previous=previous, in_thread=in_thread)
        return _html(render.message_fragment(row, in_thread=in_thread))

    async def dialog(self, request: web.Request) -> web.StreamResponse:
        """The modal this person has on top; empty when none is open."""
        return _html(render.dialog_fragment(self._picture(request)))

    def _picture(self, request: web.Request) -> Picture:
        return Picture(self._workspace, self._viewer(request.query.get("as", "")))

    def _viewer(self, person_id: str) -> Person:
        person = self._workspace.person(person_id)
        if person is not None and not person.is_bot:
            return person
        return next(p for p in self._workspace.people() if not p.is_bot)

    def _readable(self, request: web.Request, picture: Picture) -> Channel | None:
        channel = self._workspace.channel(request.match_info["channel"])
        return channel if channel is not None and picture.may_read(channel) else None

    def _before(self, message: Message, *, in_thread: bool) -> Message | None:
        thread_ts = (message.thread_ts or message.ts) if in_thread else None
        around = self._workspace.messages(message.channel_id, thread_ts=thread_ts)
        earlier = [m for m in around if m.ts < message.ts]
        return earlier[-1] if earlier else None

    def _frame(self) -> render.Frame:
        names = self._workspace.seed.commands
        return render.Frame(
            page_token=self.door.page_token,
            version=self.live.version,
            commands=[render.Command(name=n, hint=COMMAND_HINTS.get(n, "")) for n in names],
        )


async def _permalink(request: web.Request) -> web.StreamResponse:
    """What `chat.getPermalink` answers leads to the message in its channel or thread."""
    digits = request.match_info["digits"]
    ts = f"{digits[:-6]}.{digits[-6:]}"
    thread = request.query.get("thread_ts")
    page = request.app.router["channel"].url_for(channel=request.match_info["channel"])
    page = page.with_query(thread=thread) if thread else page.with_fragment(f"m-{ts}")
    return web.Response(status=302, headers={"Location": str(page)})


async def _static(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    body = _files().get(name)
    if body is None:
        return web.Response(status=404)
    kind = _STATIC_TYPES[Path(name).suffix]
    return web.Response(body=body, content_type=kind, charset="utf-8")


@cache
def _files() -> Mapping[str, bytes]:
    return {f.name: f.read_bytes() for f in _STATIC.iterdir() if f.suffix in _STATIC_TYPES}


def _html(text: str, *, status: int = 200) -> web.Response:
    """An app may have sent half of a surrogate pair; it is shown as a replacement character."""
    body = text.encode("utf-8", "replace")
    return web.Response(body=body, content_type="text/html", charset="utf-8", status=status)
