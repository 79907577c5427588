"""Liveness and readiness over HTTP, for supervisors and load balancers.

`/healthz` says the loop turns; `/readyz` says the gateway can keep its promises now, and which
part cannot when it cannot. Neither needs a key and neither shows more than names of parts.
"""

from collections.abc import Callable, Mapping

from aiohttp import web

Readiness = Callable[[], Mapping[str, str]]
"""Returns what is wrong, by part; empty when the gateway is ready."""


def health_routes(readiness: Readiness) -> list[web.RouteDef]:
    """Return the routes; *readiness* is asked at every request."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        wrong = dict(readiness())
        status = "not ready" if wrong else "ready"
        return web.json_response({"status": status, "wrong": wrong}, status=503 if wrong else 200)

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]
