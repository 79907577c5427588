"""Opening the form in which an approver changes a call: who may, and what the form is drawn from.

Called by a door's Edit button. `edit_request` makes the same checks again when it is submitted.
"""

import asyncio
import json
from dataclasses import dataclass

from approvals.domain import edit_errors, errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.argument_form import ArgumentForm, argument_form
from approvals.domain.card import Card
from approvals.domain.decision import Approver, refuse_non_editor
from approvals.domain.inquiry import is_inquiry
from approvals.domain.terms import EDIT
from approvals.operations.check_decider import pending_presser, refuse_outdated
from approvals.operations.click import Answer, Click
from approvals.operations.decide import with_people
from approvals.operations.desk import Desk
from approvals.operations.hearing import Hearing
from approvals.operations.people_now import of_then_and_now
from approvals.operations.ports import CardContent
from approvals.operations.read_card import read_content
from approvals.operations.record_refusal import refuse
from approvals.operations.shared_cards import locked_request

WANTED = "edit"
EDITS_MAX = 20
"""Each keeps the arguments before it."""
_DRAWN_ON_THE_LOOP_MAX_CHARS = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class EditWindow:
    """What the form shows."""

    content: CardContent
    form: ArgumentForm


async def open_edit(desk: Desk, click: Click) -> EditWindow | Answer:
    """Return the form for the pressed card's call, or the refusal with its reason.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    content = await with_people(desk, click, _open)
    if isinstance(content, Answer):
        return content
    return EditWindow(content=content, form=await form_of(desk, content.request))


def _open(hearing: Hearing) -> CardContent | Answer:
    try:
        request, card, _ = editable(hearing)
    except errors.DecisionRefused as refusal:
        return refuse(hearing, refusal, wanted=WANTED)
    policy = hearing.desk.policy()
    return read_content(hearing.tx, request, card, policy=policy, now=hearing.at)


def editable(hearing: Hearing) -> tuple[ApprovalRequest, Card, Approver]:
    """Return the request, the pressed card and the person, who may change the call shown there.

    Raises:
        DecisionRefused: why not.
        PeopleMissing
    """
    request = locked_request(hearing.tx, hearing.click.request_id)
    card, person, counts = pending_presser(hearing.on(request), request)
    refuse_non_editor(person, request, slots=[slot for each in counts.rules for slot in each])
    has_form = request.schema_digest is not None and not is_inquiry(request.call)
    if not has_form or not of_then_and_now(EDIT, request, counts.now):
        raise edit_errors.EditNotAllowed(request=request)
    if not request.is_alone:
        raise edit_errors.EditShared(request=request)
    if len(request.edits) >= EDITS_MAX:
        raise edit_errors.EditedTooOften(request=request)
    refuse_outdated(request, hearing.click)
    return request, card, person


async def form_of(desk: Desk, request: ApprovalRequest) -> ArgumentForm:
    """Return the form of *request*; without its schema nothing in it can be changed.

    Raises:
        StoreUnavailable
    """
    digest = request.schema_digest
    kept = await desk.store.write(lambda tx: tx.schema(digest)) if digest else None
    schema = json.loads(kept.text) if kept else False
    if len(request.call.arguments_json) <= _DRAWN_ON_THE_LOOP_MAX_CHARS:
        return argument_form(request.call, schema, request.salt)
    return await asyncio.to_thread(argument_form, request.call, schema, request.salt)
