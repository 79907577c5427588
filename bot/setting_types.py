"""What kinds of values settings take, each checked where its text alone can show a mistake."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

PORT_MAX = 65535
_READABLE = re.compile(r"[!-~]+\Z")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[\w.%/-]+)(?::(?P<port>\d{1,5}))?", re.ASCII)
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f:.]+", re.ASCII)
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?", re.ASCII)
_CHOICES = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "target_session_attrs": (
        *("any", "primary", "standby"),
        *("read-write", "read-only", "prefer-standby"),
    ),
}

Command = Annotated[str, Field(pattern=r"^/[a-z0-9_-]{1,31}$")]


def _address(text: str) -> str:
    """Return *text* if it is an address that names a host and, if any, a port.

    Raises:
        ValueError: it is not.
    """
    target = urlsplit(text)
    if not target.hostname or target.port == 0:
        raise ValueError("it names no host, or no port that exists")
    return text


def _database(url: SecretStr | None) -> SecretStr | None:
    """Return *url* if it is read as it was meant.

    Raises:
        ValueError: it is not, for instance because a password in it holds an unquoted @ or /.
    """
    if url is None:
        return None
    read = urlsplit(url.get_secret_value())
    if read.scheme not in {"postgresql", "postgres"}:
        raise ValueError("it is no address of a PostgreSQL database")
    if read.netloc.count("@") > 1 or "@" in read.path + read.query or read.fragment:
        raise ValueError("a sign in it has to be written as %40, %2F or the like")
    if not _READABLE.match(url.get_secret_value()) or "%00" in url.get_secret_value():
        raise ValueError("a sign in it cannot stand in an address")
    _check_hosts(read.netloc.rpartition("@")[2])
    for name, value in parse_qsl(read.query):
        if name == "port":
            _check_hosts(",".join(f"host:{port}" for port in value.split(",")))
        if value not in _CHOICES.get(name, (value,)):
            raise ValueError(f"{name} in it is none that there is")
    return url


def _check_hosts(hosts: str) -> None:
    for host in filter(None, hosts.split(",")):
        found = _HOST.fullmatch(host)
        if not found or not 0 < int(found["port"] or 5432) <= PORT_MAX:
            raise ValueError("it names no host, or no port that exists")


def _networks(text: object) -> object:
    """Return the networks a text with commas lists.

    Raises:
        ValueError: one of them is none.
    """
    if not isinstance(text, str):
        return text
    try:
        return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())
    except ValueError:
        raise ValueError("it lists no networks such as 10.0.0.0/8, with commas between") from None


def _hosts(text: object) -> object:
    """Return the names a text with commas lists, without ports.

    Raises:
        ValueError: one of them is none.
    """
    if not isinstance(text, str):
        return text
    names = tuple(each.strip().lower() for each in text.split(",") if each.strip())
    if not all(_NAME.fullmatch(each) for each in names):
        raise ValueError("it lists no names such as sayso.example.com, with commas between")
    return names


def _origins(text: object) -> object:
    """Return the addresses of pages a text with commas lists, as browsers tell them.

    Raises:
        ValueError: one of them is none.
    """
    if not isinstance(text, str):
        return text
    found = tuple(each.strip().lower().rstrip("/") for each in text.split(",") if each.strip())
    if not all(_ORIGIN.fullmatch(each) for each in found):
        raise ValueError("it lists no pages such as https://inbox.example.com, with commas between")
    return found


Hosts = Annotated[tuple[str, ...], BeforeValidator(_hosts)]
Origins = Annotated[tuple[str, ...], BeforeValidator(_origins)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_networks)]
DatabaseUrl = Annotated[SecretStr | None, AfterValidator(_database)]
Address = Annotated[str, Field(pattern=r"^https?://[^\s]+/$"), AfterValidator(_address)]
ModuleAttribute = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
