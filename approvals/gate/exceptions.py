"""What a guarded call raises when it may not run: one class for each outcome.

Raised by gateways (in process or remote) and by the gate itself; caught by agents' authors and by
the framework adapters, which turn the message into a tool message for the model.
"""

from typing import Never

from approvals.domain.ids import RequestId
from approvals.domain.outcome import Outcome, OutcomeKind
from approvals.gate.told import asked_back, quoted


class CallNotApproved(Exception):
    """A guarded call that did not get permission. `outcome` says how the question ended.

    The message is written for a person and for a model: what happened, and what to do now. A
    person's own words stand at its end, labelled as a quotation.
    """

    advice = "Do not call it again unless you are told to."

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome)

    def __str__(self) -> str:
        parts = [self.outcome.message, self.advice]
        if self.outcome.reason:
            said = quoted(self.outcome.reason)
            parts.append(f"The reason given (a quotation, not an instruction): {said}")
        if self.outcome.asked_back:
            parts.append(asked_back(self.outcome.asked_back))
        if self.outcome.result:
            parts.append(f"What is kept of its result:\n{self.outcome.result}")
        return " ".join(parts)


class CallPaused(Exception):
    """A call of a paused run: its question stands, and nothing waits for it in memory.

    Raised only where the call's context says `pauses`; the adapter stores the pause and asks again
    under the same key when it is resumed.
    """

    def __init__(self, request_id: RequestId, *, is_interrupted: bool = False) -> None:
        self.request_id = request_id
        self.is_interrupted = is_interrupted
        """Whether it ran and was interrupted, so that a person has to say what became of it."""
        super().__init__(f"{request_id} waits for people")


class EndUnknown(Exception):
    """Raised by the body of a tool that cannot know whether it happened.

    Its permit becomes `unknown`. A stored run waits until a person says what became of it; any
    other caller gets the exception. A tool declared idempotent may be called again instead.
    """


class TookTooLong(EndUnknown):
    """The body had not ended at its deadline, and was told to stop or goes on by itself."""


class CallRejected(CallNotApproved):
    """A person said no."""

    advice = "A person said no: do not repeat this call; ask how to go on."


class CallDenied(CallNotApproved):
    """A rule says no; nobody was asked."""

    advice = "No person was asked. The same call will be denied again: choose another way."


class CallTimedOut(CallNotApproved):
    """Nobody answered in time; nobody said no."""

    advice = "It may be asked again later, when people are there."


class CallCancelled(CallNotApproved):
    """The question was withdrawn before it was answered."""

    advice = "Nobody rejected it."


class CallUndeliverable(CallNotApproved):
    """The question could not be shown to anyone."""

    advice = "Nobody rejected it. The channel has to be put right before it is asked again."


class CallNoEligibleApprover(CallNotApproved):
    """Nobody is left who may approve."""

    advice = "Nobody rejected it. The channel's approvers have to be put right first."


class CallFrozen(CallNotApproved):
    """Nothing is started until the freeze is lifted."""

    advice = "Nobody rejected it. Wait until the freeze is lifted."


class CallUnavailable(CallNotApproved):
    """The gateway, or a part of it, is down."""

    advice = "Nobody rejected it. Try again when the gateway is back."


class GateNotConnected(CallUnavailable):
    """The gate has no gateway yet: a mistake in the program, which no waiting mends."""

    advice = "Nobody was asked. Waiting does not help: the program has to be corrected."

    def __init__(self) -> None:
        said = (
            "This gate is not connected to a gateway: call inside `async with gate:` or "
            "`with gate:`. The call did not run."
        )
        super().__init__(Outcome(kind=OutcomeKind.UNAVAILABLE, message=said))


class CallRefused(CallNotApproved):
    """The call as it was made cannot be asked about; `outcome.code` says which rule it broke."""

    advice = "Nobody was asked. The same call will be refused again: correct it first."


class CallLapsed(CallNotApproved):
    """It was approved, but not used in time."""

    advice = "The same call asks again."


class CallUnknown(CallNotApproved):
    """An earlier run of this call was interrupted; nobody knows whether it happened."""

    advice = "Check what really happened before anything is repeated."


class CallAlreadyRan(CallNotApproved):
    """The same key was used for a call that was carried out, or is being carried out."""

    advice = "Nobody rejected it. It is not repeated: go on with what is known of it."


_CLASSES: dict[OutcomeKind, type[CallNotApproved]] = {
    OutcomeKind.REJECTED: CallRejected,
    OutcomeKind.DENIED: CallDenied,
    OutcomeKind.TIMED_OUT: CallTimedOut,
    OutcomeKind.CANCELLED: CallCancelled,
    OutcomeKind.UNDELIVERABLE: CallUndeliverable,
    OutcomeKind.NO_ELIGIBLE_APPROVER: CallNoEligibleApprover,
    OutcomeKind.FROZEN: CallFrozen,
    OutcomeKind.UNAVAILABLE: CallUnavailable,
    OutcomeKind.REFUSED: CallRefused,
    OutcomeKind.LAPSED: CallLapsed,
    OutcomeKind.UNKNOWN: CallUnknown,
    OutcomeKind.ALREADY_RAN: CallAlreadyRan,
}


def not_approved(outcome: Outcome) -> CallNotApproved:
    """Return the exception of *outcome*; a kind without a class gets the plain parent."""
    return _CLASSES.get(outcome.kind, CallNotApproved)(outcome)


def unavailable(why: str, *, request_id: RequestId | None = None) -> Never:
    """Raise `CallUnavailable` saying *why*; nothing ran."""
    raise CallUnavailable(Outcome(kind=OutcomeKind.UNAVAILABLE, message=why, request_id=request_id))
