"""Sync functions: waiting in threads, scripts without a loop, and bodies that hide."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from approvals.domain import errors
from approvals.domain.ids import RequestId
from approvals.domain.outcome import OutcomeKind
from approvals.domain.permit import PermitState
from approvals.gate import CallRejected, CallUnavailable, Gate
from approvals.gate.gateway import Gateway
from approvals.gate.opening import LoopThread
from approvals.gate.refusals import WouldDeadlock
from tests.engine.gateway_in_test import a_gateway
from tests.engine.test_asking import permit_state
from tests.fakes.scripted_gateway import GAVE_BACK, ScriptedGateway, approve
from tests.waiting import until

gate = Gate(agent="deploy-bot")


@gate.guard
def stop(name: str) -> tuple[str, int]:
    return name, threading.get_ident()


async def test_a_sync_call_in_a_thread_waits_for_the_answer_and_runs_there() -> None:
    gateway = ScriptedGateway()
    gate.use(gateway)
    calling = asyncio.create_task(asyncio.to_thread(stop, "checkout"))
    question = await gateway.next_question()

    question.approve()
    name, thread = await calling

    assert name == "checkout"
    assert thread != threading.get_ident()
    assert [(succeeded, request) for request, succeeded, _ in gateway.reports] == [(True, "R0")]


async def test_a_sync_call_on_the_gateways_own_loop_is_refused_with_the_remedy() -> None:
    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)

    with pytest.raises(WouldDeadlock, match=r"asyncio\.to_thread"):
        stop("checkout")

    assert gateway.proposals == []


async def test_a_rejected_sync_call_raises_in_its_thread() -> None:
    gate.use(ScriptedGateway(answer=lambda question: question.end(OutcomeKind.REJECTED)))

    with pytest.raises(CallRejected):
        await asyncio.to_thread(stop, "checkout")


async def test_f17_what_a_sync_body_raises_is_reported() -> None:
    @gate.guard
    def fails() -> None:
        raise SystemExit(3)

    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)
    raised: list[BaseException] = []

    def run() -> None:
        try:
            fails()
        except BaseException as error:
            raised.append(error)

    await asyncio.to_thread(run)

    assert isinstance(raised[0], SystemExit)
    assert gateway.reports == [("R0", False, "SystemExit: 3")]


async def awaits(ran: list[int]) -> None:
    ran.append(1)


def yields(ran: list[int]) -> Iterator[None]:
    ran.append(1)
    yield


async def yields_later(ran: list[int]) -> AsyncIterator[None]:
    ran.append(1)
    yield


@pytest.mark.parametrize("later", [awaits, yields, yields_later])
async def test_x13_a_sync_body_that_returns_what_has_yet_to_run_has_not_run(
    later: Callable[[list[int]], Any],
) -> None:
    ran: list[int] = []

    @gate.guard
    def hides() -> Any:
        return later(ran)

    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)

    with pytest.raises(errors.UnsupportedTool, match="yet to run"):
        await asyncio.to_thread(hides)

    assert ran == []
    assert [succeeded for _, succeeded, _ in gateway.reports] == [False]


class Script:
    """A gateway on a background thread, as `with gate:` opens it."""

    def __init__(self, gateway: ScriptedGateway) -> None:
        self.gateway = gateway
        self.closed = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Gateway]:
        yield self.gateway
        self.closed = True


def test_a_script_without_a_loop_asks_through_a_background_thread() -> None:
    script = Script(ScriptedGateway(answer=approve))
    with Gate(agent="script", open_gateway=script.open) as own:

        @own.guard
        def pay(amount: int) -> int:
            return amount

        assert pay(3) == 3

    assert script.closed
    assert script.gateway.reports == [("R0", True, "3")]
    with pytest.raises(CallUnavailable):
        pay(3)


async def test_an_async_call_on_another_loop_than_the_gateways_works_too() -> None:
    script = Script(ScriptedGateway(answer=approve))
    with Gate(agent="script", open_gateway=script.open) as own:

        @own.guard
        async def pay(amount: int) -> int:
            return amount

        assert await pay(3) == 3

    assert script.gateway.reports == [("R0", True, "3")]


async def test_d9_a_cancelled_wait_on_another_loop_withdraws_the_question() -> None:
    gateway = ScriptedGateway()
    script = Script(gateway)
    with Gate(agent="script", open_gateway=script.open) as own:

        @own.guard
        async def pay(amount: int) -> int:
            return amount

        waiting = asyncio.create_task(pay(3))
        await until(lambda: bool(gateway.questions))

        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await until(lambda: bool(gateway.withdrawn))

    assert gateway.withdrawn == ["R0"]
    assert gateway.reports == []


async def test_d9_a_caller_on_another_loop_cancelled_during_its_report_loses_no_report() -> None:
    script = Script(ScriptedGateway(answer=approve, report_takes_s=0.1))
    ran: list[int] = []
    with Gate(agent="script", open_gateway=script.open) as own:

        @own.guard
        async def pay(amount: int) -> None:
            ran.append(amount)

        calling = asyncio.create_task(pay(3))
        await until(lambda: script.gateway.is_reporting)

        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        await until(lambda: bool(script.gateway.reports))

    assert script.gateway.reports == [("R0", True, "None")]


@pytest.mark.parametrize("late_s", [0.05, 0.0])
async def test_d9_a_caller_on_another_loop_cancelled_before_it_has_its_clearance_did_not_run(
    late_s: float,
) -> None:
    gateway = ScriptedGateway()
    ran: list[int] = []
    with Gate(agent="script", open_gateway=Script(gateway).open) as own:

        @own.guard
        async def pay(amount: int) -> None:
            ran.append(amount)

        for number in range(10):
            calling = asyncio.create_task(pay(number))
            while len(gateway.questions) <= number:
                await asyncio.sleep(0.001)
            question = gateway.questions[RequestId(f"R{number}")]
            question.ended.get_loop().call_soon_threadsafe(question.approve)
            threading.Event().wait(late_s)  # this loop stands still while the other one answers
            calling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await calling
        await until(lambda: len(gateway.reports) + len(gateway.withdrawn) >= 10)

    told = [request for request, _, _ in gateway.reports]
    assert ran == []
    assert sorted(map(str, [*told, *gateway.withdrawn])) == [f"R{n}" for n in range(10)]
    assert {said for _, _, said in gateway.reports} <= {GAVE_BACK}
    assert not any(succeeded for _, succeeded, _ in gateway.reports)


async def test_d9_who_left_before_the_clearance_came_finds_its_approval_again_by_its_key() -> None:
    begun, claimed = threading.Event(), threading.Event()
    own = Gate(agent="deploy-bot")

    @own.guard
    async def restart_service(service: str) -> None:
        raise AssertionError("must not run")

    async def leaves() -> None:
        with own.calling(key="k1"):
            calling = asyncio.create_task(restart_service("web"))
        await asyncio.sleep(0)
        begun.set()
        claimed.wait(30)  # this loop stands still while the other one answers
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling

    async with a_gateway() as gateway:
        own.use(gateway.gateway)
        leaving = asyncio.create_task(asyncio.to_thread(asyncio.run, leaves()))
        await asyncio.to_thread(begun.wait, 30)
        request = await gateway.pending()
        await gateway.clicks(request.id)
        await gateway.settled()
        state = await permit_state(gateway, request.id)
        claimed.set()
        await leaving
        await gateway.settled()

        assert state is PermitState.CLAIMED
        assert await permit_state(gateway, request.id) is PermitState.UNCLAIMED


def test_what_opening_raises_reaches_the_script() -> None:
    own: list[Gate] = []

    @asynccontextmanager
    async def broken() -> AsyncIterator[Gateway]:
        if not own:
            raise errors.StoreFull
        yield ScriptedGateway()

    with pytest.raises(errors.StoreFull):
        LoopThread(broken).start()


def test_a_call_after_the_gateways_loop_has_ended_is_unavailable() -> None:
    own = Gate(agent="script")

    @own.guard
    def pay(amount: int) -> int:
        raise AssertionError("must not run")

    async def bind() -> None:
        own.use(ScriptedGateway(answer=approve))

    asyncio.run(bind())

    with pytest.raises(CallUnavailable, match="has stopped"):
        pay(3)


def test_a_sync_call_that_waits_when_the_gateway_stops_is_unavailable() -> None:
    gateway = ScriptedGateway()
    script = Script(gateway)
    own = Gate(agent="script", open_gateway=script.open)

    @own.guard
    def pay(amount: int) -> int:
        raise AssertionError("must not run")

    raised: list[BaseException] = []

    def call() -> None:
        try:
            pay(3)
        except BaseException as error:
            raised.append(error)

    caller = threading.Thread(target=call)
    with own:
        caller.start()
        while not gateway.questions:
            pass
    caller.join()

    assert isinstance(raised[0], CallUnavailable)
