"""In front of the MCP server over HTTP: is it meant for us, who asks, and is it one plain message?

A page in a browser of this machine must not be able to ask in the agent's name: other hosts and
origins are refused before anything is read (cases G5, G6), and bodies are read strictly (R1, R2).
"""

import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.mcp.messages import NotUnderstood, failure, read_message

PATH = "/mcp"
BODY_MAX_BYTES = 1024 * 1024
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


class Refused(Exception):
    """A request that goes no further."""

    def __init__(self, status: int, said: str, *, body: bytes | None = None) -> None:
        super().__init__(said)
        self.status = status
        self.body = body or json.dumps(failure(None, -32600, said)).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpGuard:
    """What stands before `app`."""

    app: App
    hosts: frozenset[str]
    """The `Host` headers it is called by, with the port; none: any, which needs a token."""
    token: str = ""
    """What a client has to come with; none: whoever reaches it may ask."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        if scope["type"] != "http":
            return
        try:
            headers = _headers(scope)
            self._check(scope, headers)
            if scope["method"] == "POST":
                receive = await _read_before(receive, headers)
        except Refused as why:
            await _answer(send, why)
            return
        await self.app(scope, receive, send)

    def _check(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        """Judge everything but the body.

        Raises:
            Refused
        """
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if self.hosts and host not in self.hosts:
            raise Refused(421, "This server is not called by this name.")
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        if origin and origin not in {f"http://{host}", f"https://{host}"}:
            raise Refused(403, "Pages of other origins may not ask.")
        said = headers.get(b"authorization", b"")
        if self.token and not hmac.compare_digest(said, f"Bearer {self.token}".encode()):
            raise Refused(401, "Come with the token of SAYSO_MCP_TOKEN.")
        if scope["path"].rstrip("/") != PATH:
            raise Refused(404, f"The MCP server is at {PATH}.")


def _headers(scope: Scope) -> dict[bytes, bytes]:
    """Return the headers by their names in small letters.

    Raises:
        Refused: one stands twice, so that two readers could take different ones.
    """
    pairs = [(name.lower(), value) for name, value in scope["headers"]]
    headers = dict(pairs)
    once = {b"host", b"origin", b"authorization", b"content-type", b"content-length"}
    if sum(name in once for name, _ in pairs) != len(once & headers.keys()):
        raise Refused(400, "A header stands twice. Send it once.")
    return headers


async def _read_before(receive: Receive, headers: dict[bytes, bytes]) -> Receive:
    """Read the body and return what gives it again.

    Raises:
        Refused: it is no JSON, is too long, or holds no single message.
    """
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if kind != b"application/json":
        raise Refused(415, "Send application/json.")
    body = bytearray()
    is_whole = False
    while not is_whole:
        part = await receive()
        if part["type"] != "http.request":
            raise Refused(400, "The request broke off.")
        body += part.get("body", b"")
        if len(body) > BODY_MAX_BYTES:
            raise Refused(413, "A message has at most 1 MiB.")
        is_whole = not part.get("more_body", False)
    try:
        read_message(bytes(body))
    except NotUnderstood as why:
        said = json.dumps(failure(why.id, why.code, str(why))).encode()
        raise Refused(400, str(why), body=said) from None
    given = [{"type": "http.request", "body": bytes(body), "more_body": False}]

    async def again() -> MutableMapping[str, Any]:
        return given.pop() if given else await receive()

    return again


async def _answer(send: Send, why: Refused) -> None:
    length = str(len(why.body)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    if why.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": why.status, "headers": headers})
    await send({"type": "http.response.body", "body": why.body})
