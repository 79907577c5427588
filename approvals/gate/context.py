"""What surrounds a guarded call without being an argument: who calls, in which run, which key.

Set by `Gate.calling()` for one call and by the task runner for a whole run; read by the guard when
it proposes a call. Carried by a context variable, so that no tool's signature changes.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import timedelta

from approvals.domain.approval_request import Requester
from approvals.domain.ids import ChannelId, RunId, TeamId, UserId
from approvals.domain.outcome import Outcome

RESERVED_PREFIX = "sayso:"
"""Begins the keys that are made here; a caller's own key may not begin so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallContext:
    """What is known about a call beside its arguments. Every field may be absent."""

    agent: str | None = None
    """Overrides the gate's agent name; set by the task runner."""
    person: UserId | None = None
    team: TeamId | None = None
    on_behalf_of: tuple[UserId, ...] = ()
    key: str | None = None
    """The caller's own request key: one question. A second call needs its own."""
    reason: str | None = None
    run_id: RunId | None = None
    message_id: str | None = None
    """The AI message the tool call stands in; ids of tool calls repeat between messages."""
    tool_call_id: str | None = None
    card_channel: ChannelId | None = None
    thread_ts: str | None = None
    pending_max: int | None = None
    """How many questions of the run may wait at once; one more is refused."""
    pauses: bool = False
    """Whether a call that waits for people raises `CallPaused` instead of waiting."""
    body_within: timedelta | None = None
    """How long the body may take; None: as long as it likes."""
    is_in_body: bool = False
    """Whether the body of a guarded call makes this one: then it waits, and may not pause."""
    channel: str | None = None
    """The task's channel, whose rules apply. Only the gateway's task runner sets it (promise 8)."""
    outcomes: list[Outcome] | None = field(default=None, compare=False)
    """Collects what people decided about the calls made inside; None: nobody listens."""

    @property
    def outcome(self) -> Outcome | None:
        """What people decided about the latest call that ran, their words and changes with it."""
        return self.outcomes[-1] if self.outcomes else None

    @property
    def request_key(self) -> str | None:
        """The caller's key, else the one a run gives: run, AI message and tool call."""
        if self.key is not None:
            return self.key
        if self.run_id and self.message_id and self.tool_call_id:
            return made_key("run", self.run_id, self.message_id, self.tool_call_id)
        return None

    @property
    def turn(self) -> str | None:
        """What all calls of one AI message have in common; None outside of one."""
        if self.message_id is None or self.tool_call_id is None:
            return None
        return made_key("turn", self.run_id or "", self.message_id)

    def requester(self, agent: str) -> Requester:
        """Return who asks, with *agent* as the name of last resort."""
        return Requester(
            agent=self.agent or agent,
            person=self.person,
            team=self.team,
            on_behalf_of=self.on_behalf_of,
        )

    def on_behalf(self, people: tuple[UserId, ...]) -> tuple[UserId, ...]:
        """Return the people it acts for with *people* added; nobody is ever taken away."""
        return tuple(dict.fromkeys((*self.on_behalf_of, *people)))


def made_key(kind: str, *parts: str) -> str:
    """Return the key of *kind* that these parts give and no others: ids may hold any character."""
    return f"{RESERVED_PREFIX}{kind}:{json.dumps(parts, separators=(',', ':'))}"


NOTHING_KNOWN = CallContext()
_CURRENT: ContextVar[CallContext] = ContextVar("sayso_call", default=NOTHING_KNOWN)
_KEY: ContextVar[str | None] = ContextVar("sayso_key", default=None)
current = _CURRENT.get
"""Return the context of the call being made."""


@contextmanager
def entered(context: CallContext) -> Iterator[CallContext]:
    """Make *context* the current one; used by the task runner, which alone sets `channel`."""
    token = _CURRENT.set(context)
    try:
        yield context
    finally:
        _CURRENT.reset(token)


@contextmanager
def inside_body() -> Iterator[None]:
    """Hide the key and ids of the call being run from calls that its body makes.

    Such a call waits: a body that was begun cannot be begun again, so it cannot pause. It gets a
    key only if the body gives it one.
    """
    before = _CURRENT.get()
    token = _KEY.set(before.request_key)
    hidden = replace(
        before,
        key=None,
        reason=None,
        message_id=None,
        tool_call_id=None,
        pauses=False,
        body_within=None,
        is_in_body=True,
        outcomes=None,
    )
    try:
        with entered(hidden):
            yield
    finally:
        _KEY.reset(token)


def idempotency_key() -> str | None:
    """Return the request key of the call whose body runs now; None outside, or without a key.

    A tool declared idempotent passes it on to what it changes (a payment's reference, an
    `Idempotency-Key` header): run again after a crash, it gets the same key.
    """
    return _KEY.get()
