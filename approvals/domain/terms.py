"""The options of the policy: how a call is asked about, declared once for every place of the file.

An option says where it may be written, which value wins when several rules set it, what holds
where nobody does, and how it is stored. `storage/policy_terms` reads its value from the file,
`merging` settles all of them into the requirement, and whoever acts on one asks for it by its
constant: ``requirement.terms[TIMEOUT]``. A new option is one constant here and one reader there.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

from approvals.domain.effect import (
    Effect,
    Mention,
    Risk,
    WantedReason,
    highest,
    loudest,
    most_wanted,
)
from approvals.domain.silence import Remind, Rung, all_rungs, most_insistent

Value = TypeVar("Value")


class Place(StrEnum):
    """Where in the policy file an option may be written."""

    RULE = "rule"
    CHANNEL = "channel"
    DEFAULTS = "defaults"


EVERYWHERE = frozenset(Place)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Option(Generic[Value]):
    """One thing a rule, a channel or the defaults may say about how a call is asked about."""

    key: str
    """As written in the file."""
    stored_as: str
    """Its key in the stored requirement; never changed once rows hold it."""
    places: frozenset[Place] = EVERYWHERE
    effects: frozenset[Effect] = frozenset({Effect.ASK})
    """The effects of rules that may set it; on any other rule it would mean nothing."""
    strictest: Callable[[Iterable[Value]], Value]
    """Which of at least one value wins, in whatever order they come."""
    otherwise: Value
    """What holds where nobody says anything; never changed once rows hold it."""
    to_json: Callable[[Value], Any]
    from_json: Callable[[Any], Value]


class Terms:
    """What one place says, or all of them settled. Immutable; equal when they say the same."""

    __slots__ = ("_said",)

    def __init__(self, said: Mapping[Option[Any], Any] | None = None) -> None:
        """Take what is said, by option; an option that is missing is not said."""
        self._said = dict(said or {})

    def __getitem__(self, option: Option[Value]) -> Value:
        """Return what holds for *option*."""
        value: Value = self._said.get(option, option.otherwise)
        return value

    def said(self, option: Option[Value]) -> Value | None:
        """Return what is said about *option*, or None."""
        return self._said.get(option)

    def with_said(self, option: Option[Value], value: Value) -> "Terms":
        """Return the same with *option* said to be *value*."""
        return Terms({**self._said, option: value})

    def __iter__(self) -> Iterator[Option[Any]]:
        return iter(self._said)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Terms) and self._said == other._said

    def __hash__(self) -> int:
        return hash(frozenset(self._said))

    def __repr__(self) -> str:
        said = ", ".join(f"{option.key}={value!r}" for option, value in self._said.items())
        return f"Terms({said})"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, without what nobody said."""
        return {option.stored_as: option.to_json(value) for option, value in self._said.items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Terms":
        """Read what `to_json` wrote, among whatever else *stored* holds."""
        return cls(
            {
                option: option.from_json(stored[option.stored_as])
                for option in OPTIONS
                if option.stored_as in stored
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Who has a say about one call, from the most to the least particular."""

    rules: Collection[tuple[Effect, Terms]] = ()
    """Every rule that counts, with what it counts as."""
    channel: Terms = field(default_factory=Terms)
    defaults: Terms = field(default_factory=Terms)


def settle(sources: Sources) -> Terms:
    """Return what holds: the strictest of the rules, else the channel's word, else the defaults'.

    An option that nobody sets is left out; it reads as `Option.otherwise`.
    """
    settled = {}
    for option in OPTIONS:
        said = [
            terms.said(option)
            for effect, terms in sources.rules
            if effect in option.effects and option in terms
        ]
        value = option.strictest(said) if said else sources.channel.said(option)
        value = sources.defaults.said(option) if value is None else value
        if value is not None:
            settled[option] = value
    return Terms(settled)


def _all_lists(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return what stands in any list, each text once, whatever order the lists come in."""
    return tuple(dict.fromkeys(text for each in sorted(lists) for text in each))


def _seconds(stored: float) -> timedelta:
    return timedelta(seconds=stored)


TIMEOUT: Option[timedelta] = Option(
    key="timeout",
    stored_as="timeout_s",
    strictest=min,
    otherwise=timedelta(minutes=15),
    to_json=timedelta.total_seconds,
    from_json=_seconds,
)
"""How long people may decide. Silence ends in `timed_out`."""

PERMIT_TTL: Option[timedelta] = Option(
    key="permit_ttl",
    stored_as="permit_ttl_s",
    places=frozenset({Place.DEFAULTS}),
    strictest=min,
    otherwise=timedelta(minutes=15),
    to_json=timedelta.total_seconds,
    from_json=_seconds,
)
"""How long an approval may be used once its outcome has reached the caller."""

APPROVED_FOR: Option[timedelta] = Option(
    key="approved_for",
    stored_as="approved_for_s",
    places=frozenset(),
    strictest=min,
    otherwise=timedelta(hours=24),
    to_json=timedelta.total_seconds,
    from_json=_seconds,
)
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

EXTEND_MAX: Option[timedelta] = Option(
    key="extend_max",
    stored_as="extend_max_s",
    strictest=min,
    otherwise=timedelta(hours=1),
    to_json=timedelta.total_seconds,
    from_json=_seconds,
)
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

AUDIT_STRICT: Option[bool] = Option(
    key="audit",
    stored_as="audit_strict",
    places=frozenset(),
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
    PERMIT_TTL,
    APPROVED_FOR,
    RISK,
    REASON,
    REASONS,
    AUDIT_STRICT,
)
