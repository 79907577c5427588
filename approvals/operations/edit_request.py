"""An approver changes the arguments of a pending call: checked as a click, judged as a new call.

Called when the form is submitted. What was approved before is void, the rules are asked about the
new arguments, and whoever changed them needs another person to approve, unless the rules say
otherwise. Nothing is stored when anything is wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from approvals.domain import edit_errors, errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import CardKind
from approvals.domain.decision import Approver
from approvals.domain.edit import Edit
from approvals.domain.edited_requirement import of_both
from approvals.domain.editing import edited, edited_event
from approvals.domain.form_reading import edited_call
from approvals.domain.jobs_after import card_job
from approvals.domain.requirement import Effect, Risk
from approvals.domain.tool_call import ToolCall
from approvals.operations.before_asking import shows_everything
from approvals.operations.click import Answer, Click, PeopleMissing, Presser
from approvals.operations.decide import with_people
from approvals.operations.desk import Desk
from approvals.operations.hearing import Hearing
from approvals.operations.open_edit import WANTED, editable, form_of
from approvals.operations.people_now import (
    members_of,
    nobody_left,
    of_both_moments,
    requirement_now,
    rules_in_force,
    rules_to_come,
    set_names,
    with_rung_people,
)
from approvals.operations.record_refusal import refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filled:
    """A filled-in form, read before the transaction: what it makes of which call."""

    base: str
    """The digest of the call the form was filled in for."""
    call: ToolCall | None = None
    shows_everything: bool = False
    wrong: edit_errors.InvalidEdit | None = None


async def edit_request(desk: Desk, click: Click, given: Mapping[int, str | None]) -> Answer:
    """Store the changed call, or the refusal with its reason; *given* are the fields' texts.

    A field that is missing was not touched. The click names the digest the form was drawn for.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    at = desk.clock.now()
    filled = await _read(desk, click, given)
    return await with_people(desk, click, partial(_edit, filled=filled), at=at)


async def _read(desk: Desk, click: Click, given: Mapping[int, str | None]) -> _Filled:
    request = await desk.store.request(click.request_id)
    if request is None or request.call.digest != click.digest:
        return _Filled(base="")
    form = await form_of(desk, request)
    base = request.call.digest
    texts = [given.get(place, field.shown) for place, field in enumerate(form.fields)]
    try:
        call = edited_call(request.call, form, texts)
        whole = await shows_everything(desk, replace(request, call=call))
    except edit_errors.InvalidEdit as wrong:
        return _Filled(base=base, wrong=wrong)
    except errors.InvalidArguments as refusal:
        fields = {0: refusal.message}
        return _Filled(base=base, wrong=edit_errors.InvalidEdit(refusal.message, fields=fields))
    return _Filled(base=base, call=call, shows_everything=whole)


def _edit(hearing: Hearing, *, filled: _Filled) -> Answer:
    tx, at = hearing.tx, hearing.at
    try:
        request, _, person = editable(hearing)
        if filled.base != request.call.digest:
            raise edit_errors.CardOutdated(request=request)
        if filled.wrong is not None:
            return Answer(request=request, refusal=filled.wrong)
        assert filled.call is not None
        changed = _judged(hearing, request, filled.call, person=person)
    except errors.DecisionRefused as refusal:
        return refuse(hearing, refusal, wanted=WANTED)
    tx.save_edited(changed)
    tx.void_decisions(changed.id)
    for card in tx.cards(changed.id):
        if card.kind is not CardKind.VIEW:
            tx.save_card(replace(card, shows_everything=filled.shows_everything))
    tx.record(edited_event(changed))
    tx.enqueue(card_job(changed, at))
    return Answer(request=changed)


def _judged(
    hearing: Hearing, request: ApprovalRequest, call: ToolCall, *, person: Approver
) -> ApprovalRequest:
    """Return the request as it would stand with *call*, judged by the policy in force.

    Raises:
        EditDenied: a rule denies the changed call.
        NobodyElseToApprove: it could never be approved.
        PeopleMissing
    """
    policy, who = hearing.desk.policy(), hearing.who
    now = policy.requirement(call, channel=request.requirement.channel)
    if now.effect is Effect.DENY:
        raise edit_errors.EditDenied(now.message, request=request)
    voided = tuple(each.user for each in hearing.tx.decisions(request.id))
    edit = Edit(
        by=person.user,
        team=person.team,
        at=hearing.at,
        before=request.call.arguments_json,
        voided=voided,
    )
    changed = edited(request, call, of_both(request.requirement, now), edit=edit)
    in_force = requirement_now(policy, changed)
    rules = rules_to_come(changed, rules_in_force(changed, in_force))
    if missing := set_names(rules) - who.people.keys():
        raise PeopleMissing(missing | who.people.keys(), fresh=who.is_fresh)
    if changed.requirement.risk is Risk.HIGH:
        changed = _of_both_moments(
            changed, request, names=set_names(in_force.slots_by_rule), who=who
        )
    people = of_both_moments(
        {name: who.people[name] for name in set_names(rules)}, changed.requirement
    )
    if nobody_left(rules, people, changed.may_not_approve):
        raise edit_errors.NobodyElseToApprove(request=request)
    return changed


def _of_both_moments(
    changed: ApprovalRequest, request: ApprovalRequest, *, names: frozenset[str], who: Presser
) -> ApprovalRequest:
    """Leave the decision to who may decide at this moment too, for the risk is high.

    Whoever came to a set after the call was asked does not get in by an edit.

    Raises:
        IdentityUnverified: the directory cannot say who that is.
    """
    if None in who.people.values():
        raise errors.IdentityUnverified(request=request)
    then = request.requirement
    names |= set_names(changed.requirement.slots_by_rule)
    if then.eligible is not None:
        names -= set_names(then.slots_by_rule)
    eligible = {*(then.eligible or ()), *members_of(names, who.people)}
    requirement = with_rung_people(changed.requirement, who.people)
    requirement = replace(requirement, eligible=tuple(sorted(eligible)))
    return replace(changed, requirement=requirement)
