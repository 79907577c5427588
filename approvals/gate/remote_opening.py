"""Opens the gate to a gateway elsewhere: what `Gate.connect` and `SAYSO_URL` mean.

The key is tried once at the door. One that is refused is told at once, before any call; a gateway
that is not there just now is no error, because calls wait for it.
"""

import logging
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from approvals.domain import errors, key_errors
from approvals.domain.key import Scope
from approvals.gate.gateway import Gateway
from approvals.gate.refusals import AddressMistyped, NoKeyGiven
from approvals.gate.remote_address import Address, Secret
from approvals.gate.remote_door import Refused, RemoteDoor, Trouble
from approvals.gate.remote_gateway import RemoteGateway
from approvals.gate.remote_http import HttpClient
from approvals.gate.remote_patience import Times

URL_VARIABLE = "SAYSO_URL"
KEY_VARIABLE = "SAYSO_KEY"
LEASE_MAX = timedelta(days=1)
_log = logging.getLogger("sayso.gate")


def remote_gateway(
    url: str,
    key: str,
    *,
    tls: ssl.SSLContext | None = None,
    lease: timedelta | None = None,
    times: Times | None = None,
) -> Callable[[], AbstractAsyncContextManager[Gateway]]:
    """Return what opens the gateway at *url*; the arguments are those of `Gate.connect`.

    Raises:
        AddressMistyped
    """
    address, secret = Address.of(url), Secret(key)
    if lease is not None and not timedelta(seconds=1) <= lease <= LEASE_MAX:
        raise AddressMistyped("The lease of a call is a second to a day.")
    if tls is not None and not address.is_tls:
        raise AddressMistyped("An SSL context was given with an address that is not https.")

    @asynccontextmanager
    async def opened() -> AsyncIterator[Gateway]:
        door = RemoteDoor(http=HttpClient(address=address, secret=secret, tls=tls))
        await _try_key(door, address)
        gateway = RemoteGateway(door, times=times, lease=lease)
        try:
            yield gateway
        finally:
            await gateway.close()

    return opened


def gateway_of_environment() -> AbstractAsyncContextManager[Gateway] | None:
    """Return the gateway that `SAYSO_URL` names, not yet entered; None where it is not set.

    Raises:
        AddressMistyped, NoKeyGiven
    """
    url = os.environ.get(URL_VARIABLE)
    if url is None:
        return None
    return remote_gateway(url, _key_of_environment())()


@asynccontextmanager
async def door_of_environment() -> AsyncIterator[RemoteDoor]:
    """Open the bare door of the gateway that `SAYSO_URL` names, for one command of a person.

    Raises:
        AddressMistyped, NoKeyGiven
    """
    url = os.environ.get(URL_VARIABLE)
    if url is None:
        raise AddressMistyped(f"{URL_VARIABLE} names no gateway. Set it, and {KEY_VARIABLE}.")
    address, secret = Address.of(url), Secret(_key_of_environment())
    door = RemoteDoor(http=HttpClient(address=address, secret=secret))
    try:
        yield door
    finally:
        await door.http.close()


def _key_of_environment() -> str:
    file = os.environ.get(f"{KEY_VARIABLE}_FILE")
    try:
        key = Path(file).read_text(encoding="utf-8") if file else os.environ.get(KEY_VARIABLE, "")
    except (OSError, UnicodeDecodeError):
        raise NoKeyGiven(f"{KEY_VARIABLE}_FILE names a file that cannot be read.") from None
    if not key.strip():
        raise NoKeyGiven
    return key.strip()


async def _try_key(door: RemoteDoor, address: Address) -> None:
    if address.is_exposed:
        _log.warning("%s is not https: whoever is on the way can read the key.", address)
    try:
        key = await door.whose_key()
    except Trouble as trouble:
        _log.warning("The gateway does not answer yet; calls will wait for it. %s", trouble.said)
        return
    except Refused as refusal:
        await door.http.close()
        if refusal.code == key_errors.KeyRefused.code:
            raise key_errors.KeyRefused from None
        raise errors.Unavailable(refusal.said) from None
    if Scope.REQUEST.value not in key.scopes:
        await door.http.close()
        raise key_errors.ScopeMissing("This key may not ask: make one with `--scope request`.")
    _log.info("Asking %s as agent %r of %s", address, key.agent, key.owner)
