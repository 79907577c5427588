"""Where a gateway is, and the key it is asked with: read from what a program's author wrote.

Made by `remote_opening`. The key is never shown: not in a log, a repr or a traceback (case L1).
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from approvals.gate.refusals import AddressMistyped

_KEY = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]*", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A key as its author wrote it."""

    text: str

    def __post_init__(self) -> None:
        """Refuse what could not be sent as a header.

        Raises:
            AddressMistyped
        """
        if not _KEY.fullmatch(self.text):
            raise AddressMistyped(
                "The key for the gateway is empty, too long, or holds spaces or other characters "
                "that no key has. Copy it again from `sayso keys create`."
            )

    def __repr__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A gateway's place: scheme, host, port and what its paths begin with."""

    is_tls: bool
    host: str
    port: int
    prefix: str = ""
    """What stands before ``/v1``, where a proxy serves more than this gateway."""

    @classmethod
    def of(cls, url: str) -> Self:
        """Read *url*: ``https://sayso.example.com``, ``http://127.0.0.1:8080``.

        Raises:
            AddressMistyped
        """
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname, parts.port
        except ValueError:
            raise AddressMistyped from None
        if parts.scheme not in _PORTS or not host or not _HOST.fullmatch(host) or port == 0:
            raise AddressMistyped
        if parts.username is not None or parts.password is not None:
            raise AddressMistyped("A gateway's address holds no name or password. Pass the key.")
        if parts.query or parts.fragment or not _PATH.fullmatch(parts.path):
            raise AddressMistyped
        return cls(
            is_tls=parts.scheme == "https",
            host=host,
            port=port or _PORTS[parts.scheme],
            prefix=parts.path.rstrip("/"),
        )

    @property
    def netloc(self) -> str:
        """Host and port, as they are written into a request."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = _PORTS["https" if self.is_tls else "http"]
        return host if self.port == usual else f"{host}:{self.port}"

    @property
    def is_exposed(self) -> bool:
        """Whether the key would cross a network unencrypted."""
        return not self.is_tls and not _is_this_machine(self.host)

    def __str__(self) -> str:
        return f"{'https' if self.is_tls else 'http'}://{self.netloc}{self.prefix}"


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
