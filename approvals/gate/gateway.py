"""What the agents' side needs of a gateway, in process or remote.

`Gate` and the framework adapters call a `Gateway`; `local_gateway` implements it over the
operations of this process, `remote_gateway` over another one's HTTP door. Two steps on purpose:
`admit()` is synchronous and answers allowed and denied calls without a database round trip; only
what must be asked goes on to `ask()`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from approvals.domain.approval_request import Requester
from approvals.domain.compared import Compared
from approvals.domain.deed import read_deed
from approvals.domain.ids import ChannelId, RequestId, RunId
from approvals.domain.outcome import Outcome
from approvals.domain.plain_tool import PlainArguments, PlainTool
from approvals.domain.requirement import Effect
from approvals.domain.tool_call import ToolCall
from approvals.domain.tool_schema import ToolSchema
from approvals.gate.questions import Hearer


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolTraits:
    """What a tool's author declares about its effects; nothing is ever inferred."""

    reads: bool = False
    """It changes nothing: inside a run an allowed call of it is not recorded one by one."""
    idempotent: bool = False
    """Running it twice under one key is harmless: a run may repeat it after a crash."""
    deed: str = ""
    """What the button that approves says: ``restart``. The policy's stands before it."""

    before: str = ""
    after: str = ""
    """Names of the arguments that are one text before and after: the card shows what differs."""

    def __post_init__(self) -> None:
        """Refuse a deed that would not be a plain label, and half a comparison.

        Raises:
            ValueError
        """
        if self.deed:
            read_deed(self.deed)
        _ = self.compared

    @property
    def compared(self) -> Compared | None:
        """The two arguments to be compared, if any."""
        if not self.before and not self.after:
            return None
        return Compared(before=self.before, after=self.after)


UNDECLARED = ToolTraits()
"""The traits of a tool whose author says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A frozen tool call with everything the gateway needs to ask about it."""

    call: ToolCall
    requester: Requester
    channel: str | None = None
    """Fixed by the guard's configuration or the task's channel: a name (``#ops``) or an id."""
    code_effect: Effect | None = None
    """What rules in code say; the stricter of code and file wins."""
    injected: tuple[str, ...] = ()
    reason: str | None = None
    key: str | None = None
    run_id: RunId | None = None
    tool_call_id: str | None = None
    turn: str | None = None
    """Names the model's message the call came in, the same for all calls of it."""
    card_channel: ChannelId | None = None
    thread_ts: str | None = None
    """The thread the card goes to; only together with `card_channel`."""
    traits: ToolTraits = UNDECLARED
    pending_max: int | None = None
    """How many questions of the run may wait at once."""
    pauses: bool = False
    """Raise `CallPaused` instead of waiting."""
    claims: bool = True
    """False, for a call that pauses: only see that it is approved; asking again claims it."""
    hearer: Hearer | None = None
    """Who answers approvers' questions while the call waits."""
    schema: ToolSchema | None = None
    """Of the arguments, where the caller can run others than it asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """The right to run the body once, with exactly these arguments."""

    request_id: RequestId | None
    """None for an allowed call: its permit lives in memory and nothing is reported."""
    digest: str
    arguments_json: str
    asked_digest: str | None = None
    """Of what was asked, where people changed the arguments; else it is *digest*."""
    outcome: Outcome | None = None
    """What people decided, with their reason and what they changed; None where nobody was asked."""


class Gateway(Protocol):
    """The agents' side of a gateway. Every refusal is a `CallNotApproved` carrying its outcome."""

    def passes(self, tool: PlainTool, arguments: PlainArguments) -> bool:
        """Whether a plain call may run at once; it is on its way to the audit log then.

        False says nothing about it: a proposal of it has to be admitted, or asked about.
        """
        ...

    def admit(self, proposal: Proposal) -> Clearance | None:
        """Answer an allowed call at once; return None when people have to be asked.

        Raises:
            CallDenied: a rule denies it.
            CallUnavailable: the gateway is not running or cannot promise anything now.
        """
        ...

    async def ask(self, proposal: Proposal) -> Clearance:
        """Open the question (or re-attach by key), wait for its end, and claim the permit.

        A cancelled wait withdraws the question unless it has a key. A proposal that *pauses* is
        not waited for.

        Raises:
            CallNotApproved: the subclass of the outcome.
            CallPaused: people have yet to decide, or to say what became of it.
        """
        ...

    async def report(
        self,
        clearance: Clearance,
        *,
        succeeded: bool,
        result: str,
        was_cancelled: bool = False,
        is_unknown: bool = False,
    ) -> None:
        """Record how the body of an asked call ended; `result` is text of any length.

        A body that was cancelled because the gateway closes counts as interrupted, as does one
        that says itself that its end is unknown.
        """
        ...

    async def give_back(self, clearance: Clearance) -> None:
        """Say that the body of a cleared call never began: who has its key may claim it again."""
        ...

    async def until_decided(self, request_ids: Collection[RequestId]) -> None:
        """Return when at least one of the requests has an answer a paused call can go on with."""
        ...

    async def pending(self, key: str) -> RequestId | None:
        """Return the request that is pending under *key*: a quick look before a call is bound."""
        ...

    async def cancel(self, key: str, *, agent: str) -> bool:
        """Cancel the pending request *agent* asked under *key*; False when there is none."""
        ...
