"""Mounts the HTTP API: each route of the table behind the same guard, every refusal a problem.

Nothing that comes in gives a traceback or a bare status: what is refused has a code, and what
should not have happened has an id under which the log has it.
"""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from approvals.domain import door_errors, errors
from approvals.domain.key import Key
from approvals.gate import wire
from approvals.operations.read_by_key import request_by_key
from bot.http import shown
from bot.http.asking import asking_routes
from bot.http.deciding import deciding_routes
from bot.http.guard import Guard
from bot.http.openapi import document
from bot.http.ports import Ports
from bot.http.problems import as_json, problem, request_in
from bot.http.routes import Called, Method, Reply, Route
from bot.http.running import running_routes
from bot.http.strict_body import checked, read_body

_log = logging.getLogger("sayso.http")
PREFIX = "/v1/"
KEY_HEADER = "Idempotency-Key"
_NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def routes() -> list[Route]:
    """Return every route of the API."""
    return [*asking_routes(), *running_routes(), *deciding_routes(), _whose_key()]


def add_api(app: web.Application, ports: Ports, guard: Guard) -> None:
    """Mount the API and its description on *app*."""
    app.middlewares.append(_problems)
    for route in routes():
        app.router.add_route(route.method.value, route.path, _handler(route, ports, guard))
    described = as_json(document(routes()))

    async def openapi(_: web.Request) -> web.Response:
        return web.Response(body=described, content_type="application/json")

    app.router.add_get("/openapi.json", openapi)


@web.middleware
async def _problems(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer what no route takes as a problem too."""
    if not request.path.startswith(PREFIX):
        return await handler(request)
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return problem(door_errors.NoSuchPlace())
    except web.HTTPMethodNotAllowed as refused:
        answer = problem(door_errors.MethodNotAllowed())
        answer.headers["Allow"] = ", ".join(sorted(refused.allowed_methods))
        return answer


def _handler(
    route: Route, ports: Ports, guard: Guard
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        key: Key | None = None
        try:
            key = await guard.key_of(request)
            return _sent(await route.handle(await _called(route, request, ports, key)))
        except errors.Refusal as refusal:
            return problem(refusal, approval=await _as_it_is(ports, key, refusal))
        except Exception:
            incident = ports.desk.ids.ulid()
            _log.exception("%s %s failed (%s)", route.method, route.path, incident)
            return problem(
                door_errors.Unexpected(
                    f"Something went wrong here that should not; the log has it as {incident}."
                )
            )

    return handle


async def _called(route: Route, request: web.Request, ports: Ports, key: Key) -> Called:
    if route.scopes and not any(key.may(scope) for scope in route.scopes):
        key.require(min(route.scopes))
    query = _query(route, request)
    return Called(
        ports=ports,
        key=key,
        path=dict(request.match_info),
        query=query,
        body=None if route.asks is None else await read_body(request, route.asks),
        idempotency_key=_idempotency_key(route, request),
    )


def _query(route: Route, request: web.Request) -> dict[str, str]:
    """Return the query, of known names that stand once each.

    Raises:
        RequestMistyped
    """
    known = {each.name for each in route.queries}
    found: dict[str, str] = {}
    for name, value in request.query.items():
        if name not in known:
            raise door_errors.RequestMistyped(f"{name[:60]}: no such name in this query.")
        if name in found:
            raise door_errors.HeaderTwice(f"{name} stands twice in the query. Send it once.")
        found[name] = value
    return found


def _idempotency_key(route: Route, request: web.Request) -> str | None:
    written = request.headers.get(KEY_HEADER)
    if written is None or not route.takes_idempotency_key:
        return None
    return checked(_Named, {"name": written}).name


class _Named(wire.Asks):
    """An Idempotency-Key."""

    name: wire.Key


async def _as_it_is(ports: Ports, key: Key | None, refusal: errors.Refusal) -> wire.Approval | None:
    """Return the request a refusal is about as it is by now, where its asker may see it."""
    about = request_in(refusal)
    if about is None or key is None:
        return None
    try:
        return shown.approval(await request_by_key(ports.desk, key, about.id))
    except errors.Refusal:
        return None


def _sent(reply: Reply) -> web.Response:
    return web.Response(
        body=reply.body.model_dump_json().encode(),
        status=reply.status,
        headers=_NO_STORE,
        content_type="application/json",
    )


def _whose_key() -> Route:
    async def whose(called: Called) -> Reply:
        return Reply(body=shown.whose(called.key))

    return Route(
        method=Method.GET,
        path="/v1/key",
        name="readKey",
        says="Say whose key this is, and what it may do.",
        scopes=frozenset(),
        handle=whose,
        answers=wire.WhoseKey,
    )
