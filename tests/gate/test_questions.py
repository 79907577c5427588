"""`Gate(on_question=…)`: a waiting program answers what approvers ask, and goes on waiting."""

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.asked_back import AskedBack
from approvals.domain.card import Pressed
from approvals.domain.decision import Verdict
from approvals.gate import Gate, Question
from approvals.operations.ask_back import ask_back
from approvals.operations.click import Answer, Click
from approvals.operations.deliver_answer import ANSWERED_WITHIN, FAILED, NOBODY_THERE
from approvals.operations.read_card import read_cards
from tests.engine.gateway_in_test import GatewayInTest, a_gateway
from tests.fakes.people import ALICE, BOB, TEAM

ran: list[str] = []


@pytest.fixture(autouse=True)
def _clean() -> None:
    ran.clear()


def guarded(gateway: GatewayInTest, on_question: Any) -> Callable[[str], Any]:
    gate = Gate(agent="deploy-bot", on_question=on_question)
    gate.use(gateway.gateway)

    @gate.guard
    async def restart_service(service: str) -> str:
        """Restart."""
        ran.append(service)
        return f"{service} restarted"

    return restart_service


async def asks(gateway: GatewayInTest, request: ApprovalRequest, words: str = "Why now?") -> Answer:
    (content, *_) = await read_cards(gateway.desk, request.id)
    card = content.card
    pressed = Pressed(nonce=card.nonce, channel=card.channel, ts=card.ts, user=BOB)
    click = Click(request_id=request.id, verdict=Verdict.APPROVE, pressed=pressed, team=TEAM)
    return await ask_back(gateway.desk, click, question=words)


async def asked_of(gateway: GatewayInTest, request: ApprovalRequest) -> AskedBack:
    found = await gateway.desk.store.request(request.id)
    assert found is not None
    return found.asking_back.asked[-1]


async def test_the_program_answers_while_its_call_waits_and_the_call_then_runs_once() -> None:
    heard: list[Question] = []

    async def on_question(question: Question) -> str:
        heard.append(question)
        return "The pool is empty."

    async with a_gateway() as gateway:
        waiting = asyncio.ensure_future(guarded(gateway, on_question)("web"))
        request = await gateway.pending()

        assert (await asks(gateway, request)).refusal is None
        await gateway.delivered()

        assert (await asked_of(gateway, request)).answer == "The pool is empty."
        (question,) = heard
        assert (question.tool, question.text, question.asked_by) == (
            "restart_service",
            "Why now?",
            BOB,
        )
        assert question.arguments_json == '{"service":"web"}'
        assert ran == []
        assert not waiting.done()
        await gateway.clicks(request.id)
        assert await waiting == "web restarted"
        assert ran == ["web"]


async def test_a_plain_function_answers_in_a_thread_of_its_own() -> None:
    where: list[str] = []

    def on_question(question: Question) -> str:
        where.append(threading.current_thread().name)
        return question.text.upper()

    async with a_gateway() as gateway:
        waiting = asyncio.ensure_future(guarded(gateway, on_question)("web"))
        request = await gateway.pending()
        await asks(gateway, request)
        await answered(gateway, request)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

        assert (await asked_of(gateway, request)).answer == "WHY NOW?"
        assert where != [threading.main_thread().name]


async def test_a_program_that_raises_is_told_plainly_and_waits_on() -> None:
    async def on_question(_: Question) -> str:
        raise ValueError("hunter2")

    async with a_gateway() as gateway:
        waiting = asyncio.ensure_future(guarded(gateway, on_question)("web"))
        request = await gateway.pending()
        await asks(gateway, request)
        await gateway.delivered()

        assert (await asked_of(gateway, request)).trouble == FAILED
        await gateway.clicks(request.id)
        assert await waiting == "web restarted"


async def test_after_a_restart_the_program_that_came_back_answers() -> None:
    async def on_question(_: Question) -> str:
        return "I am back."

    async with a_gateway() as gateway:
        call = guarded(gateway, on_question)
        gate = Gate(agent="deploy-bot")
        with gate.calling(key="deploy:1"):
            first = asyncio.ensure_future(call("web"))
            request = await gateway.pending()
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            await asks(gateway, request)
            await gateway.delivered()
            assert (await asked_of(gateway, request)).is_open

            again = asyncio.ensure_future(call("web"))
            await gateway.settled()
        await gateway.time_passes(timedelta(seconds=10))

        assert (await asked_of(gateway, request)).answer == "I am back."
        again.cancel()
        await asyncio.gather(again, return_exceptions=True)


async def test_a_program_that_does_not_come_back_is_given_up() -> None:
    async def on_question(_: Question) -> str:
        return "never"

    async with a_gateway() as gateway:
        call = guarded(gateway, on_question)
        with Gate(agent="deploy-bot").calling(key="deploy:1"):
            first = asyncio.ensure_future(call("web"))
            request = await gateway.pending()
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
        await asks(gateway, request)
        await gateway.delivered()

        await gateway.time_passes(ANSWERED_WITHIN)

        assert (await asked_of(gateway, request)).trouble == NOBODY_THERE


async def test_without_on_question_the_person_is_asked_and_without_one_nobody() -> None:
    async with a_gateway() as gateway:
        call = guarded(gateway, None)
        with Gate(agent="deploy-bot").calling(person=ALICE):
            waiting = asyncio.ensure_future(call("web"))
            request = await gateway.pending()
        alone = asyncio.ensure_future(call("other"))
        lonely = await gateway.pending()

        assert (await asks(gateway, request)).refusal is None
        refused = (await asks(gateway, lonely)).refusal

        assert (await asked_of(gateway, request)).of == "person"
        assert refused is not None
        assert refused.code == "nobody_answers"
        for each in (waiting, alone):
            each.cancel()
        await asyncio.gather(waiting, alone, return_exceptions=True)


async def answered(gateway: GatewayInTest, request: ApprovalRequest) -> None:
    """Deliver until the question has its answer: threads take their time."""
    async with asyncio.timeout(10):
        while (await asked_of(gateway, request)).is_open:
            await gateway.delivered()
