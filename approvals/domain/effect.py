"""What a rule answers, how loudly its card speaks, and when people are asked why.

Read by the policy's reader, merged by `merging`, frozen into the requirement.
"""

from collections.abc import Iterable
from enum import StrEnum


class Effect(StrEnum):
    """A rule's answer. `deny` beats `ask` beats `allow`."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


class Risk(StrEnum):
    """How loudly the card speaks."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class WantedReason(StrEnum):
    """When an approver is asked why, from the least to the most asking."""

    OFF = "off"
    ON_REJECT = "on_reject"
    ALWAYS = "always"


class Mention(StrEnum):
    """From when on people are called by mentioning them, from the quietest to the loudest."""

    NEVER = "never"
    REMINDERS = "reminders"
    FIRST = "first"


class CardShows(StrEnum):
    """What a card in a channel shows of its call."""

    OPEN = "open"
    PRIVATE = "private"
    """No argument, no result, nobody's words: approvers read them in a window of their own."""


_EFFECTS = tuple(Effect)
_RISKS = tuple(Risk)
_WANTED = tuple(WantedReason)
_MENTIONS = tuple(Mention)
_SHOWS = tuple(CardShows)


def strictest(effects: Iterable[Effect]) -> Effect:
    """Return the strictest of at least one effect, in whatever order they come."""
    return max(effects, key=_EFFECTS.index)


def highest(risks: Iterable[Risk]) -> Risk:
    """Return the highest of at least one risk."""
    return max(risks, key=_RISKS.index)


def most_wanted(reasons: Iterable[WantedReason]) -> WantedReason:
    """Return the one of at least one that asks most often."""
    return max(reasons, key=_WANTED.index)


def most_private(shows: Iterable[CardShows]) -> CardShows:
    """Return `private` where any of at least one is."""
    return max(shows, key=_SHOWS.index)


def loudest(mentions: Iterable[Mention]) -> Mention:
    """Return the one of at least one that calls people earliest."""
    return max(mentions, key=_MENTIONS.index)


class Audit(StrEnum):
    """When an allowed call is written into the audit log; without a word, in batches."""

    STRICT = "strict"
    """Before it runs."""
