"""What the policy answers about one tool call: every matched rule merged into one requirement.

Made by `Policy.requirement()`, frozen into the request's row as plain JSON, read by operations
(quorum, times), the card (risk, message, rules) and `sayso policy explain`. Never changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from approvals.domain.ids import ChannelId, UserId


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


_EFFECTS = tuple(Effect)
_RISKS = tuple(Risk)


def strictest(effects: Iterable[Effect]) -> Effect:
    """Return the strictest of at least one effect, in whatever order they come."""
    return max(effects, key=_EFFECTS.index)


def highest(risks: Iterable[Risk], default: Risk) -> Risk:
    """Return the highest risk, or *default* where nobody named one."""
    return max(risks, key=_RISKS.index, default=default)


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
    timeout: timedelta
    permit_ttl: timedelta
    approved_for: timedelta = timedelta(hours=24)
    """The hard end of an approval, counted from the decision."""
    risk: Risk = Risk.MEDIUM
    message: str | None = None
    reason: str = "on_reject"
    """When an approver is asked for a reason: `off`, `on_reject` or `always`."""
    audit_strict: bool = False
    policy_version: str
    """SHA-256 (hex) of the policy file's bytes."""
    reasons: tuple[str, ...]
    """One sentence for each rule, for people."""
    eligible: tuple[UserId, ...] | None = None
    """Who could approve when it was asked, where only they may decide; None: whoever can now."""

    @property
    def slots_by_rule(self) -> tuple[tuple[Slot, ...], ...]:
        """The quorum: approved when every matched `ask` rule has its slots filled."""
        return tuple(rule.slots for rule in self.rules if rule.effect is Effect.ASK)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON; times as seconds."""
        return {
            "effect": self.effect.value,
            "channel": self.channel,
            "channel_name": self.channel_name,
            "rules": [rule.to_json() for rule in self.rules],
            "timeout_s": self.timeout.total_seconds(),
            "permit_ttl_s": self.permit_ttl.total_seconds(),
            "approved_for_s": self.approved_for.total_seconds(),
            "risk": self.risk.value,
            "message": self.message,
            "reason": self.reason,
            "audit_strict": self.audit_strict,
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
            timeout=timedelta(seconds=stored["timeout_s"]),
            permit_ttl=timedelta(seconds=stored["permit_ttl_s"]),
            approved_for=timedelta(seconds=stored["approved_for_s"]),
            risk=Risk(stored["risk"]),
            message=stored["message"],
            reason=stored["reason"],
            audit_strict=stored["audit_strict"],
            policy_version=stored["policy_version"],
            reasons=tuple(stored["reasons"]),
            eligible=_people(stored.get("eligible")),
        )


def _people(stored: list[str] | None) -> tuple[UserId, ...] | None:
    return None if stored is None else tuple(map(UserId, stored))
