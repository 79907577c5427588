"""The agents' side of Sayso: put `Gate` in front of tools; everything here needs pydantic alone."""

from approvals.gate.context import idempotency_key
from approvals.gate.exceptions import (
    CallAlreadyRan,
    CallCancelled,
    CallDenied,
    CallFrozen,
    CallLapsed,
    CallNoEligibleApprover,
    CallNotApproved,
    CallRefused,
    CallRejected,
    CallTimedOut,
    CallUnavailable,
    CallUndeliverable,
    CallUnknown,
    EndUnknown,
)
from approvals.gate.gate import Gate
from approvals.gate.gateway import ToolTraits
from approvals.gate.questions import Question

__all__ = [
    "CallAlreadyRan",
    "CallCancelled",
    "CallDenied",
    "CallFrozen",
    "CallLapsed",
    "CallNoEligibleApprover",
    "CallNotApproved",
    "CallRefused",
    "CallRejected",
    "CallTimedOut",
    "CallUnavailable",
    "CallUndeliverable",
    "CallUnknown",
    "EndUnknown",
    "Gate",
    "Question",
    "ToolTraits",
    "idempotency_key",
]
