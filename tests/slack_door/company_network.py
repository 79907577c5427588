"""A company's network: Slack behind TLS of its own authority, to be reached through a proxy alone.

`https://slack.test` stands for a local Slack. The name exists nowhere, so whoever reaches it went
through the proxy; its certificate (good for a hundred years) is one no system trusts by itself.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.sandbox.server import LocalSlack

AUTHORITY = Path(__file__).with_name("slack_test.pem")
HOST = "slack.test"
BASE_URL = f"https://{HOST}/api/"
_END_OF_HEAD = b"\r\n\r\n"


@dataclass(slots=True, kw_only=True)
class Proxy:
    """An HTTP proxy that notes where it was asked to go."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    """The method and target of each connection."""


@asynccontextmanager
async def company_network(slack_port: int) -> AsyncIterator[Proxy]:
    """Put TLS in front of the local Slack at *slack_port*, and a proxy in front of everything."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(AUTHORITY)
    proxy = Proxy()

    async def terminate(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _joined(reader, writer, port=slack_port)

    front = await asyncio.start_server(terminate, "127.0.0.1", 0, ssl=trust)
    front_port = front.sockets[0].getsockname()[1]

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            head = await reader.readuntil(_END_OF_HEAD)
            request = head.decode("latin-1").split(" HTTP/")[0]
            proxy.asked.append(request)
            if request == f"CONNECT {HOST}:443":
                writer.write(b"HTTP/1.1 200 OK" + _END_OF_HEAD)
                await _joined(reader, writer, port=front_port)
            writer.close()

    listening = await asyncio.start_server(relay, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        front.close()
        listening.close()


class SlackBehindTls(LocalSlack):
    """A local Slack that knows only its name in that network, as Slack's own sockets do."""

    def _socket_url(self) -> str:
        place = urlsplit(super()._socket_url())
        return place._replace(scheme="wss", netloc=HOST).geturl()


async def _joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, port: int) -> None:
    """Pass bytes both ways until both sides have ended."""
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(_passed(reader, far_writer), _passed(far_reader, writer))


async def _passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    writer.close()
