"""What people do in modals and the App Home: use an element, submit, close."""

from bot.sandbox.delivery.envelopes import INTERACTIVE, Ack
from bot.sandbox.error_codes import SlackError
from bot.sandbox.hands.clicks import Click, with_clicked
from bot.sandbox.hands.reach import InteractionResult, Reach, refused, result_of
from bot.sandbox.inputs import (
    InputValues,
    NoSuchChoiceError,
    action_fields,
    find_element,
    required_but_empty,
    state_values,
    wrong_length,
)
from bot.sandbox.nouns import JsonObject, OpenView, Person
from bot.sandbox.view_shelf import STACK_MAX
from bot.sandbox.web_api.views import ready_view


async def click_view(
    reach: Reach, person: Person, *, opened: OpenView, click: Click
) -> InteractionResult:
    """Send block_actions for an element of a modal or Home."""
    blocks = opened.view["blocks"]
    found = find_element(blocks, click.action_id, click.block_id)
    if found is None:
        return refused("no_such_button")
    block, element = found
    try:
        opened = _remember(reach, opened, with_clicked(blocks, click))
        fields = action_fields(element, click.value)
    except NoSuchChoiceError:
        return refused("no_such_choice")
    payload = reach.payloads.view_click(person, opened)
    payload["actions"] = [reach.payloads.action(block["block_id"], element, fields)]
    return result_of(await reach.send_interactive(person.id, payload))


async def submit(
    reach: Reach, person: Person, *, opened: OpenView, values: InputValues | None
) -> InteractionResult:
    """Send view_submission unless an input is missing, then do what the app answers."""
    if opened.view["type"] != "modal" or opened.view["submit"] is None:
        return refused("no_such_button")
    try:
        opened = _remember(reach, opened, values or {})
    except NoSuchChoiceError:
        return refused("no_such_choice")
    blocks, filled = opened.view["blocks"], opened.view["state"]["values"]
    missing = required_but_empty(blocks, filled) | wrong_length(blocks, filled)
    if missing:
        reach.workspace.views.show_errors(opened, missing)
        return InteractionResult(acked=False, error="invalid_inputs", errors=missing)
    payload = reach.payloads.view_submission(person, opened)
    ack = await reach.send_interactive(person.id, payload, takes_answer=True)
    if ack.error is not None:
        return result_of(ack)
    return _obey(reach, opened, ack)


async def close(
    reach: Reach, person: Person, *, opened: OpenView, whole_stack: bool
) -> InteractionResult:
    """Close one modal or the whole stack, telling the app where it asked to be told."""
    stack = reach.workspace.view_stack(person.id)
    closing = list(reversed(stack)) if whole_stack else [opened]
    for view in closing:
        reach.workspace.views.close(view)
    result = InteractionResult(acked=True)
    for view in closing:
        if view.view["notify_on_close"]:
            payload = reach.payloads.view_closed(person, view, is_cleared=whole_stack)
            result = result_of(await reach.deliveries.send(INTERACTIVE, payload))
    return result


def _remember(reach: Reach, opened: OpenView, given: InputValues) -> OpenView:
    kept = opened.view["state"]["values"]
    values = state_values(opened.view["blocks"], given, kept)
    return reach.workspace.views.remember_state(opened, values)


def _obey(reach: Reach, submitted: OpenView, ack: Ack) -> InteractionResult:
    """Carry out the answer to a submission: close, errors, update, push or clear."""
    answer = ack.answer or {}
    opened = reach.workspace.views.find(submitted.id)
    if opened is None:
        return result_of(ack)
    try:
        errors = _carry_out(reach, opened, answer)
    except SlackError as error:
        reach.workspace.views.show_errors(opened, {})
        return InteractionResult(acked=True, error=error.code, answer=ack.answer)
    return InteractionResult(acked=True, errors=errors, answer=ack.answer, ack_s=ack.after_s)


def _carry_out(reach: Reach, opened: OpenView, answer: JsonObject) -> dict[str, str]:
    views = reach.workspace.views
    action = answer.get("response_action")
    if action is None:
        if opened.view["clear_on_close"]:
            views.close_all(opened.person_id)
        else:
            views.close(opened)
    elif action == "clear":
        views.close_all(opened.person_id)
    elif action == "errors":
        return _show_errors(reach, opened, answer)
    elif action == "update":
        views.replace(opened, ready_view(answer.get("view")))
    elif action == "push":
        if len(views.stack(opened.person_id)) >= STACK_MAX:
            raise SlackError("push_limit_reached")
        views.push(opened.person_id, ready_view(answer.get("view")))
    else:
        raise SlackError("invalid_arguments")
    return {}


def _show_errors(reach: Reach, opened: OpenView, answer: JsonObject) -> dict[str, str]:
    errors = answer.get("errors")
    inputs = {b["block_id"] for b in opened.view["blocks"] if b["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise SlackError("invalid_arguments")
    shown = {block_id: str(sentence) for block_id, sentence in errors.items()}
    reach.workspace.views.show_errors(opened, shown)
    return shown
