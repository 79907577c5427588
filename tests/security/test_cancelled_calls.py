"""D9: a guarded call is cancelled at each of its awaits, on a whole gateway with the real store."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from approvals.domain.ids import RequestId
from approvals.gate import Gate
from approvals.operations.ports import Committed, Store, Transaction
from tests.engine.gateway_in_test import GatewayInTest, a_gateway
from tests.security.evidence import endings, permit_state
from tests.state_machine.log import Log

Result = TypeVar("Result")
gate = Gate(agent="deploy-bot")
ran: list[str] = []
held: list[asyncio.Event] = []
"""What the body waits for: an event of the running loop."""
IS_OF_THE_CALL: ContextVar[bool] = ContextVar("is_of_the_call", default=False)


@gate.guard(channel="#ops")
async def restart_service(service: str) -> str:
    ran.append(service)
    await held[0].wait()
    return "restarted"


class CancellingStore:
    """Cancels the caller under test at one of its own writes; everybody else passes.

    The writes of a call: 1 its question, 2 its claim, 3 its report.
    """

    def __init__(self, inner: Store, write: int, moment: str) -> None:
        self._inner = inner
        self._write = write
        self._moment = moment
        self.victim: asyncio.Task[Any] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def write(self, unit: Callable[[Transaction], Result]) -> Result:
        self._write -= IS_OF_THE_CALL.get()
        if self._write or not IS_OF_THE_CALL.get() or self.victim is None:
            return await self._inner.write(unit)
        if self._moment == "before":
            self.victim.cancel()
            await asyncio.sleep(0)
        if self._moment == "queued":
            self.victim.cancel()
        result = await self._inner.write(unit)
        self.victim.cancel()
        await asyncio.sleep(0)
        return result


@dataclass
class Scene:
    gateway: GatewayInTest
    path: Path
    calling: asyncio.Task[str]
    rival: asyncio.Task[str] | None
    """Another caller with the same key, who asked first."""

    def request_id(self) -> RequestId | None:
        return next((RequestId(each) for each in Log.read(self.path).requests), None)


@asynccontextmanager
async def a_call(
    directory: Path,
    *,
    write: int = 0,
    moment: str = "",
    key: str | None = None,
    rival: bool = False,
) -> AsyncIterator[Scene]:
    ran.clear()
    held[:] = [asyncio.Event()]
    path = directory / "sayso.db"
    async with a_gateway(path) as gateway:
        store = CancellingStore(gateway.store, write, moment)
        object.__setattr__(gateway.desk, "store", store)
        gate.use(gateway.gateway)
        with gate.calling(key=key):
            first = asyncio.create_task(restart_service("checkout")) if rival else None
            mark = IS_OF_THE_CALL.set(True)
            store.victim = asyncio.create_task(restart_service("checkout"))
            IS_OF_THE_CALL.reset(mark)
        yield Scene(gateway, path, store.victim, first)


async def assert_gone(scene: Scene) -> None:
    with pytest.raises(asyncio.CancelledError):
        await scene.calling
    await scene.gateway.settled()
    assert ran == []


async def assert_a_late_approval_runs_nothing_and_is_answered(scene: Scene) -> None:
    request_id = scene.request_id()
    assert request_id is not None
    answer = await scene.gateway.clicks(request_id)
    await scene.gateway.delivered()
    assert answer.refusal is not None
    assert answer.refusal.code == "already_decided"
    assert ran == []


async def test_d9_cancelled_before_its_question_is_stored_a_call_leaves_nothing(
    tmp_path: Path,
) -> None:
    async with a_call(tmp_path, write=1, moment="before") as scene:
        await assert_gone(scene)

        assert scene.request_id() is None


@pytest.mark.parametrize("moment", ["queued", "stored"])
async def test_d9_cancelled_while_its_question_is_stored_a_call_withdraws_it(
    tmp_path: Path, moment: str
) -> None:
    async with a_call(tmp_path, write=1, moment=moment) as scene:
        await assert_gone(scene)

        request_id = scene.request_id()
        assert request_id is not None
        assert endings(scene.path, request_id) == ["cancelled"]
        await assert_a_late_approval_runs_nothing_and_is_answered(scene)


async def test_d9_cancelled_while_people_think_a_call_withdraws_its_question(
    tmp_path: Path,
) -> None:
    async with a_call(tmp_path) as scene:
        request = await scene.gateway.pending()

        scene.calling.cancel()

        await assert_gone(scene)
        assert endings(scene.path, request.id) == ["cancelled"]
        await assert_a_late_approval_runs_nothing_and_is_answered(scene)
        assert scene.gateway.messenger.updates[-1].request.status == "cancelled"


async def test_d9_cancelled_between_the_decision_and_its_news_a_call_gives_its_permit_up(
    tmp_path: Path,
) -> None:
    async with a_call(tmp_path) as scene:
        request = await scene.gateway.pending()

        def cancelled_by_news(_: Committed) -> None:
            scene.calling.cancel()

        scene.gateway.store.on_commit(cancelled_by_news)

        await scene.gateway.clicks(request.id)

        await assert_gone(scene)
        assert endings(scene.path, request.id) == ["approved"]
        assert permit_state(scene.path, request.id) == "lapsed"
        await assert_a_late_approval_runs_nothing_and_is_answered(scene)


@pytest.mark.parametrize("moment", ["before", "queued", "stored"])
async def test_d9_cancelled_while_it_claims_its_permit_a_call_closes_it(
    tmp_path: Path, moment: str
) -> None:
    async with a_call(tmp_path, write=2, moment=moment) as scene:
        request = await scene.gateway.pending()

        await scene.gateway.clicks(request.id)

        await assert_gone(scene)
        assert permit_state(scene.path, request.id) == "failed"
        await assert_a_late_approval_runs_nothing_and_is_answered(scene)


async def test_d9_cancelled_in_its_body_a_call_is_reported_as_cancelled(tmp_path: Path) -> None:
    async with a_call(tmp_path) as scene:
        request = await scene.gateway.pending()
        await scene.gateway.clicks(request.id)
        while not ran:
            await asyncio.sleep(0)

        scene.calling.cancel()

        with pytest.raises(asyncio.CancelledError):
            await scene.calling
        await scene.gateway.settled()
        assert ran == ["checkout"]
        assert permit_state(scene.path, request.id) == "failed"


async def test_d9_cancelled_while_its_end_is_recorded_a_call_loses_no_record(
    tmp_path: Path,
) -> None:
    async with a_call(tmp_path) as scene:
        request = await scene.gateway.pending()
        await scene.gateway.clicks(request.id)
        while not ran:
            await asyncio.sleep(0)
        held[0].set()
        await asyncio.sleep(0)

        scene.calling.cancel()

        await asyncio.gather(scene.calling, return_exceptions=True)
        await scene.gateway.settled()
        assert permit_state(scene.path, request.id) == "succeeded"


async def test_d9_a_cancelled_claim_never_closes_the_permit_another_caller_holds(
    tmp_path: Path,
) -> None:
    async with a_call(tmp_path, write=2, moment="queued", key="deploy-7", rival=True) as scene:
        assert scene.rival is not None
        request = await scene.gateway.pending()
        await scene.gateway.clicks(request.id)
        with pytest.raises(asyncio.CancelledError):
            await scene.calling
        await scene.gateway.settled()

        held[0].set()

        assert await scene.rival == "restarted"
        assert ran == ["checkout"]
        assert permit_state(scene.path, request.id) == "succeeded"
