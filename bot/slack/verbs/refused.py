"""What somebody is told whose verb was refused; mrkdwn, everything untrusted escaped here."""

from approvals.domain import errors, look_errors
from approvals.domain.approval_request import ApprovalRequest
from bot.slack.card_text import call_in_words
from bot.slack.escaping import escape, untrusted
from bot.slack.sentences import unreadable_sentence

_MESSAGE_MAX_CHARS = 1_000
_SENTENCES = {
    errors.RequestUnknown.code: (
        "There is no such request that you may see: none of this channel, and none that is pending "
        "elsewhere. An older one of another channel needs its whole id."
    ),
    errors.ChannelUnknown.code: (
        "Sayso has no rules for this channel. Whoever runs Sayso adds it to the policy."
    ),
}
_READING = frozenset(
    each.code
    for each in (
        errors.BotMayNotDecide,
        errors.GuestMayNotDecide,
        errors.ExternalMayNotDecide,
        errors.DeactivatedMayNotDecide,
        errors.IdentityUnverified,
    )
)


def refused(refusal: errors.Refusal) -> str:
    """Return the sentence."""
    if isinstance(refusal, look_errors.IdAmbiguous):
        return _ambiguous(refusal)
    if isinstance(refusal, errors.StoreUnavailable):
        return f"⚠ Sayso cannot read what it stores just now ({escape(refusal.code)}). Try again."
    if refusal.code in _READING:
        return unreadable_sentence(refusal)
    return _SENTENCES.get(refusal.code) or untrusted(refusal.message, _MESSAGE_MAX_CHARS)


def _ambiguous(refusal: errors.Refusal) -> str:
    found = [
        each for each in refusal.facts.get("requests", ()) if isinstance(each, ApprovalRequest)
    ]
    lines = [f"• `{each.id}` {untrusted(call_in_words(each), 200)}" for each in found]
    return "\n".join(["Several requests have an id that ends so. Which one?", *lines])
