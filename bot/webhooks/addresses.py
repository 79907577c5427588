"""Which addresses a webhook may reach: public ones, and what the operator allows besides.

A name is resolved once and the connection goes to what was judged, so that an answer that changes
between the two (DNS rebinding) reaches nothing else. One bad address among several refuses all.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_CARRIES_ANOTHER = tuple(
    map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
)
"""Prefixes that hold an IPv4 address, which may be a private one."""


class AddressRefused(Exception):
    """The name does not resolve, or to an address that may not be reached; `code` says which."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be reached besides public addresses."""

    networks: tuple[Network, ...] = ()

    def takes(self, address: Address) -> bool:
        """Whether a webhook may go to *address*."""
        return any(_inside(address, network) for network in self.networks) or is_public(address)

    def takes_plain(self, address: Address) -> bool:
        """Whether it may go there without TLS: only on this machine, where that is allowed."""
        return address.is_loopback and any(_inside(address, each) for each in self.networks)


def is_public(address: Address) -> bool:
    """Whether *address* is one of the internet at large."""
    inner = getattr(address, "ipv4_mapped", None)
    if inner is not None:
        return is_public(inner)
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(_inside(address, network) for network in _CARRIES_ANOTHER)


async def resolved(host: str, port: int) -> tuple[Address, ...]:
    """Return every address of *host*.

    Raises:
        AddressRefused: there is none.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressRefused("unknown_host") from None
    addresses = dict.fromkeys(str(place[0]) for *_, place in found)
    try:
        return tuple(map(ipaddress.ip_address, addresses))
    except ValueError:  # such as fe80::1%eth0
        raise AddressRefused("address_not_public") from None


def _inside(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


class Pinned(AbstractResolver):
    """Answers one name with the addresses that were judged, and no other name at all."""

    def __init__(self, host: str, addresses: Sequence[Address]) -> None:
        self._host = host
        self._addresses = tuple(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the judged addresses of the one *host*."""
        if host != self._host:
            raise OSError("a webhook goes to one host")
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""
