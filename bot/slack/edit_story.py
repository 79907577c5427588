"""How people changed a call before it was decided, in words: on its card and in its details."""

import json

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.display import one_line, shorten
from approvals.domain.edit import Change, changes
from approvals.domain.redaction import mask_arguments
from approvals.operations.ports import CardContent
from bot.slack.card_text import counted
from bot.slack.rich_text import Element, bold, code, joined, moment, person, section

EDITS_MAX = 3
CHANGES_MAX = 5
VALUE_MAX_CHARS = 40
PATH_MAX_CHARS = 60


def edit_story(content: CardContent, *, whole: bool = False) -> list[Element]:
    """Return who changed what, the latest changes last; empty where nobody did.

    Of a private request that it was changed, unless the *whole* is asked for.
    """
    request = content.request
    if not request.edits:
        return []
    told = [section(*_edit(request, number, whole=whole)) for number in range(len(request.edits))]
    earlier = len(told) - EDITS_MAX
    shown = told[-EDITS_MAX:]
    if earlier > 0:
        shown.insert(0, section(f"Changed {counted(earlier, 'time')} before that."))
    if request.is_pending:
        shown.extend(_who_is_out(content))
    return shown


def changed_words(
    request: ApprovalRequest, number: int, *, whole: bool = False
) -> list[str | Element]:
    """Return what edit *number* (from 0) changed and voided, as the end of a sentence."""
    edit = request.edits[number]
    void = ""
    if edit.voided:
        void = f" {counted(len(edit.voided), 'approval')} given before counts no more."
    if request.is_private and not whole:
        return [f"what is different stands in Details.{void}"]
    states = [*(each.before for each in request.edits), request.call.arguments_json]
    before, after = (
        mask_arguments(json.loads(state), request.salt) for state in states[number : number + 2]
    )
    found = changes(before, after)
    parts: list[list[str | Element]] = [_change(each) for each in found[:CHANGES_MAX]]
    if len(found) > CHANGES_MAX:
        parts.append([f"and {len(found) - CHANGES_MAX} more"])
    return [*joined(parts, "; "), f".{void}"]


def _edit(request: ApprovalRequest, number: int, *, whole: bool) -> list[str | Element]:
    edit = request.edits[number]
    line: list[str | Element] = [bold("✏ Changed by "), person(edit.by), " "]
    return [
        *line,
        moment(edit.at, seconds=True),
        ": ",
        *changed_words(request, number, whole=whole),
    ]


def _who_is_out(content: CardContent) -> list[Element]:
    out = sorted(content.barred)
    if not out:
        return []
    names = joined(([person(each)] for each in out), ", ")
    return [section(*names, " changed it, so somebody else has to approve it.")]


def _change(change: Change) -> list[str | Element]:
    path = shorten(one_line(change.path), PATH_MAX_CHARS)
    return [bold(path), " ", *_value(change.before), " → ", *_value(change.after)]


def _value(text: str | None) -> list[str | Element]:
    if text is None:
        return ["(nothing)"]
    shown = one_line(text)
    if len(shown) > VALUE_MAX_CHARS:
        return [f"({counted(len(text), 'character')})"]
    return [code(shown)]
