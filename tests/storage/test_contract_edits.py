"""What every store promises about calls that people change."""

from dataclasses import replace

import pytest

from approvals.domain import errors
from approvals.domain.decision import Decision, Verdict
from approvals.domain.edit import Edit
from approvals.domain.ids import TeamId, UserId
from approvals.domain.terms import EDIT
from approvals.domain.tool_call import ToolCall
from approvals.domain.tool_schema import ToolSchema
from approvals.operations.ports import Store
from tests.storage.given import START, a_request, submit


async def test_an_edited_request_comes_back_with_both_calls(store: Store) -> None:
    request = a_request(schema_digest="d" * 64)
    await store.write(submit(request))
    edit = Edit(
        by=UserId("U7"),
        team=TeamId("T1"),
        at=START,
        before=request.call.arguments_json,
        voided=(UserId("U8"),),
    )
    call = ToolCall.of(request.call.tool, request.call.fingerprint, {"service": "web"})
    terms = request.requirement.terms.with_said(EDIT, True)
    changed = replace(
        request,
        call=call,
        edits=(edit,),
        requirement=replace(request.requirement, terms=terms),
        version=request.version + 1,
    )

    await store.write(lambda tx: tx.save_edited(changed))

    assert await store.request(request.id) == changed
    assert changed.asked_digest == request.call.digest
    assert changed.asked_call == request.call
    with pytest.raises(errors.AlreadyDecided):
        await store.write(lambda tx: tx.save_edited(changed))


async def test_voided_decisions_are_gone_and_their_people_may_decide_again(store: Store) -> None:
    request = a_request()
    await store.write(submit(request))
    decision = Decision(
        request_id=request.id,
        user=UserId("U8"),
        team=TeamId("T1"),
        verdict=Verdict.APPROVE,
        at=START,
        sets=("sre",),
    )
    await store.write(lambda tx: tx.add_decision(decision))

    await store.write(lambda tx: tx.void_decisions(request.id))

    assert await store.write(lambda tx: list(tx.decisions(request.id))) == []
    await store.write(lambda tx: tx.add_decision(decision))


async def test_a_schema_is_kept_once_under_its_digest(store: Store) -> None:
    schema = ToolSchema.of({"type": "object"})
    assert schema is not None

    for _ in range(2):
        await store.write(lambda tx: tx.keep_schema(schema))

    assert await store.write(lambda tx: tx.schema(schema.digest)) == schema
    assert await store.write(lambda tx: tx.schema("0" * 64)) is None
