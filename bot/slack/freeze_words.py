"""A freeze in words: who froze what, why and until when, and how it ended.

Used by the channel's messages, by cards and by private sentences, so that all of them say the same.
A person's reason stands where nothing in it is parsed.
"""

from approvals.domain.display import one_line, shorten
from approvals.domain.freeze import Freeze, Hand
from bot.slack.card_text import length
from bot.slack.escaping import untrusted
from bot.slack.rich_text import Element, bold, moment, person, quote, section

REASON_MAX_CHARS = 300


def frozen_line(freeze: Freeze) -> list[str | Element]:
    """Return ``Frozen by @x until …`` for a card."""
    what = "Everything is frozen" if freeze.is_everywhere else "This channel is frozen"
    return [bold(f"❄ {what} "), "by ", *hand(freeze.by), *until(freeze), ": approving is refused."]


def reason_of(freeze: Freeze) -> Element:
    """Return the reason as a quotation."""
    return quote(shorten(one_line(freeze.reason), REASON_MAX_CHARS))


def told(freeze: Freeze) -> list[Element]:
    """Return what a channel is told: that it is frozen, or that this has ended."""
    if freeze.ended_at is None:
        what = "Everything is frozen" if freeze.is_everywhere else "This channel is frozen"
        return [
            section(bold(f"❄ {what} "), "by ", *hand(freeze.by), *until(freeze), "."),
            reason_of(freeze),
            section(
                "No agent starts a tool or a task here, and nothing can be approved. What runs "
                "already goes on to its end. Rejecting and cancelling work as ever, and time "
                "limits go on."
            ),
        ]
    lasted = length(freeze.ended_at - freeze.started_at)
    what = "Everything" if freeze.is_everywhere else "This channel"
    who: list[str | Element] = [", its time is over"]
    if freeze.ended_by is not None:
        who = [", lifted by ", *hand(freeze.ended_by)]
    return [section(bold(f"☀ {what} is no longer frozen"), f" after {lasted}", *who, ".")]


def phone_text(freeze: Freeze) -> str:
    """Return the message's `text`, escaped."""
    what = "Everything" if freeze.is_everywhere else "This channel"
    if freeze.ended_at is not None:
        return f"☀ {what} is no longer frozen"
    return f"❄ {what} is frozen: {untrusted(freeze.reason, 80)}"


def sentence(freeze: Freeze) -> str:
    """Return the same as mrkdwn, for one person."""
    what = "Everything is frozen" if freeze.is_everywhere else "This channel is frozen"
    ends = ""
    if freeze.ends_at is not None:
        fallback = f"{freeze.ends_at:%Y-%m-%d %H:%M} UTC"
        at = int(freeze.ends_at.timestamp())
        ends = f" until <!date^{at}^{{date_short_pretty}} at {{time}}|{fallback}>"
    reason = untrusted(freeze.reason, REASON_MAX_CHARS)
    return f"❄ {what} by {hand_in_text(freeze.by)}{ends}: “{reason}”"


def hand(by: Hand) -> list[str | Element]:
    """Return who did it."""
    if by.user is not None:
        return [person(by.user)]
    return [f"{shorten(one_line(by.console or ''), 60)} at the gateway's console"]


def hand_in_text(by: Hand) -> str:
    """Return the same as mrkdwn."""
    if by.user is not None:
        return f"<@{by.user}>"
    return f"{untrusted(by.console or '', 60)} at the gateway's console"


def until(freeze: Freeze) -> list[str | Element]:
    """Return when it ends by itself, nothing where it has to be lifted."""
    return [] if freeze.ends_at is None else [" until ", moment(freeze.ends_at)]
