"""What programs and the gateway say to each other on `/v1/stream`: one JSON object a message.

Read and written by the stream (`bot/http/stream.py`) and by whoever follows it; the nouns in the
messages are those of HTTP (`wire`). A program passes over messages whose `type` it does not know.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter

from approvals.domain.ids import RequestId
from approvals.gate import wire

IDS_MAX = 100
"""Named in one `follow`."""
Ref = Annotated[str, Field(min_length=1, max_length=wire.KEY_MAX_CHARS)]
"""The program's own name of what it asks; stands in the answer."""
Id = Annotated[RequestId, Field(pattern=r"^[0-9A-Z]{26}$")]


class Hello(wire.Asks):
    """The first message of who could send no `Authorization` header, as pages cannot."""

    type: Literal["hello"]
    key: Annotated[str, Field(min_length=1, max_length=500)]


class Call(wire.Asks):
    """One of the API's operations; the answer is a `reply` or a `problem` with the same `ref`."""

    type: Literal["call"]
    ref: Ref
    operation: Annotated[str, Field(min_length=1, max_length=60)]
    """Its `operationId` in `/openapi.json`, such as `askApproval`."""
    id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """Of what it is about, where its address has one."""
    key: wire.Key | None = None
    """The question's own name, as in an `Idempotency-Key`."""
    query: Annotated[dict[str, str], Field(max_length=20)] = Field(default_factory=dict)
    body: dict[str, JsonValue] | None = None


class Follow(wire.Asks):
    """Tell me of every change from now on, and first how things stand."""

    type: Literal["follow"]
    ref: Ref
    ids: Annotated[list[Id], Field(max_length=IDS_MAX)] | None = None
    """Those alone, each until its end was told; null: everything the key may see."""
    channel: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """With `ids` null: what falls under the rules of this channel alone."""
    after: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """The last `event_id` that came: what changed since is told, instead of what is pending."""


class Ping(wire.Asks):
    """Are you there?"""

    type: Literal["ping"]
    ref: Ref


Said = Annotated[Call | Follow | Ping, Field(discriminator="type")]
SAID: TypeAdapter[Call | Follow | Ping] = TypeAdapter(Said)
"""Reads what a program says once it is known."""


class Welcome(wire.Answers):
    """The key is in force; say what you want."""

    type: Literal["welcome"] = "welcome"
    key: wire.WhoseKey
    heartbeat_s: int
    """So often at least something is sent. Who hears nothing for twice as long connects anew."""
    at: datetime
    """What time it is here: deadlines are told by this clock."""


class Changed(wire.Answers):
    """A request is new, or changed: as it is by now. Of two, the one with the higher `version`."""

    type: Literal["approval"] = "approval"
    event_id: str | None
    """Come again with it, and everything after it is told; null for what is told first."""
    approval: wire.Approval


class Reply(wire.Answers):
    """The answer to a call."""

    type: Literal["reply"] = "reply"
    ref: str
    status: int
    """As over HTTP: 200, or 201 for what is new."""
    body: dict[str, JsonValue]


class Refused(wire.Answers):
    """A refusal, of a call or of a message that could not be read."""

    type: Literal["problem"] = "problem"
    ref: str | None
    problem: wire.Problem


class Followed(wire.Answers):
    """Everything up to `event_id` has been told; from here on it is news."""

    type: Literal["followed"] = "followed"
    ref: str
    event_id: str
    unknown: list[str] = Field(default_factory=list)
    """Ids that are none, or none for this key."""


class Resync(wire.Answers):
    """There is a gap: forget what you know of requests.

    With `ref`, what is pending follows now; without, follow again.
    """

    type: Literal["resync"] = "resync"
    ref: str | None
    code: str
    message: str


class Heartbeat(wire.Answers):
    """Nothing happened that is for you."""

    type: Literal["heartbeat"] = "heartbeat"
    event_id: str | None
    """Everything up to it has been told; null while something is under way."""
    at: datetime


class Pong(wire.Answers):
    """Here I am."""

    type: Literal["pong"] = "pong"
    ref: str
