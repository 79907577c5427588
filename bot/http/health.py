"""Liveness and readiness over HTTP, for supervisors and load balancers.

`/healthz` says the loop turns; `/readyz` says the gateway can keep its promises now, and which
part cannot when it cannot. Neither needs a key. What is wrong in sentences, which may hold what
people wrote, is for this machine alone: asked from elsewhere, through a proxy or under another
name, readiness tells the names of parts.
"""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

Findings = Callable[[], Mapping[str, str]]
"""Returns one sentence by part, for parts there is something to say about."""

ELSEWHERE = "Asked on the gateway's own machine, /readyz says what it is; so does the log."
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


def health_routes(wrong: Findings, notes: Findings) -> list[web.RouteDef]:
    """Return the routes; what is *wrong* makes the gateway unready, *notes* are only said."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(request: web.Request) -> web.Response:
        shown = dict if _is_asked_here(request) else _names_only
        found = wrong()
        body = {
            "status": "not ready" if found else "ready",
            "wrong": shown(found),
            "notes": shown(notes()),
        }
        return web.json_response(body, status=503 if found else 200)

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]


def _names_only(found: Mapping[str, str]) -> dict[str, str]:
    return dict.fromkeys(found, ELSEWHERE)


def _is_asked_here(request: web.Request) -> bool:
    """Whether the question comes from this machine itself, by its address: no page can ask so."""
    transport = request.transport
    if transport is None or any(name in request.headers for name in _FORWARDED):
        return False
    peer, own = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
    return bool(peer and own and peer[0] == own[0]) and _is_address(request.host)


def _is_address(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or bool(ip_address(name))
    except ValueError:
        return False
