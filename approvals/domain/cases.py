"""A team's own cases: calls, and what the policy has to answer to each.

Read by `storage/case_file`, tried by `sayso policy test`. Only what a case says is compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from approvals.domain import errors
from approvals.domain.durations import format_duration
from approvals.domain.effect import Effect, Risk
from approvals.domain.policy import Policy
from approvals.domain.quorum import progress
from approvals.domain.requirement import Requirement, Slot
from approvals.domain.tool_call import ToolCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One call and what is expected of it; None: nothing is."""

    name: str
    place: str
    """``cases.yml:12``."""
    call: ToolCall
    channel: str | None = None
    effect: Effect | None = None
    quorum: tuple[Slot, ...] | None = None
    approvers: frozenset[str] | None = None
    """The sets any of whose people could approve."""
    timeout: timedelta | None = None
    risk: Risk | None = None
    refused: str | None = None
    """The code of the refusal, such as ``channel_unknown``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as expected."""

    what: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of a case."""

    case: Case
    differences: tuple[Difference, ...] = ()
    reasons: tuple[str, ...] = ()
    """Why the policy answers as it does."""


def try_case(policy: Policy, case: Case) -> Tried:
    """Return where *policy* answers otherwise than *case* expects."""
    try:
        found = policy.requirement(case.call, channel=case.channel)
    except errors.Refusal as refusal:
        expected = case.refused or (case.effect and case.effect.value) or "an answer"
        if case.refused == refusal.code:
            return Tried(case=case)
        difference = Difference(what="refused", expected=expected, found=refusal.code)
        return Tried(case=case, differences=(difference,), reasons=(refusal.message,))
    return Tried(case=case, differences=tuple(_differences(case, found)), reasons=found.reasons)


def _differences(case: Case, found: Requirement) -> Iterator[Difference]:
    if case.refused is not None:
        yield Difference(what="refused", expected=case.refused, found=found.effect)
    if case.effect is not None and case.effect is not found.effect:
        yield Difference(what="effect", expected=case.effect, found=found.effect)
    wanted = progress(found.slots_by_rule, ()).missing if found.effect is Effect.ASK else ()
    if case.quorum is not None and _plain(case.quorum) != _plain(wanted):
        yield Difference(what="quorum", expected=_said(case.quorum), found=_said(wanted))
    approvers = frozenset(name for slot in wanted for name in slot.of)
    if case.approvers is not None and case.approvers != approvers:
        yield Difference(
            what="approvers",
            expected=", ".join(sorted(case.approvers)) or "nobody",
            found=", ".join(sorted(approvers)) or "nobody",
        )
    if case.timeout is not None and case.timeout != found.timeout:
        yield Difference(
            what="timeout",
            expected=format_duration(case.timeout),
            found=format_duration(found.timeout),
        )
    if case.risk is not None and case.risk is not found.risk:
        yield Difference(what="risk", expected=case.risk, found=found.risk)


def _plain(slots: tuple[Slot, ...]) -> list[tuple[tuple[str, ...], int]]:
    return sorted((tuple(sorted(slot.of)), slot.count) for slot in slots)


def _said(slots: tuple[Slot, ...]) -> str:
    said = (f"{count} of {' or '.join(of)}" for of, count in _plain(slots))
    return " and ".join(said) or "nobody"
