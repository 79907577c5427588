"""The HTTP API over a whole gateway in one process, called as programs call it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
from aiohttp import web

from approvals.domain.freeze import Hand
from approvals.domain.ids import ChannelId, UserId
from approvals.domain.key import KeyAsked, Scope
from approvals.domain.limits import Limits
from approvals.gate.waiting_room import WaitingRoom
from approvals.operations.create_key import create_key
from bot.http.api import add_api, routes
from bot.http.guard import FAILURES_MAX, Failures, Guard, Hosts
from bot.http.ports import Ports
from bot.http.seats import Seats
from bot.http.serving import served
from bot.http.stream import Streams, add_streams
from bot.loops import Loops
from tests.engine.gateway_in_test import OPS, GatewayInTest, a_gateway
from tests.fakes.people import ALICE

PAGE = "https://inbox.example"
"""Of which pages may come in on the stream."""
HOSTED = {"deployer": frozenset({OPS})}
OPERATOR = Hand(console="root")
ASK = {"tool": "restart_service", "args": {"service": "web"}}


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> Any:
        return self.body["code"]


@dataclass
class Api:
    """The API, and the gateway behind it."""

    url: str
    behind: GatewayInTest
    client: aiohttp.ClientSession
    streams: Streams
    room: WaitingRoom

    async def key(
        self,
        *scopes: Scope,
        owner: UserId = ALICE,
        agent: str | None = None,
        channel: ChannelId | None = None,
        lasts: timedelta | None = None,
        **limits: int,
    ) -> str:
        wanted = frozenset(scopes) or frozenset({Scope.REQUEST})
        if agent is None and wanted & {Scope.REQUEST, Scope.RUNS}:
            agent = "deploy-bot"
        asked = KeyAsked(
            scopes=wanted, owner=owner, agent=agent, channel=channel, lasts=lasts, **limits
        )
        return (await create_key(self.behind.desk, asked, by=OPERATOR)).secret

    async def call(
        self, method: str, path: str, key: str | None = None, body: Any = None, **also: Any
    ) -> Answer:
        headers = dict(also.pop("headers", {}))
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        if body is not None:
            also["json"] = body
        async with self.client.request(
            method, f"{self.url}{path}", headers=headers, **also
        ) as answer:
            return Answer(answer.status, await answer.json(content_type=None), answer.headers)

    async def ask(self, key: str, name: str | None = None, **said: Any) -> Answer:
        headers = {} if name is None else {"Idempotency-Key": name}
        return await self.call("POST", "/v1/approvals", key, {**ASK, **said}, headers=headers)


@asynccontextmanager
async def an_api(
    limits: Limits | None = None,
    seats: Seats | None = None,
    *,
    failures_max: int = FAILURES_MAX,
    wait_max: timedelta = timedelta(minutes=1),
    **also: Any,
) -> AsyncIterator[Api]:
    """Serve the API of a gateway; *also* goes to the gateway."""
    async with a_gateway(**also) as behind, aiohttp.ClientSession() as client:
        room = WaitingRoom()
        behind.store.on_commit(room.wake)
        app, seats = web.Application(), seats or Seats()
        ports = Ports(
            desk=behind.desk,
            room=room,
            limits=limits or Limits(),
            wait_max=wait_max,
            hosted=lambda: HOSTED,
        )
        hosts = Hosts.of((), listens_on="127.0.0.1")
        failures = Failures(now=behind.clock.now, most=failures_max)
        guard = Guard(desk=behind.desk, hosts=hosts, failures=failures)
        add_api(app, ports, guard)
        streams = Streams(
            ports=ports, guard=guard, routes=routes(), origins=frozenset({PAGE}), seats=seats
        )
        add_streams(app, streams)
        loops = Loops()
        loops.start("streams", streams.followers.run())
        async with served(app, host="127.0.0.1", port=0) as url:
            try:
                yield Api(url=url, behind=behind, client=client, streams=streams, room=room)
            finally:
                await streams.close()
                await loops.close()
