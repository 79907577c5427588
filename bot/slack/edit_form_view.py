"""What the form looks like in which an approver changes a call's arguments.

A field for each argument that can be changed, drawn from the tool's schema; what cannot is shown
beneath, never cut inside a field. What a field means is `domain/argument_form`'s word.
"""

from typing import Any

from approvals.domain.argument_form import ArgumentForm
from approvals.domain.display import one_line, shorten
from approvals.domain.terms import EDITOR_MAY_APPROVE
from approvals.operations.open_edit import EditWindow
from approvals.operations.ports import CardContent
from bot.slack.arguments_view import drawn_arguments, excerpt
from bot.slack.escaping import plain_text
from bot.slack.form_fields import field_input
from bot.slack.full_view import place_of, write_place
from bot.slack.rich_text import Element, bold, code, preformatted, rich_text, section

EDIT_FORM = "sayso:edit_form"


def edit_form_view(window: EditWindow) -> dict[str, Any]:
    """Return the form as a modal; without anything to change it can only be closed."""
    content, form = window.content, window.form
    request = content.request
    view = {
        "type": "modal",
        "callback_id": EDIT_FORM,
        "title": plain_text("Edit this call"),
        "close": plain_text("Back"),
        "private_metadata": write_place(place_of(content)),
        "blocks": [
            rich_text(f"call:{request.id}", _what_follows(content, form)),
            *(field_input(place, field) for place, field in enumerate(form.fields)),
            *_fixed(content, form),
        ],
    }
    return view | ({"submit": plain_text("Save changes")} if form.fields else {})


def _what_follows(content: CardContent, form: ArgumentForm) -> list[Element]:
    request = content.request
    tool = section(bold("Tool "), code(shorten(one_line(request.call.tool), 200)))
    if not form.fields:
        return [tool, section("Nothing of this call can be changed here. Reject it and say why.")]
    alone = request.requirement.terms[EDITOR_MAY_APPROVE]
    who = "" if alone else " Then somebody else than you has to approve it."
    return [
        tool,
        section(
            f"The rules are asked again about what you change, and approvals given so far count "
            f"no more.{who} The agent is told what you changed."
        ),
    ]


def _fixed(content: CardContent, form: ArgumentForm) -> list[dict[str, Any]]:
    """Show what stays what it is, and why."""
    if not form.fixed:
        return []
    request = content.request
    values = {each.name: request.call.arguments[each.name] for each in form.fixed}
    shown = excerpt(drawn_arguments(values, request.salt))
    lines = [
        section("• ", code(shorten(one_line(each.name), 150)), f": {each.why.value}")
        for each in form.fixed[:40]
    ]
    more = len(form.fixed) - 40
    drawn: list[Element] = [section(bold("Stays as it is")), *lines]
    if more > 0:
        drawn.append(section(f"and {more} more"))
    if shown.text:
        drawn.append(preformatted(shown.text))
    return [rich_text(f"fixed:{request.id}", drawn)]
