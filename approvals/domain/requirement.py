"""What the policy answers about one tool call: every matched rule merged into one requirement.

Made by `Policy.requirement()`, frozen into the request's row as plain JSON, read by operations
(quorum, times), the card (risk, message, rules) and `sayso policy explain`. Never changed.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from approvals.domain.effect import Effect, Risk, WantedReason
from approvals.domain.ids import ChannelId, UserId
from approvals.domain.terms import (
    APPROVED_FOR,
    AUDIT_STRICT,
    OPTIONS,
    PERMIT_TTL,
    REASON,
    RISK,
    TIMEOUT,
    Terms,
)

__all__ = ["Effect", "Requirement", "Risk", "RuleMatch", "Slot", "WantedReason"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Places to be filled by approving people: *count* of them, from any of the sets *of*."""

    of: tuple[str, ...]
    count: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {"of": list(self.of), "count": self.count}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Slot":
        """Read what `to_json` wrote."""
        return cls(of=tuple(stored["of"]), count=stored["count"])


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleMatch:
    """One rule that counts for a call, and what it asks for."""

    name: str
    """As people read it: ``#prod-incidents, rule 2``."""
    place: str
    """Where it is written: ``policy.yml:23``; empty for a rule in code."""
    effect: Effect
    """What it counts as: an `allow` whose condition failed counts as `ask`."""
    slots: tuple[Slot, ...] = ()
    """Who has to approve; empty unless the effect is `ask`."""
    message: str | None = None
    error: str | None = None
    """Why the rule's condition could not be answered."""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "name": self.name,
            "place": self.place,
            "effect": self.effect.value,
            "slots": [slot.to_json() for slot in self.slots],
            "message": self.message,
            "error": self.error,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "RuleMatch":
        """Read what `to_json` wrote."""
        return cls(
            name=stored["name"],
            place=stored["place"],
            effect=Effect(stored["effect"]),
            slots=tuple(Slot.from_json(slot) for slot in stored["slots"]),
            message=stored["message"],
            error=stored["error"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """All matched rules of one call, merged to the strictest."""

    effect: Effect
    channel: ChannelId
    channel_name: str
    rules: tuple[RuleMatch, ...]
    """Everything that counted, overruled rules included; never empty."""
    terms: Terms = field(default_factory=Terms)
    """Every option of the policy, settled: ``terms[TIMEOUT]``."""
    message: str | None = None
    policy_version: str
    """SHA-256 (hex) of the policy file's bytes."""
    reasons: tuple[str, ...]
    """One sentence for each rule, for people."""
    eligible: tuple[UserId, ...] | None = None
    """Who could approve when it was asked, where only they may decide; None: whoever can now."""

    @property
    def timeout(self) -> timedelta:
        """How long people may decide."""
        return self.terms[TIMEOUT]

    @property
    def permit_ttl(self) -> timedelta:
        """How long an approval may be used once its outcome has reached the caller."""
        return self.terms[PERMIT_TTL]

    @property
    def approved_for(self) -> timedelta:
        """The hard end of an approval, counted from the decision."""
        return self.terms[APPROVED_FOR]

    @property
    def risk(self) -> Risk:
        """How loudly the card speaks."""
        return self.terms[RISK]

    @property
    def reason(self) -> WantedReason:
        """When an approver is asked why."""
        return self.terms[REASON]

    @property
    def audit_strict(self) -> bool:
        """Whether an allowed call is in the audit log before it runs."""
        return self.terms[AUDIT_STRICT]

    @property
    def slots_by_rule(self) -> tuple[tuple[Slot, ...], ...]:
        """The quorum: approved when every matched `ask` rule has its slots filled."""
        return tuple(rule.slots for rule in self.rules if rule.effect is Effect.ASK)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON; the options stand flat beside the rest."""
        return {
            "effect": self.effect.value,
            "channel": self.channel,
            "channel_name": self.channel_name,
            "rules": [rule.to_json() for rule in self.rules],
            **self.terms.to_json(),
            "message": self.message,
            "policy_version": self.policy_version,
            "reasons": list(self.reasons),
            "eligible": None if self.eligible is None else list(self.eligible),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Requirement":
        """Read what `to_json` wrote."""
        return cls(
            effect=Effect(stored["effect"]),
            channel=ChannelId(stored["channel"]),
            channel_name=stored["channel_name"],
            rules=tuple(RuleMatch.from_json(rule) for rule in stored["rules"]),
            terms=Terms.from_json(stored, OPTIONS),
            message=stored["message"],
            policy_version=stored["policy_version"],
            reasons=tuple(stored["reasons"]),
            eligible=_people(stored.get("eligible")),
        )


def _people(stored: list[str] | None) -> tuple[UserId, ...] | None:
    return None if stored is None else tuple(map(UserId, stored))
