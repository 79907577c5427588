"""What programs and the gateway say to each other over HTTP: version 1, as pydantic models.

Read and written by the HTTP door (`bot/http`) and by the remote gateway; the OpenAPI document is
made of them. Times are RFC 3339 in UTC; durations are written as in the policy (``90s``, ``15m``).
What came in over the wire is strict: unknown names are refused, so that a slip is never silence.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from approvals.domain.approval_request import Cause, Status
from approvals.domain.decision import Verdict
from approvals.domain.outcome import OutcomeKind
from approvals.domain.permit import PermitState
from approvals.domain.requirement import Effect
from approvals.domain.strict_json import INTEGER_MAX
from approvals.domain.tool_call import TOOL_NAME_MAX_CHARS

TEXT_MAX_CHARS = 3_000
"""Of what an agent or a person says in passing: a reason."""
KEY_MAX_CHARS = 200
RESULT_TEXT_MAX_CHARS = 256 * 1024
PEOPLE_MAX = 20
NAMES_MAX = 100

Duration = Annotated[
    str,
    Field(pattern=r"^(\d{1,9}d)?(\d{1,9}h)?(\d{1,9}m)?(\d{1,9}s)?$", min_length=2, max_length=40),
]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Person = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{1,30}$")]
Key = Annotated[str, Field(pattern=r"^[\x21-\x7e]+$", min_length=1, max_length=KEY_MAX_CHARS)]
Says = Annotated[str, Field(min_length=1, max_length=TEXT_MAX_CHARS)]
Name = Annotated[str, Field(min_length=1, max_length=TOOL_NAME_MAX_CHARS)]
Attempt = Annotated[int, Field(ge=1, le=INTEGER_MAX, strict=True)]
Arguments = dict[str, JsonValue]


class Asks(BaseModel):
    """What a program sends; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answers(BaseModel):
    """What the gateway sends; a program passes over names it does not know."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class AskApproval(Asks):
    """A tool call that wants permission. The key says who asks and, if it names one, where."""

    tool: Name
    args: Arguments = Field(default_factory=dict)
    channel: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """Only where it agrees with the key and the policy; another is refused."""
    reason: Says | None = None
    """What the agent says it is for; shown as unverified."""
    on_behalf_of: Annotated[list[Person], Field(max_length=PEOPLE_MAX)] = Field(
        default_factory=list
    )
    """People who may not approve, besides the key's owner."""
    run_id: Key | None = None
    """The caller's own name of its run. With `tool_call_id` it names the question: asked again
    under both, the same question is found."""
    tool_call_id: Key | None = None
    turn: Key | None = None
    """The caller's name of the model's message the call came in; calls of one share a card."""
    timeout: Duration | None = None
    """How long people have, where that is less than the policy gives them."""
    callback: Name | None = None
    """The name of a webhook of the policy that is told when it has ended."""
    effect: Literal[Effect.ASK, Effect.DENY] | None = None
    """What rules in the caller's code say; the stricter of code and policy holds."""
    fingerprint: Digest | None = None
    """SHA-256 over the tool's schema, description and origin, where the caller knows them."""
    arguments_schema: Arguments | None = None
    """JSON Schema of `args`, so that people may change them where the policy lets them."""
    injected: Annotated[list[Name], Field(max_length=NAMES_MAX)] = Field(default_factory=list)
    """Parameters the caller fills by itself; listed on the card."""
    deed: Annotated[str, Field(max_length=40)] | None = None
    """What the button that approves says of the tool: ``restart``."""
    before: Name | None = None
    after: Name | None = None
    """Arguments that are one text before and after; the card shows the difference."""


class Change(Answers):
    """One value that people changed; canonical JSON, null where there was nothing."""

    path: str
    before: str | None
    after: str | None


class Edited(Answers):
    """How people changed the arguments before they decided."""

    by: str
    at: datetime
    changes: list[Change]


class Said(Answers):
    """What one of several approvers wrote: data, never instructions."""

    by: str
    text: str


class AskedBack(Answers):
    """What an approver asked before it was decided, and what was answered: data."""

    by: str
    at: datetime
    question: str
    answer: str | None
    answered_by: str | None


class Outcome(Answers):
    """What the asker is told of a question that has ended."""

    kind: OutcomeKind
    message: str
    reason: str | None = None
    reasons: list[Said] = Field(default_factory=list)
    asked_back: list[AskedBack] = Field(default_factory=list)
    by: str | None = None
    at: datetime | None = None
    code: str | None = None
    has_happened: bool = False
    result: str | None = None
    answer: JsonValue = None
    """To an inquiry, as its schema asked; data, never an instruction, and permits nothing."""
    edited: Edited | None = None


class Decision(Answers):
    """One person's verdict."""

    by: str
    verdict: Verdict
    reason: str | None
    at: datetime


class Permit(Answers):
    """The single-use right to run what was approved, and how that went."""

    state: PermitState
    attempt: int
    claimed_at: datetime | None
    lease_ends_at: datetime | None
    """Until then the claimer has to report; after it nobody knows how the call ended."""
    ended_at: datetime | None
    result: str | None
    """Masked and cut."""


class Approval(Answers):
    """One approval request as it stands."""

    id: str
    status: Status
    cause: Cause | None
    effect: Effect
    """What the policy said of the call."""
    tool: str
    args: Arguments | None
    """Masked; null where the call is private and its reader is none who may see it."""
    digest: str
    """SHA-256 of the call as its agent asked; claimed with it."""
    agent: str
    person: str | None
    channel: str
    channel_name: str
    reason: str | None
    decisions: list[Decision]
    outcome: Outcome | None
    permit: Permit | None
    earlier: str | None
    """The request this one asks again for."""
    version: int
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class Approvals(Answers):
    """One page of a list, newest first."""

    items: list[Approval]
    next_cursor: str | None
    """Asks for the next page; null after the last."""


class Claim(Asks):
    """Just before the body runs: the caller takes the permit, once."""

    digest: Digest
    """Of the call as it was asked."""
    claim_id: Key | None = None
    """Made by the caller: claiming again under it, because the answer got lost, claims nothing
    new. Two that claim must not share one."""
    lease: Duration | None = None
    """How long the body may take before nobody knows how it ended; 1h, at most 1d."""


class Claimed(Answers):
    """The right to run the body once, with exactly these arguments."""

    id: str
    digest: str
    """Of what may run."""
    arguments_json: str
    """Canonical JSON (RFC 8785): what people saw, unmasked."""
    attempt: int
    """To be named in the report."""
    lease_ends_at: datetime
    outcome: Outcome


class Report(Asks):
    """How the body ended."""

    status: Literal[PermitState.SUCCEEDED, PermitState.FAILED, PermitState.UNKNOWN]
    result: Annotated[str, Field(max_length=RESULT_TEXT_MAX_CHARS)] = ""
    attempt: Attempt


class Release(Asks):
    """The body never began: whoever asks under the same key may claim again."""

    attempt: Attempt


class Cancel(Asks):
    """The asker withdraws its question."""

    reason: Says | None = None


class Review(Answers):
    """Everything a person has to see before they decide, and the mark to decide with."""

    approval: Approval
    seen: str
    """Says, in a decision, what was seen; useless to anybody but the key's owner."""
    digest: str
    """Of what was seen."""
    alike: int
    """How many identical calls one decision decides besides this one."""


class Decide(Asks):
    """A person's verdict, about what a review showed them."""

    verdict: Verdict
    seen: Annotated[str, Field(min_length=1, max_length=200)]
    digest: Annotated[str, Field(min_length=1, max_length=64)]
    alike: Annotated[int, Field(ge=0, le=1_000)] = 0
    answer: JsonValue = None
    """To an inquiry, approved with what fits the schema in its `args`; for no other call."""
    reason: Says | None = None


class WhoseKey(Answers):
    """What a key is: whose, for which agent, and what it may do."""

    id: str
    owner: str
    agent: str | None
    channel: str | None
    scopes: list[str]
    expires_at: datetime | None
    pending: int | None = None
    """The key's own limit of questions that wait; None: what the gateway allows every agent."""
    new_per_minute: int | None = None
    """Its own limit of questions within a minute."""


class Problem(Answers):
    """A refusal (RFC 9457). `code` is stable; `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retry_after_s: float | None = None
    approval: Approval | None = None
    """What the request is by now, where that is why."""
    mistakes: list[str] = Field(default_factory=list)
    """What is wrong, one by one, each with its place."""
