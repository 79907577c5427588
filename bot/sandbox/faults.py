"""Faults that can be switched on: what goes wrong with Slack, on purpose and by name.

Tests switch them on in process; other processes by `POST /sandbox/faults`. The Web API and the
deliveries ask `take()` before they answer or send; a fault that has struck `times` times is gone.
"""

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from bot.sandbox.nouns import JsonObject


class FaultKind(StrEnum):
    """What goes wrong.

    Replies: `rate_limited` (429, `seconds` is Retry-After), `server_error` (`status`), `error`
    (`ok: false` with `code`), `lost_reply` (done, then the connection is cut), `slow_reply`
    (done after `seconds`). Deliveries: `duplicate_delivery`, `delayed_delivery` (`seconds`),
    `lost_delivery` (never sent). Sockets, at once: `socket_drop`, `socket_refresh`.
    """

    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    ERROR = "error"
    LOST_REPLY = "lost_reply"
    SLOW_REPLY = "slow_reply"
    DUPLICATE_DELIVERY = "duplicate_delivery"
    DELAYED_DELIVERY = "delayed_delivery"
    LOST_DELIVERY = "lost_delivery"
    SOCKET_DROP = "socket_drop"
    SOCKET_REFRESH = "socket_refresh"


REPLY_KINDS = frozenset(
    {
        FaultKind.RATE_LIMITED,
        FaultKind.SERVER_ERROR,
        FaultKind.ERROR,
        FaultKind.LOST_REPLY,
        FaultKind.SLOW_REPLY,
    }
)
DELIVERY_KINDS = frozenset(
    {FaultKind.DUPLICATE_DELIVERY, FaultKind.DELAYED_DELIVERY, FaultKind.LOST_DELIVERY}
)
_SOCKET_KINDS = frozenset({FaultKind.SOCKET_DROP, FaultKind.SOCKET_REFRESH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. `method` is a Web API method, `link` (a new connection) or an envelope type.

    `method`/`channel` of `None` mean any; `times` of `None` means until cleared; the first
    `skip` matching calls are left alone, and of the others `chance` are struck, by the dice. The
    bounds hold for what another process describes.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    kind: FaultKind
    method: str | None = None
    channel: str | None = None
    times: Annotated[int, Field(ge=1)] | None = 1
    skip: Annotated[int, Field(ge=0)] = 0
    chance: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 1.0
    seconds: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = 1.0
    status: Annotated[int, Field(ge=400, le=599)] = 503
    code: str = "internal_error"


_DESCRIBED = TypeAdapter(Fault)


class FaultUnknownError(ValueError):
    """The description of a fault names an unknown kind or field, or a value out of bounds."""


class Faults:
    """The faults in force, oldest first."""

    def __init__(self, *, dice: Callable[[], float] = random.random) -> None:
        """*dice* gives numbers from 0 to below 1, for faults that strike by chance."""
        self._dice = dice
        self._active: list[Fault] = []
        self._socket_actions: dict[FaultKind, Callable[[], Awaitable[None]]] = {}

    def on_sockets(self, actions: Mapping[FaultKind, Callable[[], Awaitable[None]]]) -> None:
        """Say how the sockets are dropped and refreshed; called once by the server."""
        self._socket_actions.update(actions)

    async def switch_on(self, fault: Fault) -> None:
        """Put a fault in force, or carry it out at once when it is about the sockets."""
        if fault.kind in _SOCKET_KINDS:
            await self._socket_actions[fault.kind]()
            return
        self._active.append(fault)

    def clear(self) -> None:
        """Everything works again."""
        self._active.clear()

    def active(self) -> list[Fault]:
        """What is still in force."""
        return list(self._active)

    def take(
        self, kinds: frozenset[FaultKind], *, method: str, channel: str | None = None
    ) -> Fault | None:
        """The fault that strikes this call, counted down; `None` when nothing does."""
        for place, fault in enumerate(self._active):
            if fault.kind not in kinds or not _concerns(fault, method, channel):
                continue
            if fault.skip:
                self._active[place] = replace(fault, skip=fault.skip - 1)
                continue
            if fault.chance < 1 and self._dice() >= fault.chance:
                continue
            self._count_down(place, fault)
            return fault
        return None

    def _count_down(self, place: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times <= 1:
            del self._active[place]
        else:
            self._active[place] = replace(fault, times=fault.times - 1)


def fault_from_json(described: JsonObject) -> Fault:
    """Read a fault that another process describes; raises `FaultUnknownError`."""
    try:
        return _DESCRIBED.validate_python(described)
    except ValidationError as error:
        raise FaultUnknownError(f"not a fault: {mistakes(error)}") from error


def mistakes(error: ValidationError) -> str:
    """What is wrong with JSON that another process sent, each with its place."""
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())


def _concerns(fault: Fault, method: str, channel: str | None) -> bool:
    return fault.method in {None, method} and fault.channel in {None, channel}
