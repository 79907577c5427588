"""Whose certificates an outgoing connection trusts: those the environment names, or the system's.

Asked by the Slack client and the webhook sender. Reading them takes some fifty milliseconds of the
loop, so that it is done once; a gateway that should trust others is started anew.
"""

import os
import ssl
from functools import cache


def trust() -> ssl.SSLContext:
    """Return the context that verifies a server's certificate and name."""
    return _read(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _read(_file: str | None, _directory: str | None) -> ssl.SSLContext:
    return ssl.create_default_context()
