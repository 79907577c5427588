"""Calls of one turn share a card, and each is shown and decided on its own."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from approvals.domain import edit_errors
from approvals.domain.approval_request import ApprovalRequest, Cause, Requester, Status
from approvals.domain.decision import Verdict
from approvals.domain.joining import PARTS_MAX
from approvals.domain.tool_schema import ToolSchema
from approvals.gate.exceptions import CallRejected, CallTimedOut
from approvals.gate.gateway import Clearance
from approvals.operations.cancel_request import cancel_request
from approvals.operations.ports import CardContent, Undeliverable
from approvals.operations.reconcile import reconcile
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway
from tests.engine.test_joining import APART, LADDER, card
from tests.engine.test_joining_races import place
from tests.fakes.people import ALICE, BOB, CAROL, DANA

__all__ = ["place"]
EDITABLE = POLICY.replace("risk: high}", "risk: high, edit: true}")
QUORUM = POLICY.replace("risk: high}", "quorum: [{of: sre, count: 2}]}")


async def turn(gateway: GatewayInTest, *services: str, **also: Any) -> list[asyncio.Task[Any]]:
    """Let one message of the model ask about each of these services."""
    calls = []
    for service in services:
        calls.append(gateway.asks(arguments={"service": service}, **{"turn": "t1", **also}))
        await gateway.settled()
    return calls


def of(content: CardContent, service: str) -> ApprovalRequest:
    found = (part.request for part in content.parts)
    return next(each for each in found if service in each.call.arguments_json)


async def test_calls_of_one_turn_share_a_card_and_one_click_decides_one_of_them() -> None:
    async with a_gateway() as gateway:
        web, db, api = await turn(gateway, "web", "db", "api")
        shown = await card(gateway)

        approved = await gateway.clicks(of(shown, "db").id, others=0)
        rejected = await gateway.clicks(of(shown, "web").id, CAROL, verdict=Verdict.REJECT)

        assert (len(gateway.messenger.posts), len(shown.parts)) == (1, 3)
        assert (approved.counted, rejected.counted) == (1, 1)
        assert isinstance(await db, Clearance)
        with pytest.raises(CallRejected):
            await web
        assert not api.done()
        shown = await card(gateway)
        statuses = [part.request.status for part in shown.parts]
        assert statuses == [Status.REJECTED, Status.APPROVED, Status.PENDING]
        await gateway.clicks(of(shown, "api").id, others=0)
        await api


async def test_c7_the_mark_of_one_part_decides_no_other() -> None:
    async with a_gateway() as gateway:
        await turn(gateway, "web", "db")
        shown = await card(gateway)

        web = of(shown, "web").call.digest
        answer = await gateway.clicks(of(shown, "db").id, digest=web, others=0)

        assert isinstance(answer.refusal, edit_errors.CardOutdated)
        stored = [await gateway.store.request(part.request.id) for part in shown.parts]
        assert [each and each.is_pending for each in stored] == [True, True]


@pytest.mark.parametrize(
    "other",
    [
        {"turn": "t2"},
        {"turn": None},
        {"requester": Requester(agent="deploy-bot", person=DANA)},
        {"thread_ts": "12.5"},
    ],
)
async def test_a_call_of_another_turn_requester_or_thread_has_a_card_of_its_own(
    other: dict[str, Any],
) -> None:
    async with a_gateway() as gateway:
        await turn(gateway, "web")
        await turn(gateway, "db", **other)
        await gateway.delivered()

        assert len(gateway.messenger.posts) == 2


async def test_with_join_false_each_call_of_a_turn_has_a_card_of_its_own() -> None:
    async with a_gateway(policy=APART) as gateway:
        await turn(gateway, "web", "db")
        await gateway.delivered()

        assert len(gateway.messenger.posts) == 2


async def test_a_call_that_may_be_edited_or_is_too_long_has_a_card_of_its_own() -> None:
    schema = ToolSchema.of({"type": "object", "properties": {"service": {"type": "string"}}})
    async with a_gateway(policy=EDITABLE) as gateway:
        await turn(gateway, "web", "db", schema=schema)
        await gateway.delivered()
        assert len(gateway.messenger.posts) == 2
    async with a_gateway() as gateway:
        gateway.messenger.cuts = True
        await turn(gateway, "web", "db")
        await gateway.delivered()
        assert len(gateway.messenger.posts) == 2


async def test_a_card_has_room_for_so_many_calls_and_the_next_begins_another() -> None:
    async with a_gateway() as gateway:
        await turn(gateway, *(f"s{number}" for number in range(PARTS_MAX + 2)))
        await gateway.delivered()

        shown = list(gateway.messenger.shown.values())
        assert [len(each.parts) for each in shown] == [PARTS_MAX, 2]


async def test_identical_calls_of_a_turn_are_one_part_of_its_card() -> None:
    async with a_gateway() as gateway:
        calls = await turn(gateway, "web", "db", "db")
        shown = await card(gateway)
        (db,) = (part for part in shown.parts if "db" in part.request.call.arguments_json)

        stale = await gateway.clicks(db.request.id, others=0)
        answer = await gateway.clicks(db.request.id, others=1)

        assert isinstance(stale.refusal, edit_errors.MoreJoined)
        assert (len(db.alike), answer.counted) == (1, 2)
        assert not calls[0].done()
        assert all([isinstance(await call, Clearance) for call in calls[1:]])


async def test_a_decided_part_keeps_no_other_call_of_the_turn_from_joining() -> None:
    async with a_gateway(policy=QUORUM) as gateway:
        await turn(gateway, "web")
        shown = await card(gateway)
        await gateway.clicks(shown.request.id, BOB)

        await turn(gateway, "db")
        shown = await card(gateway)

        assert (len(gateway.messenger.posts), len(shown.parts)) == (1, 2)
        assert [len(part.decisions) for part in shown.parts] == [1, 0]


async def test_the_card_stays_for_the_others_when_its_first_call_ends_or_times_out() -> None:
    async with a_gateway() as gateway:
        web, db = await turn(gateway, "web", "db")
        gateway.clock.advance(timedelta(minutes=2))
        (api,) = await turn(gateway, "api")
        shown = await card(gateway)
        await cancel_request(gateway.desk, shown.request.id, Cause.REQUESTER)
        await gateway.time_passes(timedelta(minutes=3))

        with pytest.raises(CallTimedOut):
            await db
        shown = await card(gateway)
        assert [part.request.is_pending for part in shown.parts] == [False, False, True]
        await gateway.clicks(of(shown, "api").id, others=0)
        assert isinstance(await api, Clearance)
        await asyncio.gather(web, return_exceptions=True)


async def test_the_parts_of_a_turn_escalate_on_one_card_and_each_is_decided_there_alone() -> None:
    async with a_gateway(policy=LADDER) as gateway:
        gateway.directory.usergroups["S0ONCALL"] = frozenset({DANA})
        web, db = await turn(gateway, "web", "db")
        await gateway.delivered()
        await gateway.time_passes(timedelta(minutes=2))

        (asked,) = gateway.messenger.posts[1:]
        assert len(asked.parts) == 2
        place: dict[str, Any] = {"nonce": asked.card.nonce, "channel": asked.card.channel}
        answer = await gateway.clicks(of(asked, "db").id, DANA, ts="2.000100", others=0, **place)

        assert answer.counted == 1
        assert isinstance(await db, Clearance)
        assert not web.done()


async def test_decisions_are_told_below_the_card_part_by_part() -> None:
    async with a_gateway() as gateway:
        await turn(gateway, "web", "db")
        shown = await card(gateway)
        for part in shown.parts:
            await gateway.clicks(part.request.id, others=0)
            await gateway.delivered()
        await gateway.delivered()

        told = [key for key in gateway.messenger.replies if key.endswith("approve")]
        assert told == [f"{BOB}:approve", f"{of(shown, 'db').id}/{BOB}:approve"]


async def test_a_card_slack_refuses_ends_every_call_on_it() -> None:
    async with a_gateway() as gateway:
        gateway.messenger.trouble = Undeliverable("is_archived")
        calls = await turn(gateway, "web", "db")
        await gateway.delivered()

        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(each).__name__ for each in ended] == ["CallUndeliverable"] * 2


async def test_e13_a_deleted_card_is_posted_anew_while_a_part_of_it_is_open() -> None:
    async with a_gateway() as gateway:
        await turn(gateway, "web", "db")
        shown = await card(gateway)
        await gateway.clicks(shown.request.id, others=0)
        await gateway.delivered()
        gateway.messenger.deleted.add("1.000100")

        until = gateway.clock.now() + timedelta(hours=1)
        await reconcile(gateway.desk, gateway.messenger, until=until)
        await gateway.delivered()

        assert len(gateway.messenger.posts) == 2
        assert len(gateway.messenger.posts[-1].parts) == 2


async def test_b3_nobody_approves_a_part_they_asked_for(place: Any) -> None:
    async with a_gateway(place) as gateway:
        calls = await turn(gateway, "web", "db")
        shown = await card(gateway)
        db = of(shown, "db")

        own = await gateway.clicks(db.id, ALICE, others=0)
        answers = await asyncio.gather(
            *(gateway.clicks(part.request.id, BOB, others=0) for part in shown.parts),
            *(gateway.clicks(part.request.id, CAROL, others=0) for part in reversed(shown.parts)),
        )

        assert own.refusal is not None
        assert sum(answer.counted for answer in answers) == 2
        assert all([isinstance(await call, Clearance) for call in calls])
