"""The WebSocket of `remote_stream`, by the package websockets; imported when one is opened.

Redirects are not followed: the key would go to whoever is named.
"""

from typing import Any

from websockets.asyncio.client import connect


class opened(connect):  # noqa: N801 - used as a function, as its parent is
    """Opens a connection to exactly the address it is given."""

    def process_redirect(self, exc: Exception) -> Any:
        """Return the failure that a redirect is here."""
        return exc
