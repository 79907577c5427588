"""What an option of the policy is, and how what several places say about it is settled.

The options themselves are in `terms`; this file knows none of them.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from approvals.domain.effect import Effect

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
    silence_counts: bool = False
    """Whether each asking rule has its word: a silent one says what its channel or defaults say."""


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
    def from_json(cls, stored: Mapping[str, Any], options: Iterable[Option[Any]]) -> "Terms":
        """Read what `to_json` wrote of *options*, among whatever else *stored* holds."""
        return cls(
            {
                option: option.from_json(stored[option.stored_as])
                for option in options
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


def settle(sources: Sources, options: Iterable[Option[Any]]) -> Terms:
    """Return what holds of *options*: the rules' strictest, else the channel's, else the defaults'.

    An option that nobody sets is left out; it reads as `Option.otherwise`.
    """
    settled = {}
    for option in options:
        around = sources.channel.said(option)
        around = sources.defaults.said(option) if around is None else around
        said = [
            terms.said(option)
            for effect, terms in sources.rules
            if effect in option.effects and (option in terms or option.silence_counts)
        ]
        if option.silence_counts:
            silent = option.otherwise if around is None else around
            said = [silent if word is None else word for word in said]
        value = option.strictest(said) if said else around
        if value is not None:
            settled[option] = value
    return Terms(settled)


def stricter(options: Iterable[Option[Any]], *settled: Terms) -> Terms:
    """Return the strictest of what holds in each of *settled*; what none says stays unsaid."""
    merged = {}
    for option in options:
        if any(option in terms for terms in settled):
            held = [terms[option] for terms in settled]
            merged[option] = option.strictest(value for value in held if value is not None)
    return Terms(merged)
