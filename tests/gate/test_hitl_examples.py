"""The patterns of the document the product grew from (HITL Examples), each by its name there.

Console HITL, Custom Approval Rules, Session Persistence; a refusal beside each success. Its two web
patterns, and the kills of all five, are in `tests/process/test_hitl_patterns.py`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.decision import Verdict
from approvals.gate import CallAlreadyRan, CallRejected, Gate
from approvals.operations.recover import recover
from tests.engine.gateway_in_test import GatewayInTest, a_gateway
from tests.fakes.people import FakeMessenger
from tests.gate.at_a_terminal import a_terminal

# By file and code, every call would ask here; allowed is what the document calls safe.
POLICY = """
version: 1
defaults: {channel: "#ops", unmatched: ask, timeout: 15m, cooldown: off}
people: {sre: {users: [U0BOB]}}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    rules:
      - {tool: ["*_tool", make_payment], effect: allow}
"""
ran: list[Any] = []


@pytest.fixture(autouse=True)
def _clean() -> None:
    ran.clear()


def dangerous_tool(gate: Gate) -> Any:
    @gate.guard
    async def dangerous_tool(path: str) -> str:
        ran.append(path)
        return f"{path} deleted"

    return dangerous_tool


def safe_tool(gate: Gate) -> Any:
    @gate.guard
    async def safe_tool(path: str) -> str:
        ran.append(f"read {path}")
        return f"{path} read"

    return safe_tool


def make_payment(gate: Gate) -> Any:
    @gate.guard
    async def make_payment(to: str, amount: int) -> str:
        ran.append(amount)
        return f"paid {amount}"

    return make_payment


def should_approve(tool_name: str, args: dict[str, Any]) -> bool:
    """Require approval for high-value payments."""
    if tool_name == "make_payment":
        return bool(args.get("amount", 0) > 100)
    return False


@asynccontextmanager
async def before(gate: Gate) -> AsyncIterator[GatewayInTest]:
    async with a_gateway(policy=POLICY) as gateway:
        gate.use(gateway.gateway)
        yield gateway


@pytest.mark.parametrize(("typed", "deleted"), [("y", ["file.txt"]), ("n", [])])
async def test_console_hitl_prompts_for_a_dangerous_tool_and_does_what_is_typed(
    typed: str, deleted: list[str]
) -> None:
    gate = Gate(agent="agent", require_approval=True)
    with a_terminal() as person:
        async with gate.console(tty=person.tty):
            calling = asyncio.create_task(dangerous_tool(gate)("file.txt"))
            shown = await person.answers(typed)
            ended = (await asyncio.gather(calling, return_exceptions=True))[0]

    assert "dangerous_tool" in shown
    assert '"file.txt"' in shown
    assert ran == deleted
    assert isinstance(ended, CallRejected) is (typed == "n")


async def test_console_hitl_asks_nobody_about_what_its_rule_does_not_name() -> None:
    gate = Gate(agent="agent", require_approval=["dangerous_tool"])
    with a_terminal() as person:
        async with gate.console(tty=person.tty):
            assert await safe_tool(gate)("file.txt") == "file.txt read"


@pytest.mark.parametrize(
    ("rule", "tool", "arguments", "asks"),
    [
        pytest.param(True, safe_tool, ("a",), True, id="True asks about every tool"),
        pytest.param(False, dangerous_tool, ("a",), False, id="False leaves it to the policy"),
        pytest.param(["dangerous_tool"], dangerous_tool, ("a",), True, id="a list names this one"),
        pytest.param(["dangerous_tool"], safe_tool, ("a",), False, id="and not that one"),
        pytest.param(should_approve, make_payment, ("ACME", 101), True, id="a callable: too much"),
        pytest.param(should_approve, make_payment, ("ACME", 100), False, id="a callable: enough"),
        pytest.param(should_approve, safe_tool, ("a",), False, id="a callable: another tool"),
    ],
)
async def test_custom_approval_rules_decide_which_calls_ask(
    rule: Any, tool: Callable[[Gate], Any], arguments: tuple[Any, ...], asks: bool
) -> None:
    gate = Gate(agent="agent", channel="#ops", require_approval=rule)
    async with before(gate) as gateway:
        calling = asyncio.create_task(tool(gate)(*arguments))
        if asks:
            request = await gateway.pending()
            assert ran == []
            await gateway.clicks(request.id)
        await calling

        assert len(ran) == 1
        await gateway.delivered()
        assert len(gateway.messenger.posts) == asks


async def test_custom_approval_rules_that_ask_run_nothing_when_a_person_says_no() -> None:
    gate = Gate(agent="agent", channel="#ops", require_approval=should_approve)
    async with before(gate) as gateway:
        calling = asyncio.create_task(make_payment(gate)("ACME", 101))
        request = await gateway.pending()
        await gateway.clicks(request.id, verdict=Verdict.REJECT)
        with pytest.raises(CallRejected):
            await calling
    assert ran == []


async def test_a_custom_rule_that_raises_asks() -> None:
    gate = Gate(agent="agent", channel="#ops", require_approval=lambda _, args: args["no such"])
    async with before(gate) as gateway:
        calling = asyncio.create_task(safe_tool(gate)("a"))
        await gateway.clicks((await gateway.pending()).id)
        await calling
    assert ran == ["read a"]


@asynccontextmanager
async def a_process(
    directory: Path, number: int, cards: FakeMessenger | None = None
) -> AsyncIterator[tuple[GatewayInTest, Gate]]:
    """Open everything anew on the files the last process left."""
    also: dict[str, Any] = {} if cards is None else {"messenger": cards}
    place = directory / "sayso.db"
    async with a_gateway(place, owner=f"gateway-{number}", policy=POLICY, **also) as gateway:
        await recover(gateway.desk)
        gate = Gate(agent="agent", channel="#ops", require_approval=True)
        gate.use(gateway.gateway)
        yield gateway, gate


async def asked_and_left(gateway: GatewayInTest, gate: Gate) -> Any:
    """Ask for `task-123`, and let the process end while it waits."""
    with gate.calling(key="task-123"):
        waiting = asyncio.create_task(dangerous_tool(gate)("file.txt"))
    request = await gateway.pending()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    return request


@pytest.mark.parametrize("decided_in", ["the second process", "the third process"])
async def test_session_persistence_an_approval_outlives_the_process_that_asked(
    tmp_path: Path, decided_in: str
) -> None:
    async with a_process(tmp_path, 1) as (gateway, gate):
        request = await asked_and_left(gateway, gate)
        cards = gateway.messenger
    async with a_process(tmp_path, 2, cards) as (gateway, gate):
        if decided_in == "the second process":
            await gateway.clicks(request.id)
    assert ran == []

    async with a_process(tmp_path, 3, cards) as (gateway, gate):
        with gate.calling(key="task-123"):
            calling = asyncio.create_task(dangerous_tool(gate)("file.txt"))
            if decided_in == "the third process":
                await gateway.settled()
                await gateway.clicks(request.id)
            assert await calling == "file.txt deleted"
            with pytest.raises(CallAlreadyRan):
                await dangerous_tool(gate)("file.txt")

    assert ran == ["file.txt"]
    assert len(cards.posts) == 1


async def test_session_persistence_a_rejection_outlives_it_too(tmp_path: Path) -> None:
    async with a_process(tmp_path, 1) as (gateway, gate):
        request = await asked_and_left(gateway, gate)
        await gateway.clicks(request.id, verdict=Verdict.REJECT)
        cards = gateway.messenger

    async with a_process(tmp_path, 2, cards) as (_, gate):
        with gate.calling(key="task-123"), pytest.raises(CallRejected):
            await dangerous_tool(gate)("file.txt")
    assert ran == []
