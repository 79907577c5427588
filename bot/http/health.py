"""Liveness and readiness over HTTP, for supervisors and load balancers.

`/healthz` says the loop turns; `/readyz` says the gateway can keep its promises now, and which
part cannot when it cannot. Neither needs a key and neither shows more than names of parts.
"""

from collections.abc import Callable, Mapping

from aiohttp import web

Findings = Callable[[], Mapping[str, str]]
"""Returns one sentence by part, for parts there is something to say about."""


def health_routes(wrong: Findings, notes: Findings) -> list[web.RouteDef]:
    """Return the routes; what is *wrong* makes the gateway unready, *notes* are only said."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        found = dict(wrong())
        body = {
            "status": "not ready" if found else "ready",
            "wrong": found,
            "notes": dict(notes()),
        }
        return web.json_response(body, status=503 if found else 200)

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]
