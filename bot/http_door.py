"""Opens the gateway's HTTP door: health for supervisors, Slack's requests, the API for programs.

Called by the composition root.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from approvals.domain.limits import Limits
from approvals.gate.waiting_room import WaitingRoom
from approvals.operations.desk import Desk
from approvals.operations.run_by_key import Hosted
from bot.http.api import add_api, routes
from bot.http.guard import Failures, Guard, Hosts
from bot.http.ports import Ports
from bot.http.seats import Seats
from bot.http.serving import served
from bot.http.stream import Streams, add_streams
from bot.http.stream_watch import StreamWatch
from bot.loops import Loops
from bot.settings import Settings
from bot.slack.door import SlackDoor


@asynccontextmanager
async def http_door(
    settings: Settings,
    desk: Desk,
    door: SlackDoor,
    *,
    health: Sequence[web.RouteDef],
    loops: Loops,
    hosted: Callable[[], Hosted],
) -> AsyncIterator[str]:
    """Serve everything until the block ends, and yield the base URL.

    Raises:
        PortTaken
    """
    room = WaitingRoom()
    desk.store.on_commit(room.wake)
    app = web.Application()
    app.add_routes(health)
    door.add_routes(app)
    guard = Guard(
        desk=desk,
        hosts=Hosts.of(settings.http_hosts, listens_on=settings.http_host),
        failures=Failures(now=desk.clock.now),
    )
    ports = Ports(desk=desk, room=room, limits=_limits(settings), hosted=hosted)
    add_api(app, ports, guard)
    streams = Streams(
        ports=ports,
        guard=guard,
        routes=routes(),
        origins=frozenset(settings.http_origins),
        seats=Seats(in_all=settings.streams_max, of_key=settings.streams_per_key),
    )
    add_streams(app, streams)
    loops.start("streams", streams.followers.run())
    loops.start("keys of streams", StreamWatch(streams).run())
    async with served(app, host=settings.http_host, port=settings.http_port) as url:
        try:
            yield url
        finally:
            room.close()
            await streams.close()


def _limits(settings: Settings) -> Limits:
    return Limits(
        pending_of_agent=settings.pending_per_agent,
        pending=settings.pending_max,
        new_of_agent=settings.new_per_minute,
    )
