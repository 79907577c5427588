"""The demo's world starts and stops as a whole, and its policy says what the demo shows."""

import asyncio
import os
from pathlib import Path

import pytest

from approvals.domain.requirement import Effect
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall
from approvals.storage.policy_file import PolicyFile
from bot.demo.world import POLICY_PATH, demo_world


def children() -> set[str]:
    """Process ids of this process's children."""
    pid = os.getpid()
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


async def test_leaving_the_world_leaves_no_child_and_takes_under_a_second(tmp_path: Path) -> None:
    before = children()
    loop = asyncio.get_running_loop()

    async with demo_world(tmp_path) as world:
        assert len(children() - before) == 4
        await world.ledger.pay("acme", 40)
        leaving_at = loop.time()

    assert loop.time() - leaving_at < 1
    assert children() <= before


async def test_the_ledger_is_kept_in_the_data_directory(tmp_path: Path) -> None:
    async with demo_world(tmp_path) as world:
        paid = await world.ledger.pay("acme", 40)

    async with demo_world(tmp_path) as world:
        assert (await world.ledger.payments())[-1] == paid


async def test_an_error_inside_stops_the_world_too(tmp_path: Path) -> None:
    before = children()

    with pytest.raises(RuntimeError, match="on purpose"):
        async with demo_world(tmp_path):
            raise RuntimeError("on purpose")

    assert children() <= before


async def test_the_tools_do_what_they_say(tmp_path: Path) -> None:
    async with demo_world(tmp_path) as world:
        tools = {tool.__name__: tool for tool in world.tools}

        status = await tools["service_status"]("checkout")
        restarted = await tools["service_restart"]("checkout", "prod")
        logs = await tools["service_logs"]("checkout", lines=-1)
        await tools["ledger_pay"]("acme", 250.5, "invoice 42")
        listed = await tools["ledger_list"](newest=1)
        dropped = await tools["ledger_drop"]()

    assert restarted["replaced_pid"] == status["pid"]
    assert len(logs) == 1
    assert [(p["to"], p["amount_eur"], p["reference"]) for p in listed] == [
        ("acme", 250.5, "invoice 42")
    ]
    assert dropped == {"payments_deleted": 4}


@pytest.mark.parametrize(
    ("tool", "arguments", "effect"),
    [
        ("service_status", {"service": "checkout", "environment": "prod"}, Effect.ALLOW),
        ("service_logs", {"service": "search", "environment": "prod", "lines": 20}, Effect.ALLOW),
        ("ledger_list", {"newest": 20}, Effect.ALLOW),
        ("service_restart", {"service": "checkout", "environment": "prod"}, Effect.ASK),
        ("service_restart", {"service": "checkout", "environment": "staging"}, Effect.ALLOW),
        ("ledger_pay", {"to": "acme", "amount_eur": 100.01, "reference": ""}, Effect.ASK),
        ("ledger_pay", {"to": "acme", "amount_eur": 100, "reference": ""}, Effect.ALLOW),
        ("ledger_drop", {}, Effect.DENY),
        ("something_else", {}, Effect.ASK),
    ],
)
def test_the_demos_policy_says(tool: str, arguments: dict[str, JsonValue], effect: Effect) -> None:
    policy = PolicyFile(POLICY_PATH).policy

    required = policy.requirement(ToolCall.of(tool, "fingerprint", arguments), channel="C0PROD")

    assert required.effect is effect
