"""A guarded sync method of every kind, called in a thread: its receiver, its arguments, its end."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from approvals.domain.outcome import OutcomeKind
from approvals.gate import CallRejected, Gate
from tests.fakes.scripted_gateway import ScriptedGateway, approve

gate = Gate(agent="deploy-bot")
ran: list[Any] = []


class Cluster:
    def __init__(self, name: str) -> None:
        self.name = name

    @gate.guard
    def scale(self, replicas: int = 2) -> str:
        ran.append(self.name)
        return f"{self.name} {replicas}"

    @classmethod
    @gate.guard
    def create(cls, name: str) -> str:
        ran.append(name)
        return f"{cls.__name__} {name}"

    @staticmethod
    @gate.guard
    def ping(host: str) -> str:
        ran.append(host)
        return host


CALLS: list[tuple[Callable[..., str], tuple[Any, ...], str, Any, tuple[str, ...]]] = [
    (Cluster("eu").scale, (), "eu 2", {"replicas": 2}, ("self",)),
    (Cluster.create, ("us",), "Cluster us", {"name": "us"}, ("cls",)),
    (Cluster.ping, ("h",), "h", {"host": "h"}, ()),
]


@pytest.fixture(autouse=True)
def _clean() -> None:
    ran.clear()


@pytest.mark.parametrize(("method", "given", "result", "shown", "injected"), CALLS)
async def test_a_sync_method_runs_on_its_receiver_with_the_approved_arguments(
    method: Callable[..., str],
    given: tuple[Any, ...],
    result: str,
    shown: Any,
    injected: tuple[str, ...],
) -> None:
    gateway = ScriptedGateway(answer=approve)
    gate.use(gateway)

    assert await asyncio.to_thread(method, *given) == result

    (proposal,) = gateway.proposals
    assert json.loads(proposal.call.arguments_json) == shown
    assert proposal.injected == injected
    assert gateway.reports == [("R0", True, result)]


@pytest.mark.parametrize(("method", "given"), [each[:2] for each in CALLS])
async def test_a_rejected_sync_method_does_not_run(
    method: Callable[..., str], given: tuple[Any, ...]
) -> None:
    gate.use(ScriptedGateway(answer=lambda question: question.end(OutcomeKind.REJECTED)))

    with pytest.raises(CallRejected):
        await asyncio.to_thread(method, *given)

    assert ran == []
