"""Mounts the HTTP API: each route of the table behind the same guard, every refusal a problem.

Nothing that comes in gives a traceback or a bare status: what is refused has a code, and what
should not have happened has an id under which the log has it.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from approvals.domain import door_errors
from approvals.domain.key import Key
from approvals.gate import wire
from bot.http import shown
from bot.http.answering import query_of, refuse_scope, refused
from bot.http.asking import asking_routes
from bot.http.deciding import deciding_routes
from bot.http.guard import Guard
from bot.http.openapi import document
from bot.http.ports import Ports
from bot.http.problems import as_json, problem, response
from bot.http.routes import Called, Method, Reply, Route
from bot.http.running import running_routes
from bot.http.strict_body import checked, read_body
from bot.http.tasks import task_routes

PREFIX = "/v1/"
KEY_HEADER = "Idempotency-Key"
_NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def routes() -> list[Route]:
    """Return every route of the API."""
    return [*asking_routes(), *running_routes(), *deciding_routes(), *task_routes(), _whose_key()]


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
    except web.HTTPMethodNotAllowed as other:
        answer = problem(door_errors.MethodNotAllowed())
        answer.headers["Allow"] = ", ".join(sorted(other.allowed_methods))
        return answer


def _handler(
    route: Route, ports: Ports, guard: Guard
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        key: Key | None = None
        try:
            key = await guard.key_of(request)
            return _sent(await route.handle(await _called(route, request, ports, key)))
        except Exception as failure:
            what = f"{route.method} {route.path}"
            return response(await refused(ports, key, failure, what=what))

    return handle


async def _called(route: Route, request: web.Request, ports: Ports, key: Key) -> Called:
    refuse_scope(route, key)
    query = query_of(route, request.query.items())
    return Called(
        ports=ports,
        key=key,
        path=dict(request.match_info),
        query=query,
        body=None if route.asks is None else await read_body(request, route.asks),
        idempotency_key=_idempotency_key(route, request),
    )


def _idempotency_key(route: Route, request: web.Request) -> str | None:
    written = request.headers.get(KEY_HEADER)
    if written is None or not route.takes_idempotency_key:
        return None
    return checked(_Named, {"name": written}).name


class _Named(wire.Asks):
    """An Idempotency-Key."""

    name: wire.Key


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
