"""In front of every call of the API: is it meant for us, and whose key does it come with?

Host and headers are judged before the key, and the key before anything of the body is read. The key
counts from the `Authorization` header alone, never from the address. Cases G1, G4, G5, G19.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

from approvals.domain import door_errors, key_errors
from approvals.domain.key import Key
from approvals.operations.authenticate import authenticate
from approvals.operations.desk import Desk

FAILURES_MAX = 10
FAILURES_PER = timedelta(minutes=1)
SOURCES_MAX = 10_000
SECRET_MAX_CHARS = 500
_ONCE = ("Authorization", "Content-Length", "Content-Type", "Host", "Idempotency-Key", "Origin")
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """The names this gateway may be called by; case G5, DNS rebinding."""

    names: frozenset[str] = frozenset()
    """As the operator wrote them; none: by the address it listens on."""
    is_public: bool = False
    """Whether it listens on another address than this machine's own."""

    @classmethod
    def of(cls, names: Collection[str], *, listens_on: str) -> "Hosts":
        """Return what holds for a gateway that *listens_on* an address."""
        return cls(
            names=frozenset(each.lower() for each in names),
            is_public=not _is_loopback(listens_on),
        )

    def refuse_other(self, host: str) -> None:
        """Return if the `Host` of a request is one of ours.

        Raises:
            HostNotAllowed
        """
        name = _name(host)
        if name in self.names or (not self.is_public and name in _LOOPBACK_NAMES):
            return
        # Listening for everyone without names: the key alone keeps strangers out, and a page
        # that was rebound here has none.
        if self.is_public and not self.names and name:
            return
        raise door_errors.HostNotAllowed


@dataclass(slots=True)
class Failures:
    """Keys that were none, by where they came from; case G1. Mutable, in memory, bounded."""

    now: Callable[[], datetime]
    most: int = FAILURES_MAX
    _times: OrderedDict[str, deque[datetime]] = field(default_factory=OrderedDict)

    def refuse_too_many(self, source: str) -> None:
        """Return unless *source* failed too often lately.

        Raises:
            TooManyFailures
        """
        times = self._times.get(source)
        if times is None:
            return
        oldest = self.now() - FAILURES_PER
        while times and times[0] <= oldest:
            times.popleft()
        if len(times) >= self.most:
            wait = times[0] + FAILURES_PER - self.now()
            raise door_errors.TooManyFailures(retry_after_s=wait.total_seconds())

    def note(self, source: str) -> None:
        """Remember one more failure of *source*."""
        self._times.setdefault(source, deque(maxlen=self.most)).append(self.now())
        self._times.move_to_end(source)
        while len(self._times) > SOURCES_MAX:
            self._times.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The checks every call passes."""

    desk: Desk
    hosts: Hosts
    failures: Failures

    async def key_of(self, request: web.Request) -> Key:
        """Return the key *request* comes with.

        Raises:
            HostNotAllowed, HeaderTwice, TooManyFailures, KeyRefused
            Those of `authenticate`.
        """
        self.refuse_misplaced(request)
        return await self.key_in(request, _secret(request))

    def refuse_misplaced(self, request: web.Request) -> None:
        """Return if *request* is meant for us and in order, whoever it is from.

        Raises:
            HostNotAllowed, HeaderTwice
        """
        refuse_twice(request)
        self.hosts.refuse_other(request.headers.get("Host", ""))

    async def key_in(self, request: web.Request, secret: str) -> Key:
        """Return the key *secret* is of, which came with *request*.

        Raises:
            TooManyFailures
            Those of `authenticate`.
        """
        source = request.remote or "unknown"
        self.failures.refuse_too_many(source)
        try:
            return await authenticate(self.desk, secret)
        except key_errors.KeyRefused:
            self.failures.note(source)
            raise


def refuse_twice(request: web.Request) -> None:
    """Return unless a header that may stand once stands more than once.

    Raises:
        HeaderTwice
    """
    for name in _ONCE:
        if len(request.headers.getall(name, ())) > 1:
            raise door_errors.HeaderTwice(f"The header {name} stands twice. Send it once.")


def _secret(request: web.Request) -> str:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or len(secret) > SECRET_MAX_CHARS:
        raise key_errors.KeyRefused
    return secret.strip()


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_loopback(address: str) -> bool:
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False
