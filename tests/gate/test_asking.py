"""`gate.ask()`: a program asks people and goes on with their answer, typed as it asked."""

import asyncio
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, field_validator

from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.decision import Verdict
from approvals.domain.errors import InvalidArguments
from approvals.domain.ids import UserId
from approvals.domain.inquiry_errors import AnswerMisfit
from approvals.gate import CallDenied, CallRejected, CallTimedOut, Gate
from approvals.gate.refusals import WouldDeadlock
from approvals.operations.answer_inquiry import answer_inquiry
from approvals.operations.click import Answer
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_policy
from tests.fakes.people import BOB, CAROL


class Region(StrEnum):
    EU = "eu"
    US = "us"


class Window(BaseModel):
    region: Region
    day: date
    replicas: int = Field(ge=1, le=5)
    loud: bool = False


async def answers(
    gateway: GatewayInTest, request: ApprovalRequest, *typed: str | None, user: UserId = BOB
) -> Answer:
    click = await gateway.click_of(request.id, user)
    given = await answer_inquiry(gateway.desk, click, dict(enumerate(typed)))
    await gateway.delivered()
    return given


@pytest.mark.parametrize(
    ("asked", "typed", "expected"),
    [
        pytest.param({}, ("OPS-7",), "OPS-7", id="a text"),
        pytest.param({"options": ["eu", "us"]}, ("1",), "us", id="one of some texts"),
        pytest.param({"options": [1, 2]}, ("0",), 1, id="one of some numbers"),
        pytest.param({"options": Region}, ("0",), Region.EU, id="one of an enum's"),
        pytest.param({"schema": {"type": "integer", "minimum": 1}}, ("3",), 3, id="a number"),
        pytest.param({"schema": bool}, ("1",), False, id="yes or no"),
        pytest.param({"schema": date}, ("2026-03-02",), date(2026, 3, 2), id="a date"),
        pytest.param({"schema": Literal["a", "b"]}, ("1",), "b", id="a literal"),
        pytest.param({"schema": int | None}, (None,), None, id="nothing, where that is allowed"),
        pytest.param({"schema": list[str]}, ('["a"]',), ["a"], id="a list"),
        pytest.param(
            {"schema": Window},
            ("0", "2026-03-02", "3", None),
            None,
            id="a model",
        ),
    ],
)
async def test_the_answer_comes_back_as_it_was_asked_for(
    gateway: GatewayInTest, gate: Gate, asked: Any, typed: Any, expected: Any
) -> None:
    asking = asyncio.create_task(gate.ask("What shall it be?", **asked))
    request = await gateway.pending()

    await answers(gateway, request, *typed)

    if asked.get("schema") is Window:
        expected = Window(region=Region.EU, day=date(2026, 3, 2), replicas=3)
    answer = await asking
    assert answer == expected
    assert type(answer) is type(expected)


async def test_a_reason_to_decline_reaches_the_program(gateway: GatewayInTest, gate: Gate) -> None:
    asking = asyncio.create_task(gate.ask("Which region?"))
    request = await gateway.pending()

    await gateway.clicks(request.id, verdict=Verdict.REJECT, reason="Ask the network team.")

    with pytest.raises(CallRejected, match=r"declined to answer.*Ask the network team"):
        await asking


async def test_silence_is_no_answer(gateway: GatewayInTest, gate: Gate) -> None:
    asking = asyncio.create_task(gate.ask("Which region?"))
    request = await gateway.pending()

    await gateway.time_passes(request.requirement.timeout)

    with pytest.raises(CallTimedOut, match="Nobody answered in time; nobody declined to"):
        await asking


async def test_a_rule_speaks_of_inquiries_by_their_tool(gateway: GatewayInTest, gate: Gate) -> None:
    rule = "      - {tool: sayso.inquiry, effect: deny, message: Ask nobody.}\n"
    gateway.policies.append(a_policy(POLICY + rule))

    with pytest.raises(CallDenied, match="Ask nobody"):
        await gate.ask("Which region?")
    assert gateway.messenger.posts == []


async def test_a_rule_that_allows_answers_nothing_so_people_are_asked(
    gateway: GatewayInTest, gate: Gate
) -> None:
    rule = '      - {tool: "sayso.*", effect: allow}\n'
    gateway.policies.append(a_policy(POLICY + rule))
    asking = asyncio.create_task(gate.ask("Which region?"))
    request = await gateway.pending()

    await answers(gateway, request, "eu")

    assert await asking == "eu"


async def test_one_answer_is_enough_whatever_the_quorum(gateway: GatewayInTest, gate: Gate) -> None:
    rule = (
        "      - {tool: sayso.inquiry, effect: ask, quorum: [{of: sre, count: 2}]}\n"
        "      - {tool: sayso.inquiry, effect: ask, quorum: [{of: oncall, count: 1}]}\n"
    )
    gateway.policies.append(a_policy(POLICY + rule))
    asking = asyncio.create_task(gate.ask("Which region?"))
    request = await gateway.pending()

    await answers(gateway, request, "eu", user=CAROL)

    assert await asking == "eu"


async def test_a_program_that_comes_back_with_its_key_finds_the_answer_again(
    gateway: GatewayInTest, gate: Gate
) -> None:
    async def ask() -> str:
        with gate.calling(key="deploy-7"):
            return await gate.ask("Which region?", options=["eu", "us"])

    asking = asyncio.create_task(ask())
    request = await gateway.pending()
    asking.cancel()
    await gateway.settled()

    await answers(gateway, request, "0")

    assert [await ask(), await ask()] == ["eu", "eu"]
    assert len(gateway.messenger.posts) == 1


async def test_without_a_key_a_program_that_goes_takes_its_question_with_it(
    gateway: GatewayInTest, gate: Gate
) -> None:
    asking = asyncio.create_task(gate.ask("Which region?"))
    request = await gateway.pending()
    asking.cancel()
    await gateway.settled()

    told = await answers(gateway, request, "eu")

    assert told.decision is None
    stored = await gateway.desk.store.request(request.id)
    assert stored is not None
    assert (stored.cause, stored.answer) == (Cause.WAITER_GONE, None)


async def test_a_thread_without_a_loop_asks_too(gateway: GatewayInTest, gate: Gate) -> None:
    asking = asyncio.create_task(asyncio.to_thread(gate.ask_blocking, "How many?", schema=int))
    request = await gateway.pending()

    await answers(gateway, request, "3")

    assert await asking == 3


async def test_asking_on_the_gateways_own_loop_without_awaiting_is_refused(gate: Gate) -> None:
    with pytest.raises(WouldDeadlock):
        gate.ask_blocking("How many?", schema=int)


async def test_identical_questions_share_a_card_and_each_gets_the_answer(
    gateway: GatewayInTest, gate: Gate
) -> None:
    first = asyncio.create_task(gate.ask("Which region?"))
    request = await gateway.pending()
    second = asyncio.create_task(gate.ask("Which region?"))
    await gateway.delivered()

    await answers(gateway, request, "eu")

    assert [await first, await second] == ["eu", "eu"]


async def test_what_people_decided_is_there_beside_the_answer(
    gateway: GatewayInTest, gate: Gate
) -> None:
    async def ask() -> tuple[str, Any]:
        with gate.calling(reason="the deploy needs it") as call:
            return await gate.ask("Which region?"), call.outcome

    asking = asyncio.create_task(ask())
    request = await gateway.pending()
    assert request.reason == "the deploy needs it"

    await answers(gateway, request, "eu")

    answer, outcome = await asking
    assert (answer, outcome.answer, outcome.by) == ("eu", "eu", BOB)


class Even(BaseModel):
    number: int

    @field_validator("number")
    @classmethod
    def is_even(cls, number: int) -> int:
        if number % 2:
            raise ValueError("is odd")
        return number


async def test_what_only_the_programs_own_validators_refuse_is_told_to_it(
    gateway: GatewayInTest, gate: Gate
) -> None:
    asking = asyncio.create_task(gate.ask("Which?", schema=Even))
    request = await gateway.pending()

    await answers(gateway, request, "3")

    with pytest.raises(AnswerMisfit, match="is odd"):
        await asking


@pytest.mark.parametrize(
    ("question", "asked", "why"),
    [
        ("  ", {}, "no question"),
        ("x" * 1_001, {}, "at most 1,000"),
        ("\u202e" * 200, {}, "as they are shown"),
        ("a\n" * 31, {}, "30 lines"),
        ("Which?", {"options": []}, "1 to 99 options"),
        ("Which?", {"options": [str(each) for each in range(100)]}, "1 to 99 options"),
        ("Which?", {"options": ["x" * 76]}, "1 to 75 characters"),
        ("Which?", {"options": ["eu", "e\u200bu"]}, "can be seen"),
        ("Which?", {"options": ["1", 1]}, "read alike"),
        ("Which?", {"options": [["eu"]]}, "a text, a number"),
        ("Which?", {"options": ["eu"], "schema": str}, "or the schema"),
        ("When?", {"schema": datetime}, "date-time"),
        ("Which?", {"schema": {"type": "string", "if": {}}}, "cannot be checked here: if"),
        ("Which?", {"schema": {"$ref": "https://x.example/s"}}, "another document"),
        ("Which?", {"schema": {"type": "object", "properties": {"x" * 151: {}}}}, "in a form"),
        (
            "Which?",
            {"schema": {"type": "object", "properties": {"a": {}}, "required": ["b"]}},
            "properties do not name",
        ),
        ("Which?", {"schema": object()}, "No JSON schema"),
        ("Which?", {"schema": {"const": float("nan")}}, "not JSON"),
        ("\ud800?", {}, "surrogate"),
    ],
)
async def test_what_cannot_be_asked_or_checked_is_refused_before_anybody_is_asked(
    gateway: GatewayInTest, gate: Gate, question: str, asked: Any, why: str
) -> None:
    with pytest.raises(InvalidArguments, match=why):
        await gate.ask(question, **asked)
    await gateway.settled()
    assert gateway.messenger.posts == []
