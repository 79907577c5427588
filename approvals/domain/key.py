"""A key: with it a program comes in from outside, in the name of an agent or of a person.

Made and taken back by `operations/create_key` and `revoke_key`, recognised by `authenticate`. Only
the digest of its secret is stored; how the secret is written is `key_secret` (ADR-0034).
"""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from approvals.domain import key_errors
from approvals.domain.display import is_hidden
from approvals.domain.ids import SHORT_ID_CHARS, ChannelId, KeyId, TeamId, UserId
from approvals.domain.limits import MOST, Limits

AGENT_MAX_CHARS = 80
LASTS_MAX = timedelta(days=3650)
_PERSON = re.compile(r"[UW][A-Z0-9]{1,30}", re.ASCII)


class Scope(StrEnum):
    """What a key may do."""

    REQUEST = "request"
    """Ask for approval, cancel, claim and report."""
    READ = "read"
    """Read requests and how they ended."""
    RUNS = "runs"
    """Start runs of agent tasks and read them."""
    DECIDE = "decide"
    """Decide as its owner; never with an agent's key."""


_AGENTS = frozenset({Scope.REQUEST, Scope.RUNS})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAsked:
    """A key that somebody wants."""

    scopes: frozenset[Scope]
    owner: UserId
    agent: str | None = None
    """None for a key that asks: it is called after the key."""
    channel: ChannelId | None = None
    """Whose rules hold for whatever comes in with it; None: the policy says."""
    lasts: timedelta | None = None
    """None: until it is revoked."""
    pending: int | None = None
    """How many questions of its agent may wait where it asks one more; None: as many as of any."""
    new_per_minute: int | None = None
    """How many questions of its agent are taken within a minute with it."""

    def __post_init__(self) -> None:
        """Refuse what no key can be.

        Raises:
            KeyMistyped, DecideIsPersonal
        """
        if not self.scopes:
            raise key_errors.KeyMistyped("Say what the key may do: --scope request, for example.")
        if not _PERSON.fullmatch(self.owner):
            raise key_errors.KeyMistyped(
                f"{self.owner!r:.60} is not a Slack person's id (U… or W…). Copy it from their "
                "profile in Slack: More, Copy member ID."
            )
        if Scope.DECIDE in self.scopes and (self.agent is not None or self.scopes & _AGENTS):
            raise key_errors.DecideIsPersonal
        if self.agent is not None:
            _refuse_name(self.agent)
        if self.lasts is not None and not timedelta() < self.lasts <= LASTS_MAX:
            raise key_errors.KeyMistyped(f"A key lasts at most {LASTS_MAX.days} days.")
        for limit in (self.pending, self.new_per_minute):
            _refuse_limit(limit, may_ask=Scope.REQUEST in self.scopes)

    @property
    def needs_agent(self) -> bool:
        """Whether what it does is done by an agent."""
        return bool(self.scopes & _AGENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key. Its secret is known to whoever was given it, and to nobody here."""

    id: KeyId
    digest: str = field(repr=False)
    """SHA-256 of the whole secret, in hex."""
    scopes: frozenset[Scope]
    owner: UserId
    """Whose key it is; with `decide`, who decides."""
    team: TeamId | None = None
    """The owner's workspace; None: our own."""
    agent: str | None = None
    """The agent it speaks for; None for a person's own key."""
    channel: ChannelId | None = None
    created_at: datetime
    pending: int | None = None
    new_per_minute: int | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    """Written at most once in USE_NOTED_EVERY."""
    refused_at: datetime | None = None
    """When a refusal of its secret was last audited."""

    @property
    def short_id(self) -> str:
        """Return what people call it."""
        return self.id[-SHORT_ID_CHARS:]

    def is_in_force(self, now: datetime) -> bool:
        """Whether it opens anything; at `expires_at` itself it does not any more."""
        return self.revoked_at is None and not self.has_expired(now)

    def has_expired(self, now: datetime) -> bool:
        """Whether its own time is over."""
        return self.expires_at is not None and now >= self.expires_at

    def may(self, scope: Scope) -> bool:
        """Whether it has *scope*; a row that says an agent may decide is not believed."""
        if scope is Scope.DECIDE and (self.agent is not None or self.scopes & _AGENTS):
            return False
        return scope in self.scopes

    def require(self, scope: Scope) -> None:
        """Return if it may.

        Raises:
            ScopeMissing: the message names the scope.
        """
        if not self.may(scope):
            raise key_errors.ScopeMissing(
                f"This key may not do this: it lacks the scope {scope.value!r}. Scopes are fixed "
                "when a key is made; ask whoever runs the gateway for another key.",
                scope=scope.value,
            )

    def within(self, limits: Limits) -> Limits:
        """Return what holds for what is asked with it, where *limits* hold for everyone."""
        return limits.lowered(pending=self.pending, new=self.new_per_minute)

    def revoked(self, at: datetime) -> "Key":
        """Return it as taken back; one that was taken back before stays as it was."""
        return self if self.revoked_at else replace(self, revoked_at=at)


def _refuse_name(agent: str) -> None:
    """Refuse a name that people could not read on a card, or could take for another.

    Raises:
        KeyMistyped
    """
    if not agent.strip() or agent != agent.strip() or any(is_hidden(each) for each in agent):
        raise key_errors.KeyMistyped(
            "The agent's name has to be readable: no spaces around it, nothing hidden in it."
        )
    if len(agent) > AGENT_MAX_CHARS:
        raise key_errors.KeyMistyped(f"The agent's name has at most {AGENT_MAX_CHARS} characters.")


def _refuse_limit(limit: int | None, *, may_ask: bool) -> None:
    """Refuse a limit that would let nothing in, or would hold nothing back.

    Raises:
        KeyMistyped
    """
    if limit is None:
        return
    if not may_ask:
        raise key_errors.KeyMistyped("Only a key that asks has limits: --scope request.")
    if not 1 <= limit <= MOST:
        raise key_errors.KeyMistyped(f"A limit is a number from 1 to {MOST}.")
