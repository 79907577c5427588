"""What every store remembers of earlier calls of a tool, for the card of a new one."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from approvals.domain.approval_request import ApprovalRequest, Cause, Requester
from approvals.domain.history import History
from approvals.domain.ids import ChannelId, TeamId, UserId
from approvals.domain.lifecycle import PermitEvent, advance, advance_permit, allowed
from approvals.domain.tool_call import ToolCall
from approvals.operations.ports import Store, Transaction
from approvals.operations.save_step import save_step
from tests.storage.given import START, a_request, submit

MONTH = timedelta(days=30)
OTHERS_RULES = replace(a_request().requirement, channel=ChannelId("C0OTHERS"))
"""Of a call that falls under another channel's rules, wherever its card stands."""


async def asked(
    store: Store, cause: Cause | None, *, fails: bool = False, **changes: Any
) -> ApprovalRequest:
    request = a_request(**changes)

    def unit(tx: Transaction) -> ApprovalRequest:
        submit(request)(tx)
        if cause is None:
            return request
        step = advance(request, cause, now=request.created_at + timedelta(minutes=1))
        save_step(tx, step)
        if fails:
            for event in (PermitEvent.CLAIM, PermitEvent.FAIL):
                assert step.permit is not None
                step = advance_permit(step.request, step.permit, event, now=START)
                save_step(tx, step)
        return step.request

    return await store.write(unit)


async def test_endings_of_the_same_tool_in_the_same_channel_are_counted(store: Store) -> None:
    await asked(store, Cause.PEOPLE)
    await asked(store, Cause.PEOPLE, fails=True, created_at=START + timedelta(hours=1))
    await asked(store, Cause.PERSON)
    await asked(store, Cause.TIMEOUT)
    await asked(store, None)
    now = a_request(created_at=START + timedelta(hours=2))

    found = await store.write(lambda tx: tx.history(now, since=START - MONTH))

    assert found == History(
        asked=5,
        approved=2,
        rejected=1,
        failed=1,
        last_approved_at=START + timedelta(hours=1, minutes=1),
    )


async def test_x5_a_tool_whose_last_approval_was_for_another_form_of_it_is_changed(
    store: Store,
) -> None:
    def form(fingerprint: str) -> ToolCall:
        return ToolCall.of(a_request().call.tool, fingerprint * 64, {"n": 1})

    await asked(store, Cause.PEOPLE, call=form("a"))
    await asked(store, Cause.PERSON, call=form("b"), created_at=START + timedelta(minutes=5))
    now = START + timedelta(hours=1)
    same, other = (
        a_request(call=form("a"), created_at=now),
        a_request(call=form("b"), created_at=now),
    )

    assert not (await store.write(lambda tx: tx.history(same, since=START - MONTH))).is_changed
    assert (await store.write(lambda tx: tx.history(other, since=START - MONTH))).is_changed


async def test_what_is_older_elsewhere_about_another_tool_or_asked_of_nobody_is_not(
    store: Store,
) -> None:
    await asked(store, Cause.PEOPLE, created_at=START - MONTH - timedelta(seconds=1))
    await asked(store, Cause.PEOPLE, channel=ChannelId("C0OTHER"))
    await asked(store, Cause.PEOPLE, call=ToolCall.of("k8s.scale", "f" * 64, {}))
    await asked(store, Cause.PEOPLE, created_at=START + timedelta(days=1))
    by_rule = allowed(a_request())
    await store.write(lambda tx: tx.add_request(by_rule.request))
    await asked(store, Cause.FROZEN)
    now = await asked(store, None)

    assert await store.write(lambda tx: tx.history(now, since=START - MONTH)) == History()
    assert await store.write(lambda tx: tx.past(now, since=START - MONTH, limit=5)) == []


async def test_the_latest_that_ended_come_first_with_how_their_run_went(store: Store) -> None:
    rejected = await asked(store, Cause.PERSON)
    failed = await asked(store, Cause.PEOPLE, fails=True, created_at=START + timedelta(minutes=5))
    await asked(store, None, created_at=START + timedelta(minutes=6))
    now = a_request(created_at=START + timedelta(hours=1))

    found = await store.write(lambda tx: tx.past(now, since=START - MONTH, limit=2))

    assert [each.request.id for each in found] == [failed.id, rejected.id]
    assert [each.permit and each.permit.state.value for each in found] == ["failed", None]
    latest = await store.write(lambda tx: tx.past(now, since=START - MONTH, limit=1))
    assert [each.request.id for each in latest] == [failed.id]


async def test_a_rejection_by_a_person_is_found_by_the_same_question_alone(store: Store) -> None:
    rejected = await asked(store, Cause.PERSON)
    await asked(store, Cause.RULE, created_at=START + timedelta(minutes=2))
    again = a_request(created_at=START + timedelta(minutes=5))
    since = START
    others = [
        a_request(arguments={"service": "cart"}),
        a_request(requirement=OTHERS_RULES),
        a_request(requester=Requester(agent="deployer")),
        a_request(requester=Requester(agent="other", person=UserId("U1"), team=TeamId("T1"))),
    ]

    found = await store.write(lambda tx: tx.rejected_lately(again, since=since))
    in_a_thread = replace(again, channel=ChannelId("C0OTHER"))
    found_there = await store.write(lambda tx: tx.rejected_lately(in_a_thread, since=since))
    missed = [
        await store.write(lambda tx, other=other: tx.rejected_lately(other, since=since))  # type: ignore[misc]
        for other in others
    ]
    late = await store.write(
        lambda tx: tx.rejected_lately(again, since=START + timedelta(minutes=1))
    )

    assert found == found_there == rejected
    assert missed == [None] * 4
    assert late is None


async def test_the_moment_the_nth_latest_question_was_opened_is_told(store: Store) -> None:
    for minute in range(3):
        await asked(store, None, created_at=START + timedelta(minutes=minute))
    await asked(store, None, requester=Requester(agent="other"), created_at=START)
    await asked(store, Cause.RULE, created_at=START + timedelta(minutes=3))
    await asked(store, Cause.FROZEN, created_at=START + timedelta(minutes=4))
    in_a_thread = ChannelId("C0OTHER")
    await asked(store, None, channel=in_a_thread, created_at=START + timedelta(minutes=5))
    await asked(store, None, requirement=OTHERS_RULES)
    await asked(store, None, requirement=OTHERS_RULES, channel=OTHERS_RULES.channel)
    request = a_request(created_at=START + timedelta(minutes=9))

    async def opened(number: int, agent: str | None, since: timedelta) -> datetime | None:
        return await store.write(
            lambda tx: tx.opened_at(request, since=START + since, agent=agent, number=number)
        )

    before = timedelta(seconds=-1)
    assert await opened(1, "deployer", before) == START + timedelta(minutes=5)
    assert await opened(2, "deployer", before) == START + timedelta(minutes=2)
    assert await opened(4, "deployer", before) == START
    assert await opened(5, "deployer", before) is None
    assert await opened(5, None, before) == START
    assert await opened(6, None, before) is None
    assert await opened(4, "deployer", timedelta(0)) is None
