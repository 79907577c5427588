"""What a program says on the stream, and what it is answered: the API's own routes, and `follow`.

A call goes through the same table of routes as over HTTP, with the key looked at again; there is no
second way to ask or to decide.
"""

import asyncio
from dataclasses import replace

from approvals.domain import door_errors, key_errors, run_errors, strict_json
from approvals.domain.approval_request import Status
from approvals.domain.change import EventId
from approvals.domain.errors import RequestUnknown
from approvals.domain.ids import RequestId
from approvals.domain.key import Key
from approvals.gate import stream_wire, wire
from approvals.operations.authenticate import authenticate_again
from approvals.operations.follow_by_key import CaughtUp, catch_up, end_of_chain, stories_of
from approvals.operations.read_by_key import own_request
from bot.http import shown
from bot.http.answering import query_of, refuse_scope, refused
from bot.http.follower import Change, Follower, Wants
from bot.http.followers import Followers
from bot.http.line import CloseCode, Line
from bot.http.ports import Ports
from bot.http.routes import Called, Reply, Route
from bot.http.strict_body import checked, checked_by

TOLD_AT_ONCE = 50
"""So many requests are read at once for who begins to follow."""
FOLLOWED_MAX = 5_000
"""Named one by one, by one connection."""
_ASKS = "askApproval"
_GAP = (
    "What changed meanwhile cannot be told one by one: it is too much, or of another log. What is "
    "pending follows."
)


class Calls:
    """Answers one connection."""

    def __init__(
        self,
        ports: Ports,
        routes: dict[str, Route],
        *,
        line: Line,
        follower: Follower,
        followers: Followers,
    ) -> None:
        self._ports = ports
        self._routes = routes
        self._line = line
        self._follower = follower
        self._followers = followers
        self._one_follows = asyncio.Lock()
        """Beginning to follow reads much, so one connection does it once at a time."""

    async def answer(self, raw: bytes) -> None:
        """Answer one message; only a lost connection raises."""
        ref: str | None = None
        try:
            said = checked_by(stream_wire.SAID.validate_python, strict_json.read(raw))
            ref = said.ref
            key = await authenticate_again(self._ports.desk, self._follower.key)
            match said:
                case stream_wire.Call():
                    await self._line.send(await self._called(said, key))
                case stream_wire.Follow():
                    await self._follow(said, key)
                case stream_wire.Ping():
                    await self._line.send(stream_wire.Pong(ref=said.ref))
        except ConnectionError:
            raise
        except (key_errors.KeyRefused, run_errors.AuthorityEnded) as ended:
            self._line.end(CloseCode.KEY_REFUSED, ended.message)
        except Exception as failure:
            problem = await refused(self._ports, self._follower.key, failure, what="a message")
            await self._line.send(stream_wire.Refused(ref=ref, problem=problem))

    async def _called(self, said: stream_wire.Call, key: Key) -> stream_wire.Reply:
        route = self._routes.get(said.operation)
        if route is None:
            raise door_errors.NoSuchPlace
        refuse_scope(route, key)
        reply = await route.handle(_call(route, said, self._ports, key))
        if route.name == _ASKS:
            reply = await self._followed_too(reply, key)
        return stream_wire.Reply(
            ref=said.ref, status=reply.status, body=reply.body.model_dump(mode="json")
        )

    async def _followed_too(self, reply: Reply, key: Key) -> Reply:
        """Follow what was asked until its end, which may have come before it was followed."""
        asked = reply.body
        assert isinstance(asked, wire.Approval)
        if asked.status is not Status.PENDING:
            return reply
        await self._want(Wants(ids={RequestId(asked.id)}))
        seen = await own_request(self._ports.desk, key, RequestId(asked.id))
        return Reply(body=shown.approval(seen), status=reply.status)

    async def _follow(self, said: stream_wire.Follow, key: Key) -> None:
        after = _event_id(said.after)
        wants = self._wanted(said)
        async with self._one_follows:
            await self._follow_these(said, key, after=after, wants=wants)

    async def _follow_these(
        self, said: stream_wire.Follow, key: Key, *, after: EventId | None, wants: Wants
    ) -> None:
        told: set[RequestId] = set()
        up_to = 0
        self._follower.hold()
        try:
            await self._want(wants)
            caught = await self._caught_up(said, key, after)
            if caught.began_anew:
                gap = stream_wire.Resync(ref=said.ref, code="gap", message=_GAP)
                await self._line.send(gap)
            told = await self._tell(caught, wants)
            up_to = caught.head.seq
            unknown = self._left_out(caught, wants, told)
            await self._line.send(
                stream_wire.Followed(
                    ref=said.ref,
                    event_id=str(EventId.of(caught.head)),
                    unknown=unknown,
                )
            )
        finally:
            self._follower.go_on(told, up_to=up_to)

    async def _caught_up(
        self, said: stream_wire.Follow, key: Key, after: EventId | None
    ) -> CaughtUp:
        desk = self._ports.desk
        if said.ids is None:
            return await catch_up(desk, key, after=after)
        named = [(None, each) for each in said.ids]
        if after is None:
            return CaughtUp(head=await end_of_chain(desk), changed=named)
        found = await catch_up(desk, key, after=after)
        return replace(found, changed=named) if found.began_anew else found

    async def _want(self, wants: Wants) -> None:
        own = self._follower.wants
        if len(own.ids) + len(wants.ids) > FOLLOWED_MAX:
            raise door_errors.TooManyFollowed
        own.ids |= wants.ids
        if wants.everything:
            own.everything, own.channel = True, wants.channel
        await self._followers.join(self._follower)

    def _wanted(self, said: stream_wire.Follow) -> Wants:
        if said.ids is not None:
            return Wants(ids=set(said.ids))
        channel = said.channel
        found = None if channel is None else self._ports.desk.policy().channel(channel).id
        return Wants(everything=True, channel=found)

    async def _tell(self, caught: CaughtUp, wants: Wants) -> set[RequestId]:
        """Tell what *caught* holds; return the ids of which something was told."""
        told: set[RequestId] = set()
        for begin in range(0, len(caught.changed), TOLD_AT_ONCE):
            part = {each: place for place, each in caught.changed[begin : begin + TOLD_AT_ONCE]}
            for story in await stories_of(self._ports.desk, list(part)):
                request, change = story.request, Change(part[story.request.id], story)
                if wants.takes(story, self._follower.key) and await self._follower.tell(change):
                    told.add(request.id)
                    if not request.is_pending:
                        self._follower.wants.ids.discard(request.id)
        return told

    def _left_out(self, caught: CaughtUp, wants: Wants, told: set[RequestId]) -> list[str]:
        """Return the ids that were named and are none for this key; nobody follows them."""
        named = wants.ids.intersection(each for place, each in caught.changed if place is None)
        self._follower.wants.ids -= named - told
        return sorted(named - told)


def _call(route: Route, said: stream_wire.Call, ports: Ports, key: Key) -> Called:
    if "{id}" in route.path and said.id is None:
        raise RequestUnknown
    body = said.body or {}
    return Called(
        ports=ports,
        key=key,
        path={} if said.id is None else {"id": said.id},
        query=query_of(route, said.query.items()),
        body=None if route.asks is None else checked(route.asks, body),
        idempotency_key=said.key if route.takes_idempotency_key else None,
    )


def _event_id(text: str | None) -> EventId | None:
    if text is None:
        return None
    found = EventId.read(text)
    if found is None:
        raise door_errors.RequestMistyped("after: it is no event id.")
    return found
