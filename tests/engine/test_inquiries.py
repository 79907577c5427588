"""An inquiry in the engine, over both databases: races, a restart, what is logged, forgeries."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.decision import Verdict
from approvals.domain.errors import InvalidArguments
from approvals.domain.ids import UserId
from approvals.domain.inquiry import FINGERPRINT, INQUIRY_TOOL, inquiry_call
from approvals.domain.tool_call import ToolCall, salted_digest
from approvals.gate import CallRefused, Gate
from approvals.operations.answer_inquiry import answer_inquiry
from approvals.operations.click import Answer
from approvals.storage.postgres.server import Server
from tests.engine.gateway_in_test import GatewayInTest, a_gateway, proposal
from tests.fakes.people import BOB, CAROL
from tests.security.evidence import recorded
from tests.state_machine.log import Log


@pytest.fixture(params=["sqlite", "postgres"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Path | Server]:
    if request.param == "sqlite":
        yield tmp_path / "sayso.db"
    else:
        yield request.getfixturevalue("postgres")


@pytest.fixture
async def gateway() -> AsyncIterator[GatewayInTest]:
    async with a_gateway() as gateway:
        yield gateway


@pytest.fixture
async def gate(gateway: GatewayInTest) -> Gate:
    gate = Gate(agent="deploy-bot")
    gate.use(gateway.gateway)
    return gate


async def answers(
    gateway: GatewayInTest, request: ApprovalRequest, typed: str, user: UserId
) -> Answer:
    return await answer_inquiry(gateway.desk, await gateway.click_of(request.id, user), {0: typed})


async def stored(gateway: GatewayInTest, request: ApprovalRequest) -> ApprovalRequest:
    found = await gateway.desk.store.request(request.id)
    assert found is not None
    return found


async def test_d1_of_two_answers_at_once_one_counts_and_the_program_gets_that_one(
    place: Path | Server,
) -> None:
    async with a_gateway(place) as gateway:
        gate = Gate(agent="deploy-bot")
        gate.use(gateway.gateway)
        asking = asyncio.create_task(gate.ask("Which region?"))
        request = await gateway.pending()

        both = await asyncio.gather(
            answers(gateway, request, "eu", BOB),
            answers(gateway, request, "us", CAROL),
            gateway.clicks(request.id, CAROL, verdict=Verdict.REJECT),
        )

        counted = [each for each in both if each.decision is not None]
        ended = await stored(gateway, request)
        assert len(counted) == 1
        if ended.status is Status.APPROVED:
            assert await asking == json.loads(ended.answer or "")
        else:
            assert (await asyncio.gather(asking, return_exceptions=True), ended.answer)[1] is None


async def test_an_answer_that_came_while_the_program_was_away_is_there_when_it_is_back(
    place: Path | Server,
) -> None:
    async def ask(gateway: GatewayInTest) -> int:
        gate = Gate(agent="deploy-bot")
        gate.use(gateway.gateway)
        with gate.calling(key="deploy-7"):
            return await gate.ask("How many?", schema=int)

    async with a_gateway(place) as gateway:
        asking = asyncio.create_task(ask(gateway))
        request = await gateway.pending()
        await gateway.gateway.close()
        with pytest.raises(Exception, match="shutting down"):
            await asking
        await answers(gateway, request, "3", BOB)
    async with a_gateway(place, clock=gateway.clock) as again:
        assert await ask(again) == 3
        assert (await stored(again, request)).answer == "3"


async def test_what_is_logged_of_an_answer_is_a_digest_under_the_requests_own_key(
    tmp_path: Path,
) -> None:
    file = tmp_path / "sayso.db"
    async with a_gateway(file) as gateway:
        gate = Gate(agent="deploy-bot")
        gate.use(gateway.gateway)
        asking = asyncio.create_task(gate.ask("Which region?"))
        request = await gateway.pending()

        await answers(gateway, request, "a-secret-answer", BOB)

        assert await asking == "a-secret-answer"
    (approved,) = recorded(file, "request.approved")
    assert approved["answer_digest"] == salted_digest(request.salt, '"a-secret-answer"')
    assert "a-secret-answer" not in str(Log.read(file).events)


BROKEN: list[dict[str, Any]] = [
    {},
    {"question": "Which?"},
    {"question": 7, "schema": {"type": "string"}},
    {"question": "Which?", "schema": {"type": "string"}, "more": 1},
    {"question": "Which?", "schema": True},
    {"question": "Which?", "schema": {"type": "string", "if": {}}},
    {"question": "Which?", "schema": {"type": "string"}, "order": "ab"},
    {"question": "", "schema": {"type": "string"}},
]


@pytest.mark.parametrize("arguments", BROKEN)
async def test_a_forged_inquiry_that_is_none_is_refused_and_nobody_is_asked(
    gateway: GatewayInTest, arguments: dict[str, Any]
) -> None:
    """Case H: what a program sends beside the gate is read as strictly."""
    call = ToolCall.of(INQUIRY_TOOL, FINGERPRINT, arguments)
    with pytest.raises(CallRefused):
        await gateway.gateway.ask(replace(proposal(), call=call))
    await gateway.settled()
    assert gateway.messenger.posts == []


async def test_a_tool_of_that_name_is_a_tool_like_any_other(gateway: GatewayInTest) -> None:
    asking = gateway.asks(INQUIRY_TOOL, {"question": "Which?", "schema": {"type": "string"}})
    request = await gateway.pending()

    told = await answers(gateway, request, "eu", BOB)
    assert told.refusal is not None
    assert told.refusal.code == "no_inquiry"
    await gateway.clicks(request.id)

    assert (await asking).outcome.answer is None


def test_the_same_question_with_other_options_is_another_question() -> None:
    digests = {
        inquiry_call("Which?", {"enum": options}).digest for options in (["a"], ["b"], ["a", "b"])
    }
    assert len(digests) == 3


def test_a_question_too_long_for_json_is_refused() -> None:
    with pytest.raises(InvalidArguments):
        inquiry_call("x" * 2_000_000)
