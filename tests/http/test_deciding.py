"""A person decides over HTTP with a key of their own: by the rules and the records of a click."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from approvals.domain.key import Scope
from tests.engine.gateway_in_test import OPS
from tests.fakes.people import ALICE, BOB, CAROL, DANA
from tests.http.api_in_test import Answer, Api, an_api


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api() as opened:
        yield opened


async def review(api: Api, key: str, request_id: str) -> Answer:
    return await api.call("POST", f"/v1/approvals/{request_id}/review", key)


async def decide(api: Api, key: str, review: Answer, verdict: str, **also: Any) -> Answer:
    marks = {name: review.body[name] for name in ("seen", "digest", "alike")}
    place = f"/v1/approvals/{review.body['approval']['id']}/decisions"
    return await api.call("POST", place, key, {"verdict": verdict, **marks, **also})


async def test_B5_who_may_approve_in_slack_approves_what_a_review_showed(api: Api) -> None:
    asked = await api.ask(await api.key())
    key = await api.key(Scope.DECIDE, owner=BOB)

    approved = await decide(api, key, await review(api, key, asked.body["id"]), "approve")

    assert approved.status == 201
    assert approved.body["decisions"] == [
        {"by": BOB, "verdict": "approve", "reason": None, "at": "2026-01-05T09:00:00Z"}
    ]


async def test_B4_the_owner_of_the_asking_key_may_reject_and_not_approve(api: Api) -> None:
    asked = await api.ask(await api.key(owner=ALICE))
    key = await api.key(Scope.DECIDE, owner=ALICE)
    shown = await review(api, key, asked.body["id"])

    refused = await decide(api, key, shown, "approve")
    rejected = await decide(api, key, shown, "reject", reason="Too early")

    assert (refused.status, refused.code) == (403, "self_approval")
    assert rejected.body["status"] == "rejected"


async def test_nobody_decides_with_what_another_was_shown(api: Api) -> None:
    asked = await api.ask(await api.key())
    bob, carol = [await api.key(Scope.DECIDE, owner=each) for each in (BOB, CAROL)]
    shown = await review(api, bob, asked.body["id"])

    refused = await decide(api, carol, shown, "approve")

    assert (refused.status, refused.code) == (409, "card_mismatch")


async def test_a_key_that_asks_or_reads_does_not_decide(api: Api) -> None:
    asked = await api.ask(await api.key())
    for key in (await api.key(), await api.key(Scope.READ, owner=BOB)):
        refused = await review(api, key, asked.body["id"])
        assert (refused.status, refused.code) == (403, "scope_missing")


async def test_G14_a_second_decision_is_told_how_the_first_ended(api: Api) -> None:
    asked = await api.ask(await api.key())
    bob, carol = [await api.key(Scope.DECIDE, owner=each) for each in (BOB, CAROL)]
    first, second = [await review(api, each, asked.body["id"]) for each in (bob, carol)]
    await decide(api, bob, first, "reject", reason="No")

    late = await decide(api, carol, second, "approve")

    assert (late.status, late.code) == (409, "already_decided")
    assert late.body["approval"]["decisions"][0]["reason"] == "No"


async def test_who_is_no_approver_sees_nothing_they_could_not_see_in_slack(api: Api) -> None:
    asked = await api.ask(await api.key())
    api.behind.directory.channels[OPS] = frozenset({ALICE, BOB})
    stranger = await api.key(Scope.DECIDE, owner=DANA)

    hidden = await review(api, stranger, asked.body["id"])

    assert (hidden.status, hidden.code) == (404, "request_unknown")
