"""The options of the policy: how a call is asked about, declared once for every place of the file.

An option says where it may be written, which value wins when several rules set it, what holds
where nobody does, and how it is stored. `storage/policy_terms` reads its value from the file,
`merging` settles all of them into the requirement, and whoever acts on one asks for it by its
constant: ``requirement.terms[TIMEOUT]``. A new option is one constant here and one reader there.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from approvals.domain.budget import Budget, smallest
from approvals.domain.compared import Compared, one_pair
from approvals.domain.deed import one_deed
from approvals.domain.effect import (
    CardShows,
    Effect,
    Mention,
    Risk,
    WantedReason,
    highest,
    loudest,
    most_private,
    most_wanted,
)
from approvals.domain.option import EVERYWHERE, Option, Place, Sources, Terms, settle
from approvals.domain.silence import Remind, Rung, all_rungs, most_insistent

__all__ = [
    "EVERYWHERE",
    "Option",
    "Place",
    "Sources",
    "Terms",
    "settle",
]


def _all_lists(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return what stands in any list, each text once, whatever order the lists come in."""
    return tuple(dict.fromkeys(text for each in sorted(lists) for text in each))


def _seconds(stored: float) -> timedelta:
    return timedelta(seconds=stored)


def _duration(
    key: str, *, strictest: Callable[[Iterable[timedelta]], timedelta], otherwise: timedelta
) -> Option[timedelta]:
    """Return the option for a time, which rows hold in seconds under the key it was born with."""
    return Option(
        key=key,
        stored_as=f"{key}_s",
        strictest=strictest,
        otherwise=otherwise,
        to_json=timedelta.total_seconds,
        from_json=_seconds,
    )


def _leave(key: str) -> Option[bool]:
    """Return the option for what approvers may do only where every rule that asks lets them."""
    return Option(
        key=key,
        stored_as=key,
        strictest=all,
        otherwise=False,
        to_json=bool,
        from_json=bool,
        silence_counts=True,
    )


TIMEOUT = _duration("timeout", strictest=min, otherwise=timedelta(minutes=15))
"""How long people may decide. Silence ends in `timed_out`."""

PERMIT_TTL = _duration("permit_ttl", strictest=min, otherwise=timedelta(minutes=15))
"""How long an approval may be used once its outcome has reached the caller."""

HOLD = _duration("hold", strictest=max, otherwise=timedelta(0))
"""How long after the last approval anybody who may can still stop it; none where nobody says."""

APPROVED_FOR = _duration("approved_for", strictest=min, otherwise=timedelta(hours=24))
"""The hard end of an approval, counted from the decision."""

RISK: Option[Risk] = Option(
    key="risk",
    stored_as="risk",
    places=frozenset({Place.RULE}),
    strictest=highest,
    otherwise=Risk.MEDIUM,
    to_json=str,
    from_json=Risk,
)
"""How the card looks; `high` asks once more and takes only people eligible at both moments."""

DEED: Option[str] = Option(
    key="deed",
    stored_as="deed",
    places=frozenset({Place.RULE}),
    strictest=one_deed,
    otherwise="",
    to_json=str,
    from_json=str,
)
"""What the tool does, on the button that approves; rules that do not agree say nothing."""

CARD: Option[CardShows] = Option(
    key="card",
    stored_as="card",
    strictest=most_private,
    otherwise=CardShows.OPEN,
    to_json=str,
    from_json=CardShows,
    silence_counts=True,
)
"""Whether a card in a channel shows the arguments; `private` where any rule that asks wants it."""

DIFF: Option[Compared | None] = Option(
    key="diff",
    stored_as="diff",
    places=frozenset({Place.RULE}),
    strictest=one_pair,
    otherwise=None,
    to_json=lambda pair: pair and pair.to_json(),
    from_json=lambda stored: stored and Compared.from_json(stored),
)
"""Which two arguments a card compares; rules that do not agree say nothing."""

REMIND: Option[Remind | None] = Option(
    key="remind",
    stored_as="remind",
    strictest=lambda plans: most_insistent(plan for plan in plans if plan is not None),
    otherwise=None,
    to_json=lambda plan: plan and plan.to_json(),
    from_json=lambda stored: stored and Remind.from_json(stored),
)
"""When those who can still answer are reminded."""

ESCALATE: Option[tuple[Rung, ...]] = Option(
    key="escalate",
    stored_as="escalate",
    strictest=all_rungs,
    otherwise=(),
    to_json=lambda rungs: [rung.to_json() for rung in rungs],
    from_json=lambda stored: tuple(map(Rung.from_json, stored)),
)
"""Who may answer too once a request has waited so long, in the order the rungs fire."""

NOTIFY: Option[tuple[str, ...]] = Option(
    key="notify",
    stored_as="notify",
    strictest=lambda said: tuple(sorted({name for names in said for name in names})),
    otherwise=(),
    to_json=list,
    from_json=tuple,
)
"""Names of the people sets the first card calls, who need not be those who may approve."""

MENTION: Option[Mention] = Option(
    key="mention",
    stored_as="mention",
    strictest=loudest,
    otherwise=Mention.FIRST,
    to_json=str,
    from_json=Mention,
)
"""From when on anybody is called by a mention."""

EXTEND_MAX = _duration("extend_max", strictest=min, otherwise=timedelta(hours=1))
"""By how much approvers may put the end off, all in all; nothing at all where it is zero."""

REASON: Option[WantedReason] = Option(
    key="reason",
    stored_as="reason",
    strictest=most_wanted,
    otherwise=WantedReason.ON_REJECT,
    to_json=str,
    from_json=WantedReason,
)
"""When an approver is asked why; `always` stores no decision without a reason."""

REASONS: Option[tuple[str, ...]] = Option(
    key="reasons",
    stored_as="ready_reasons",
    strictest=_all_lists,
    otherwise=(),
    to_json=list,
    from_json=tuple,
)
"""Ready-made reasons to choose from; those of several rules stand below each other."""

BUDGET: Option[Budget | None] = Option(
    key="budget",
    stored_as="budget",
    places=frozenset({Place.CHANNEL, Place.DEFAULTS}),
    strictest=smallest,
    otherwise=None,
    to_json=lambda budget: budget and budget.to_json(),
    from_json=lambda stored: stored and Budget.from_json(stored),
)
"""How many questions may be put to a channel's people in a time."""

COOLDOWN = _duration("cooldown", strictest=max, otherwise=timedelta(minutes=5))
"""How long a rejection answers the same call again; nobody is asked meanwhile."""

JOIN: Option[bool] = Option(
    key="join",
    stored_as="join",
    strictest=all,
    otherwise=True,
    to_json=bool,
    from_json=bool,
)
"""Whether a card may show identical calls that wait at the same time, and those of one turn."""

FOLD: Option[int] = Option(
    key="fold",
    stored_as="fold",
    places=frozenset({Place.CHANNEL, Place.DEFAULTS}),
    strictest=min,
    otherwise=10,
    to_json=int,
    from_json=int,
)
"""How many cards of an agent wait in a channel before further calls share one; 0: never."""

EDIT = _leave("edit")
"""Whether approvers may change the arguments; only where every rule that asks allows it."""

EDITOR_MAY_APPROVE = _leave("editor_may_approve")
"""Whether who changed the arguments may approve the changed call."""

AUDIT_STRICT: Option[bool] = Option(
    key="audit",
    stored_as="audit_strict",
    places=frozenset({Place.RULE}),
    effects=frozenset({Effect.ALLOW}),
    strictest=any,
    otherwise=False,
    to_json=bool,
    from_json=bool,
)
"""Whether an allowed call is in the audit log before it runs."""

OPTIONS: tuple[Option[Any], ...] = (
    TIMEOUT,
    REMIND,
    ESCALATE,
    NOTIFY,
    MENTION,
    EXTEND_MAX,
    HOLD,
    PERMIT_TTL,
    APPROVED_FOR,
    RISK,
    DEED,
    DIFF,
    CARD,
    REASON,
    REASONS,
    BUDGET,
    COOLDOWN,
    JOIN,
    FOLD,
    EDIT,
    EDITOR_MAY_APPROVE,
    AUDIT_STRICT,
)
