"""The words around a question people ask people: as typed, and what the asker is told.

Used by the verb `ask` and by the form behind "Ask for approval".
"""

import re
from datetime import datetime, timedelta

from approvals.domain.approval_request import ApprovalRequest
from bot.slack.card_text import length
from bot.slack.cards import approvals_needed
from bot.slack.escaping import unescape, untrusted

_LABELLED = re.compile(r"<(?:@[UW]|#[CG]|!subteam\^S)[A-Z0-9]+\|([^>]+)>")
_SIGILS = {"@": "@", "#": "#", "!": ""}
_LINK = re.compile(r"<((?:https?|mailto):[^>|]+)(?:\|[^>]*)?>")


def plain_words(text: str) -> str:
    """Return what Slack sent as a person reads it: names for tokens, links as addresses."""

    def name(match: re.Match[str]) -> str:
        return f"{_SIGILS[match[0][1]]}{match[1]}"

    return unescape(_LINK.sub(r"\1", _LABELLED.sub(name, text)))


def asked_sentence(request: ApprovalRequest, now: datetime, *, within: timedelta | None) -> str:
    """Return what the asker is told; *within* is the time they wanted to give."""
    if not request.is_pending:
        return f"That was asked before as `{request.short_id}`, and has ended."
    left = length(request.expires_at - now)
    limit = (
        " (the longest the rules give)" if within and within > request.requirement.timeout else ""
    )
    needed = untrusted(approvals_needed(request.requirement), 300)
    return (
        f"Asked as `{request.short_id}` in <#{request.channel}>. It needs {needed}, and closes in "
        f"{left}{limit}. You are told here how it ends; you may reject it yourself."
    )
