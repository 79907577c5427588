"""What the gate itself refuses before anyone is asked: a call made wrongly, or beside the gate.

Raised by connections, by `Gate.calling()` and by the adapters. How a question ended is told by
`exceptions`.
"""

from approvals.domain import errors


class WouldDeadlock(errors.Refusal):
    """A guarded sync function was called on the gateway's own event loop, which it would stop.

    Call it with `await asyncio.to_thread(function, ...)`, or make it `async def`.
    """

    code = "would_deadlock"


class CallNotGated(errors.Refusal):
    """A tool was about to run that is not behind the gate. Nothing ran and nobody was asked.

    A middleware after `ApprovalMiddleware` put it there: put it before, or pass the tool through
    `gate.guard_tools()`.
    """

    code = "call_not_gated"


class PauseNeedsKey(errors.Refusal):
    """A call that pauses has no key, so that its answer could never be found. Nobody was asked.

    Pass a checkpointer and a `thread_id`, and give the model's tool call an id; or let it wait in
    memory, with `pauses=False`.
    """

    code = "pause_needs_key"


class ReservedKey(errors.Refusal):
    """Keys that begin with `sayso:` are made by Sayso itself. Choose another key."""

    code = "reserved_key"


class PauseNotStored(errors.Refusal):
    """A call that pauses was asked at a console, which stores nothing to go on with later.

    Let it wait, with `pauses=False`, or use a gateway: `with gate:` without `console()`.
    """

    code = "pause_not_stored"


class StateNotSealed(errors.Refusal):
    """The stored state of a run is not what was sealed: changed, of another run, or by another key.

    Nothing of it was read. Begin the run anew, or find the text and the key it was sealed with.
    """

    code = "state_not_sealed"


class StateVersionUnknown(errors.Refusal):
    """The stored state of a run is of a version that the installed SDK does not read.

    Resume it with the version of the SDK that stored it, or begin the run anew.
    """

    code = "state_version_unknown"


class StateKeyTooShort(errors.Refusal):
    """The key to seal the state of runs with has less than 32 bytes.

    Make one with `secrets.token_bytes(32)` and keep it where the states are not.
    """

    code = "state_key_too_short"


class ScriptedGateRefused(errors.Refusal):
    """A scripted gate was to be used where `SAYSO_URL` names a gateway. Nothing ran.

    It approves what a test says, so it must never stand before anything real: unset `SAYSO_URL`.
    """

    code = "scripted_gate_refused"


class SessionMismatch(errors.Refusal):
    """A handler made for one session was called in a run of another. Nobody was asked.

    Make one handler for each session, or one without `session=`, which reads the run's own.
    """

    code = "session_mismatch"


class SessionUnknown(errors.Refusal):
    """Nobody knows which session this call belongs to, so not for whom it asks. Nobody was asked.

    Give the agent a `session=` and its run a `session_id=`, or make the handler with `session=`.
    """

    code = "session_unknown"


class BodyRanOnce(errors.Refusal):
    """The framework tried a tool again under one approval, which lets it run once.

    Let the model call it again, or declare it idempotent: `Declared.of(idempotent=["…"])`.
    """

    code = "body_ran_once"


class AddressMistyped(errors.Refusal):
    """This is no address of a gateway. Write it like `https://sayso.example.com`."""

    code = "address_mistyped"


class NoKeyGiven(errors.Refusal):
    """`SAYSO_URL` names a gateway, and there is no key to ask it with. Set `SAYSO_KEY`.

    Whoever runs the gateway makes one: `sayso keys create --scope request --owner U… --agent …`.
    """

    code = "no_key_given"
