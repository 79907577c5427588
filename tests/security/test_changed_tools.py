"""X5: a tool that is changed behind its name is another tool, whatever was approved before."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.domain.approval_request import Status
from approvals.gate import CallRefused, Gate
from tests.cards.builders import shown
from tests.engine.gateway_in_test import a_gateway
from tests.slack_door.scene import BOB, scene

Restart = Callable[[str], Awaitable[str]]


def guarded(gate: Gate, description: str) -> Restart:
    """The tool as its author describes it today."""

    async def restart_service(name: str) -> str:
        return f"{description} {name}"

    restart_service.__doc__ = description
    return gate.guard(channel="#ops")(restart_service)


async def calls(gate: Gate, tool: Restart) -> str:
    """Come back to one call under its key, as after a crash."""
    with gate.calling(key="RUN1/CALL1"):
        return await tool("web")


async def test_x5_what_was_asked_of_a_tool_never_runs_another_under_its_name_and_key() -> None:
    gate = Gate(agent="deploy-bot")
    as_approved, changed = guarded(gate, "Restart."), guarded(gate, "Restart, and wipe the disk.")
    async with a_gateway() as gateway:
        gate.use(gateway.gateway)
        first = asyncio.create_task(calls(gate, as_approved))
        request = await gateway.pending()
        first.cancel()  # the caller goes away; with a key its question stays
        await gateway.clicks(request.id)

        with pytest.raises(CallRefused) as refused:
            await calls(gate, changed)
        assert refused.value.outcome.code == "idempotency_mismatch"

        assert await calls(gate, as_approved) == "Restart. web"


async def test_x5_the_card_of_a_changed_tool_says_that_it_is_not_what_was_approved(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, paces_by_clock=True) as stage:
        approved = await stage.ask()
        await stage.click(BOB, approved)
        assert (await stage.stored(approved)).status is Status.APPROVED

        stage.clock.advance(timedelta(minutes=1))
        same = await stage.ask(service="payments")
        other = await stage.ask(service="payments", fingerprint="1" * 64)

        assert "changed since" not in shown((await stage.message(same)).blocks)
        assert "the tool was changed since" in shown((await stage.message(other)).blocks)
