"""A small web inbox: decide on approval requests in a browser, over `/v1/stream`.

    SAYSO_HTTP_ORIGINS=http://127.0.0.1:8090 sayso serve
    python examples/web_inbox/serve.py --gateway http://127.0.0.1:8080

Then open http://127.0.0.1:8090 and paste a key of your own (`sayso keys create --scope decide
--scope read --owner U0YOU`). This server only hands out three files; the page talks to the gateway
itself, and keeps the key in its memory alone.
"""

import argparse
import html
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/inbox.js": ("inbox.js", "text/javascript; charset=utf-8"),
    "/inbox.css": ("inbox.css", "text/css; charset=utf-8"),
}


def stream_of(gateway: str) -> str:
    """Return the WebSocket address of a gateway's `http://` or `https://` address."""
    place = urlsplit(gateway)
    return f"{place.scheme.replace('http', 'ws')}://{place.netloc}/v1/stream"


class Pages(BaseHTTPRequestHandler):
    """Hands out the files, with a policy that lets nothing else into the page."""

    def __init__(self, stream: str, *request: object) -> None:
        self.stream = stream
        super().__init__(*request)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer one request."""
        name, media = FILES.get(self.path, ("", ""))
        if not name:
            self.send_error(404)
            return
        text = (HERE / name).read_text("utf-8")
        body = text.replace("{{stream}}", html.escape(self.stream, quote=True)).encode()
        place = urlsplit(self.stream)
        self.send_response(200)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.send_header(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
            f"connect-src {place.scheme}://{place.netloc}; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        )
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing for each request."""


def server(gateway: str, *, port: int) -> ThreadingHTTPServer:
    """Return the server of the page for a gateway, on this machine alone."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(Pages, stream_of(gateway)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--gateway", default="http://127.0.0.1:8080")
    parser.add_argument("--port", type=int, default=8090)
    said = parser.parse_args()
    with server(said.gateway, port=said.port) as pages:
        print(f"The inbox is at http://127.0.0.1:{pages.server_port}")
        pages.serve_forever()
