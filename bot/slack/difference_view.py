"""What changes, where a tool declares which two arguments are a text before and after.

Drawn beside the arguments by the card, the full view and the details; never instead of them. What
stands before is the agent's word like every argument, and the line above the difference says so.
"""

import json
from functools import lru_cache

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.compared import Compared
from approvals.domain.display import one_line, shorten, visible
from approvals.domain.redaction import mask_arguments
from approvals.domain.strict_json import JsonValue
from approvals.domain.terms import DIFF
from bot.slack.arguments_view import ArgumentsText, excerpt, pages
from bot.slack.rich_text import Element, bold, code, preformatted, section
from bot.slack.text_difference import difference

PAGES_MAX = 3
"""How many pages of a full view show a difference; the arguments come after it, whole."""
_SAME = "Both are the same."
_DRAWN_ALIKE = "They differ only in blanks or lines that are drawn alike."


def difference_elements(request: ApprovalRequest) -> list[Element]:
    """Return the difference as a card shows it, cut as long arguments are; none where undeclared.

    Also none where the call has not both arguments.
    """
    found = _difference_of(request)
    if found is None:
        return []
    title = _title(request)
    if found in (_SAME, _DRAWN_ALIKE):
        return [section(*title, f" {found}")]
    shown = excerpt(_as_text(found))
    return [section(*title), preformatted(shown.text)]


def difference_pages(request: ApprovalRequest) -> tuple[tuple[Element, ...], ...]:
    """Return the difference as the first pages of a full view show it, none where undeclared."""
    found = _difference_of(request)
    if found is None or found in (_SAME, _DRAWN_ALIKE):
        return ()
    drawn = pages(_as_text(found))
    if len(drawn) > PAGES_MAX:
        drawn = (excerpt(_as_text(found)).text,)
    title = section(*_title(request))
    return tuple((title, preformatted(page)) for page in drawn)


def _title(request: ApprovalRequest) -> list[str | Element]:
    compared = request.requirement.terms[DIFF]
    assert compared is not None
    old, new = (code(shorten(one_line(name), 60)) for name in (compared.before, compared.after))
    return [bold("What changes "), "from ", old, " (as the agent says it is) to ", new, ":"]


def _as_text(found: str) -> ArgumentsText:
    return ArgumentsText(text=found, leaves=(), hidden_characters=0)


def _difference_of(request: ApprovalRequest) -> str | None:
    compared = request.requirement.terms[DIFF]
    if compared is None:
        return None
    return _drawn(compared, request.call.arguments_json, request.salt)


@lru_cache(maxsize=32)
def _drawn(compared: Compared, arguments_json: str, salt: str) -> str | None:
    arguments = json.loads(arguments_json)
    if not {compared.before, compared.after} <= arguments.keys():
        return None
    masked = mask_arguments(arguments, salt)
    assert isinstance(masked, dict)
    before, after = (_text(masked.get(name)) for name in (compared.before, compared.after))
    if before == after:
        return _SAME
    return difference(visible(before).text, visible(after).text) or _DRAWN_ALIKE


def _text(value: JsonValue) -> str:
    """Return a text as it is, nothing for null, and anything else as indented JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
