"""What operations need of the outside, as protocols; storage and the doors implement them.

`Transaction` is synchronous: a unit of work is a plain function of it, free of side effects
outside it, because a failed group of units is run again one by one (ADR-0005).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.audit import AuditEvent, SealedEvent
from approvals.domain.card import Card
from approvals.domain.errors import StoreUnavailable
from approvals.domain.freeze import Freeze
from approvals.domain.ids import ChannelId, RequestId
from approvals.domain.run import Run
from approvals.domain.telling import Telling
from approvals.operations.card_content import Alike, CardContent
from approvals.operations.decision_rows import DecisionRows
from approvals.operations.directory_port import Directory, DirectoryUnavailable, Person
from approvals.operations.edit_rows import EditRows
from approvals.operations.freeze_rows import FreezeRows
from approvals.operations.history_rows import HistoryRows
from approvals.operations.home_rows import HomeRows
from approvals.operations.job_rows import JobRows
from approvals.operations.joining_rows import JoiningRows
from approvals.operations.key_rows import KeyRows
from approvals.operations.limit_rows import LimitRows
from approvals.operations.request_rows import CardRows, PermitRows, RequestRows
from approvals.operations.run_rows import RunRows
from approvals.operations.snapshot import Snapshot
from approvals.operations.story import Story

__all__ = [
    "Alike",
    "CardContent",
    "Clock",
    "Committed",
    "Directory",
    "DirectoryUnavailable",
    "Display",
    "Ids",
    "Messenger",
    "NotNow",
    "Person",
    "Posted",
    "Store",
    "Transaction",
    "Undeliverable",
]

Result = TypeVar("Result")


class Clock(Protocol):
    """The only source of the present."""

    def now(self) -> datetime:
        """Return the present, timezone-aware, in UTC."""
        ...

    def elapsed_s(self) -> float:
        """Return seconds that nobody can set; only the difference of two means anything."""
        ...


class Ids(Protocol):
    """The only source of chance."""

    def ulid(self) -> str:
        """Return a new sortable id of 26 characters."""
        ...

    def secret(self) -> str:
        """Return 128 random bits as text, for nonces and salts."""
        ...


class Transaction(
    RequestRows,
    PermitRows,
    CardRows,
    JoiningRows,
    DecisionRows,
    EditRows,
    HistoryRows,
    HomeRows,
    FreezeRows,
    KeyRows,
    LimitRows,
    RunRows,
    JobRows,
    Protocol,
):
    """Everything one unit may read and write, locking in the order `run_rows` tells.

    All of it is stored, or nothing. Jobs and audit events are written when the unit has ended.
    """

    def record(self, *events: AuditEvent) -> None:
        """Seal and append audit events."""
        ...

    def fact(self, name: str) -> str | None:
        """Return a stored fact of the gateway itself, such as its id."""
        ...

    def set_fact(self, name: str, value: str) -> None:
        """Store a fact of the gateway itself."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """News of one commit, given to the store's listeners on the event loop."""

    ended: tuple[ApprovalRequest, ...] = ()
    """Requests whose status left `pending`."""
    runs: tuple[Run, ...] = ()
    """Runs added or changed."""
    freezes: tuple[Freeze, ...] = ()
    """Freezes made or ended, in the order they were stored."""
    next_due_at: datetime | None = None
    """Earliest follow-up among requests added."""
    has_jobs: bool = False
    recorded: int = 0
    """The `seq` of the last audit event recorded; 0 where there is none."""
    events: tuple[SealedEvent, ...] = field(default=(), compare=False)
    """The audit events recorded, in their order."""
    stories: Mapping[RequestId, Story] = field(default_factory=dict, compare=False)
    """What belongs to requests that ended, where the commit knows it; they are as it left them."""


class Store(Protocol):
    """The drawer. A unit's result is returned only after it is durable."""

    async def write(self, unit: Callable[[Transaction], Result]) -> Result:
        """Run *unit* in a transaction and return its result after the commit.

        Raises:
            Refusal: raised by the unit; nothing of the unit was stored.
            StoreUnavailable: nothing of the unit was stored.
        """
        ...

    async def look(self, unit: Callable[[Snapshot], Result]) -> Result:
        """Run *unit*, which only reads, outside the writer; it may run in another thread.

        Raises:
            StoreUnavailable: it cannot be read.
        """
        ...

    @property
    def is_writable(self) -> bool:
        """Whether the last write was stored and the writer lives; readiness and the gate ask."""
        ...

    async def health(self) -> StoreUnavailable | None:
        """Return why the last write failed, or None; after a failure a small write is tried."""
        ...

    async def request(self, request_id: RequestId) -> ApprovalRequest | None:
        """Read one request outside the writer."""
        ...

    async def freezes(self) -> Sequence[Freeze]:
        """Read the freezes nobody has ended, outside the writer."""
        ...

    async def next_due_at(self) -> datetime | None:
        """Return the earliest follow-up of all requests, of approvals nobody used yet too."""
        ...

    async def next_job_at(self) -> datetime | None:
        """Return when the earliest unclaimed job falls due."""
        ...

    def on_commit(self, listener: Callable[[Committed], None]) -> None:
        """Call *listener* on the event loop after each commit that has news."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where Slack put a card."""

    channel: ChannelId
    ts: str


class Undeliverable(Exception):
    """Slack refuses this; `code` is its error, and *may_heal* whether people can put it right."""

    def __init__(self, code: str, *, may_heal: bool = False) -> None:
        self.code = code
        self.may_heal = may_heal
        super().__init__(code)


class CardGone(Undeliverable):
    """The message that was to be changed is not in Slack any more."""


class NotNow(Exception):
    """The messenger could not deliver now; try again after `retry_after_s` seconds.

    It *may_have_arrived* all the same where the answer is what is missing.
    """

    def __init__(
        self, code: str, *, retry_after_s: float | None = None, may_have_arrived: bool = False
    ) -> None:
        self.code = code
        self.retry_after_s = retry_after_s
        self.may_have_arrived = may_have_arrived
        super().__init__(code)


class Display(Protocol):
    """Knows what a card can show; pure."""

    def shows_everything(self, request: ApprovalRequest) -> bool:
        """Whether the card shows every argument; if not, Approve opens the full view.

        Raises:
            Refusal: not even the full view could show it, so nobody may be asked.
        """
        ...

    def fits_part(self, request: ApprovalRequest) -> bool:
        """Whether a card that several calls share shows every argument; quick and pure."""
        ...


class Messenger(Protocol):
    """Puts cards where people see them. Raises Undeliverable or NotNow."""

    async def post(self, content: CardContent, *, now: datetime) -> Posted:
        """Post the card and return where it is."""
        ...

    async def update(self, content: CardContent, *, now: datetime) -> None:
        """Make the posted card show *content*. Raises CardGone too."""
        ...

    async def is_there(self, card: Card) -> bool:
        """Whether the posted card still stands in Slack."""
        ...

    async def reply(self, content: CardContent, telling: Telling) -> None:
        """Say *telling* in the thread of the posted card."""
        ...
