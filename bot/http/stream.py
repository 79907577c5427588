"""`/v1/stream`: programs ask, follow and decide on one WebSocket.

Who comes is judged before the upgrade: its host, its headers, the page it comes from, and its key
if that stands in a header; a page says its key first, in a message (cases G4, G5). Mounted by the
HTTP door; what is said is answered by `stream_calls`, what happens is told by `followers`.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import cast

from aiohttp import WSMsgType, web

from approvals.domain import door_errors, strict_json
from approvals.domain.ids import KeyId
from approvals.domain.key import Key
from approvals.gate import stream_wire
from bot.http import shown
from bot.http.answering import refused
from bot.http.follower import Follower
from bot.http.followers import Followers
from bot.http.guard import Guard
from bot.http.line import HELLO_WITHIN_S, CloseCode, Line
from bot.http.ports import Ports
from bot.http.problems import response
from bot.http.routes import Route
from bot.http.seats import Seats
from bot.http.stream_calls import Calls
from bot.http.strict_body import checked

PATH = "/v1/stream"
HEARTBEAT_S = 20
AT_ONCE = 16
"""So many messages of one connection are answered side by side; the next waits unread."""


@dataclass(frozen=True, slots=True, eq=False)
class Open:
    """One connection whose key is known."""

    line: Line
    follower: Follower

    @property
    def key(self) -> Key:
        """Whose it is."""
        return self.follower.key


@dataclass(slots=True, kw_only=True, eq=False)
class Streams:
    """All open connections, and what they work at."""

    ports: Ports
    guard: Guard
    routes: Collection[Route]
    origins: frozenset[str] = frozenset()
    """Pages that may come in."""
    seats: Seats = field(default_factory=Seats)
    open: set[Open] = field(default_factory=set)
    followers: Followers = field(init=False)

    def __post_init__(self) -> None:
        self.followers = Followers(self.ports.desk, key_ended=self.end_of_key)

    def end_of_key(self, key_id: KeyId, why: str = "This key was taken back.") -> None:
        """End every connection of a key that is not in force any more."""
        self._end(CloseCode.KEY_REFUSED, why, which=lambda each: each.key.id == key_id)

    async def close(self) -> None:
        """End every connection, because the gateway does."""
        ends = self._end(CloseCode.GOING_AWAY, "The gateway shuts down.", which=lambda _: True)
        if ends:
            await asyncio.wait(ends)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        line = Line()
        with contextlib.ExitStack() as seat:
            try:
                key = await self._admitted(request)
                seat.enter_context(self.seats.taken(None if key is None else key.id))
                if not line.ws.can_prepare(request).ok:
                    raise door_errors.UpgradeRequired
                await line.open(request)
            except Exception as failure:
                return response(await refused(self.ports, None, failure, what=PATH))
            key = key or await self._introduced(request, line, seat)
            if key is not None:
                await self._served(line, key)
        return line.ws

    async def _admitted(self, request: web.Request) -> Key | None:
        """Return the key a request to connect comes with; None: it says its key in a message.

        Raises:
            HostNotAllowed, HeaderTwice, OriginNotAllowed, KeyInAddress, RequestMistyped
            Those of `Guard.key_in`.
        """
        self.guard.refuse_misplaced(request)
        origin = request.headers.get("Origin")
        if origin is not None and origin.lower() not in self.origins:
            raise door_errors.OriginNotAllowed
        if request.query:
            if any("sayso_" in each for each in request.query.values()):
                raise door_errors.KeyInAddress
            raise door_errors.RequestMistyped("This address takes no query.")
        return await self.guard.key_of(request) if "Authorization" in request.headers else None

    async def _introduced(
        self, request: web.Request, line: Line, seat: contextlib.ExitStack
    ) -> Key | None:
        """Return the key that the first message says; None where the connection ends for it."""
        try:
            first = await line.ws.receive(timeout=HELLO_WITHIN_S)
            if first.type is not WSMsgType.TEXT:
                return None
            hello = checked(stream_wire.Hello, strict_json.read(cast("bytes", first.data)))
            key = await self.guard.key_in(request, hello.key)
            seat.close()
            seat.enter_context(self.seats.taken(key.id))
        except TimeoutError:
            await line.leave(CloseCode.NO_HELLO, "Say hello with your key first.")
        except Exception as failure:
            problem = await refused(self.ports, None, failure, what=PATH)
            with contextlib.suppress(ConnectionError):
                await line.send(stream_wire.Refused(ref=None, problem=problem))
            await line.leave(CloseCode.KEY_REFUSED, problem.title)
        else:
            return key
        return None

    async def _served(self, line: Line, key: Key) -> None:
        follower = Follower(
            self.ports.desk,
            key,
            send=line.send,
            too_slow=lambda: line.end(CloseCode.TRY_AGAIN, "You read too slowly. Come again."),
        )
        here = Open(line, follower)
        self.open.add(here)
        answers: set[asyncio.Task[None]] = set()
        try:
            await line.send(
                stream_wire.Welcome(
                    key=shown.whose(key), heartbeat_s=HEARTBEAT_S, at=self.ports.desk.clock.now()
                )
            )
            calls = Calls(
                self.ports,
                {each.name: each for each in self.routes},
                line=line,
                follower=follower,
                followers=self.followers,
            )
            await _listen(line, calls, answers)
        except ConnectionError:
            pass
        finally:
            line.is_left()
            self.open.discard(here)
            self.followers.leave(follower)
            follower.close()
            for each in answers:
                each.cancel()

    def _end(
        self, code: CloseCode, why: str, *, which: Callable[[Open], bool]
    ) -> list[asyncio.Task[None]]:
        ending = [each for each in self.open if which(each)]
        for each in ending:
            each.follower.close()
        return [each.line.end(code, why) for each in ending]


def add_streams(app: web.Application, streams: Streams) -> None:
    """Mount the stream on *app*, and listen to the store for it."""
    streams.ports.desk.store.on_commit(streams.followers.hear)
    app.router.add_get(PATH, streams.handle)


async def _listen(line: Line, calls: Calls, answers: set[asyncio.Task[None]]) -> None:
    """Read until the connection ends; a message waits unread while AT_ONCE are being answered."""
    places = asyncio.Semaphore(AT_ONCE)

    def answered(task: asyncio.Task[None]) -> None:
        answers.discard(task)
        places.release()
        if not task.cancelled():
            task.exception()  # a lost connection; the loop below ends with it

    while True:
        await places.acquire()
        message = await line.ws.receive()
        if message.type is WSMsgType.BINARY:
            await line.leave(CloseCode.NOT_TEXT, "Send text, not bytes.")
        if message.type is not WSMsgType.TEXT:
            return
        task = asyncio.create_task(calls.answer(cast("bytes", message.data)))
        answers.add(task)
        task.add_done_callback(answered)
