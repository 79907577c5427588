"""What a route of the HTTP API is: one entry says who may call it, what goes in and what comes out.

The same table is mounted, described in the OpenAPI document and walked through by the tests.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from approvals.domain.key import Key, Scope
from bot.http.ports import Ports


class Method(StrEnum):
    """How a route is called."""

    GET = "GET"
    POST = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """One call of a route by somebody with a key, checked as far as its table entry says."""

    ports: Ports
    key: Key
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None
    """The route's model, None where it takes none."""
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is sent back."""

    body: BaseModel
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One name in a route's query."""

    name: str
    says: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One address with one method."""

    method: Method
    path: str
    name: str
    """The operation's name in the OpenAPI document."""
    says: str
    scopes: frozenset[Scope]
    """A key has to have one of them; none: any key that is in force."""
    handle: Callable[[Called], Awaitable[Reply]]
    answers: type[BaseModel]
    asks: type[BaseModel] | None = None
    queries: tuple[Query, ...] = ()
    statuses: tuple[int, ...] = (200,)
    refuses: tuple[int, ...] = ()
    """HTTP statuses of refusals, besides those every route has."""
    takes_idempotency_key: bool = False
