"""`gate.ask()` before a gateway elsewhere, answered in Slack or with a person's own key."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from pydantic import BaseModel

from approvals.domain.decision import Verdict
from approvals.domain.ids import UserId
from approvals.domain.key import Scope
from approvals.gate import CallRejected
from approvals.operations.answer_inquiry import answer_inquiry
from tests.fakes.people import ALICE, BOB, CAROL
from tests.http.api_in_test import Answer
from tests.http.test_deciding import decide, review
from tests.remote.elsewhere import Elsewhere, elsewhere


class Plan(BaseModel):
    region: str
    replicas: int = 2


@pytest_asyncio.fixture
async def there() -> AsyncIterator[Elsewhere]:
    async with elsewhere() as opened:
        yield opened


async def decided(there: Elsewhere, by: UserId, verdict: str, **also: Any) -> Answer:
    request = await there.behind.pending()
    key = await there.api.key(Scope.DECIDE, owner=by)
    shown = await review(there.api, key, request.id)
    return await decide(there.api, key, shown, verdict, **also)


async def test_an_answer_given_in_slack_comes_back_typed_and_may_be_read_again(
    there: Elsewhere,
) -> None:
    with there.gate.calling(key="deploy-7"):
        asking = asyncio.ensure_future(there.gate.ask("How?", schema=Plan))
        request = await there.behind.pending()
        click = await there.behind.click_of(request.id, BOB)
        await answer_inquiry(there.behind.desk, click, {0: "eu", 1: None})

        assert await asking == Plan(region="eu")
        assert await there.gate.ask("How?", schema=Plan) == Plan(region="eu")
    assert len(await there.requests()) == 1


async def test_a_person_answers_with_a_key_of_their_own(there: Elsewhere) -> None:
    asking = asyncio.ensure_future(there.gate.ask("How many?", schema=int))

    wanted = await decided(there, BOB, "approve")
    wrong = await decided(there, BOB, "approve", answer="three")
    stranger = await decided(there, ALICE, "approve", answer=3)
    told = await decided(there, CAROL, "approve", answer=3)

    assert (wanted.status, wanted.code) == (409, "answer_wanted")
    assert (wrong.status, wrong.code) == (422, "invalid_answer")
    assert "a whole number" in wrong.body["detail"]
    assert (stranger.status, stranger.code) == (403, "not_approver")
    assert (told.status, told.body["outcome"]["answer"]) == (201, 3)
    assert await asking == 3


async def test_null_is_an_answer_where_it_fits(there: Elsewhere) -> None:
    asking = asyncio.ensure_future(there.gate.ask("Which, if any?", schema=int | None))

    await decided(there, BOB, "approve", answer=None)

    assert await asking is None


async def test_B_an_answer_approves_no_call(there: Elsewhere) -> None:
    @there.gate.guard
    async def restart_service(service: str) -> str:
        return service

    calling = asyncio.ensure_future(restart_service("web"))

    refused = await decided(there, BOB, "approve", answer="yes")
    assert (refused.status, refused.code) == (409, "no_inquiry")
    await decided(there, BOB, "approve")

    assert await calling == "web"


async def test_declining_reaches_the_program_with_its_reason(there: Elsewhere) -> None:
    asking = asyncio.ensure_future(there.gate.ask("Which?", options=["eu", "us"]))
    request = await there.behind.pending()

    await there.behind.clicks(request.id, verdict=Verdict.REJECT, reason="ask Carol")

    with pytest.raises(CallRejected, match="declined to answer.*ask Carol"):
        await asking
