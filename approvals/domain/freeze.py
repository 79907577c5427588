"""A freeze: a channel, or the whole gateway, starts nothing until it is lifted or its time is over.

Made and lifted by `operations/freeze`, read in the transactions of submit, approve and claim, and
as a local copy on the path of allowed calls (ADR-0027). Rejecting, cancelling and the reports of
what runs already go on, and so do all clocks.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from approvals.domain import errors, freeze_errors
from approvals.domain.display import is_hidden
from approvals.domain.ids import ChannelId, UserId

ALL = "all"
"""The scope of a freeze of the whole gateway."""
REASON_MAX_CHARS = 500
FREEZE_MAX = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who froze or lifted: a person of Slack, or an account of the machine the gateway runs on."""

    user: UserId | None = None
    console: str | None = None

    def to_text(self) -> str:
        """Return it as it is stored and audited."""
        return self.user or f"console:{self.console or ''}"

    @classmethod
    def from_text(cls, stored: str) -> "Hand":
        """Read what `to_text` wrote."""
        if stored.startswith("console:"):
            return cls(console=stored.removeprefix("console:"))
        return cls(user=UserId(stored))


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """The latest freeze of one scope, in force until it is ended."""

    id: str
    scope: str
    """A channel's id, or ALL."""
    reason: str
    by: Hand
    started_at: datetime
    ends_at: datetime | None = None
    """When it ends by itself; None: it has to be lifted."""
    ended_at: datetime | None = None
    ended_by: Hand | None = None
    """Who lifted it; None where its time was over."""

    @property
    def is_everywhere(self) -> bool:
        """Whether it is of the whole gateway."""
        return self.scope == ALL

    def is_in_force(self, now: datetime) -> bool:
        """Whether nothing is started because of it; at `ends_at` itself it is over."""
        return self.ended_at is None and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        """Whether its own time has passed."""
        return self.ends_at is not None and now >= self.ends_at

    def ended(self, at: datetime, *, by: Hand | None) -> "Freeze":
        """Return it as lifted *by* somebody, or as over by itself at its own end."""
        end = self.ends_at if by is None and self.ends_at else at
        return replace(self, ended_at=end, ended_by=by)

    def covers(self, *channels: ChannelId | None) -> bool:
        """Whether it is about what belongs to any of *channels*."""
        return self.is_everywhere or self.scope in channels


def covering(
    freezes: Iterable[Freeze], *channels: ChannelId | None, now: datetime
) -> Freeze | None:
    """Return the freeze in force for any of *channels*: the whole gateway's before a channel's."""
    found = [each for each in freezes if each.covers(*channels) and each.is_in_force(now)]
    return min(found, key=lambda each: not each.is_everywhere, default=None)


def refusal(freeze: Freeze) -> errors.Frozen:
    """Return the refusal of whatever *freeze* does not let start."""
    where = "The gateway is" if freeze.is_everywhere else "The channel is"
    until = f" until {freeze.ends_at:%Y-%m-%d %H:%M} UTC" if freeze.ends_at else ""
    return errors.Frozen(
        f"{where} frozen{until}: nothing is started until the freeze is lifted. "
        f"The reason given: {freeze.reason}",
        freeze=freeze,
    )


def refuse_too_long(lasts: timedelta | None) -> None:
    """Refuse a freeze whose end nobody would remember.

    Raises:
        FreezeTooLong
    """
    if lasts is not None and lasts > FREEZE_MAX:
        raise freeze_errors.FreezeTooLong


def checked_reason(written: str) -> str:
    """Return *written* as it is kept.

    Raises:
        FreezeNeedsReason: nothing readable is left of it.
    """
    reason = " ".join("".join(" " if is_hidden(each) else each for each in written).split())
    if not reason:
        raise freeze_errors.FreezeNeedsReason
    return reason[:REASON_MAX_CHARS]
