"""Who may use the page: requests to this machine's own address, from this page itself.

Wraps every route of the page. A page elsewhere that a browser has open cannot read it (Host), act
through it (Origin, page token) or frame it (CSP); scripts and styles come from here alone.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

TOKEN_HEADER = "X-Page-Token"  # noqa: S105 - the name of a header
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Doorkeeper:
    """Checks requests of the page; one per running page, with a token made at its start."""

    def __init__(self) -> None:
        self.page_token = secrets.token_urlsafe(24)

    def reading(self, handler: Handler) -> Handler:
        """Let a GET in when it names this machine."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            refusal = self._foreign(request)
            return _with_headers(refusal or await handler(request))

        return guarded

    def acting(self, handler: Handler) -> Handler:
        """Let a POST or a socket in when it comes from this page; a POST carries the token too."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            refusal = self._foreign(request) or self._not_this_page(request)
            return _with_headers(refusal or await handler(request))

        return guarded

    def _foreign(self, request: web.Request) -> web.Response | None:
        if _hostname(request.host) in _LOOPBACK:
            return None
        return web.json_response({"error": "wrong_host"}, status=421)

    def _not_this_page(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Origin") != f"{request.scheme}://{request.host}":
            return web.json_response({"error": "wrong_origin"}, status=403)
        given = request.headers.get(TOKEN_HEADER, "").encode()
        if request.method == "POST" and not hmac.compare_digest(given, self.page_token.encode()):
            return web.json_response({"error": "wrong_page_token"}, status=403)
        return None


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _with_headers(response: web.StreamResponse) -> web.StreamResponse:
    if not response.prepared:
        response.headers.update(HEADERS)
    return response
