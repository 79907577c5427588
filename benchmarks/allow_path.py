"""CPU that an allowed call costs on top of the bare one, against ai-infra's own gate.

Both gates stand in front of the same asynchronous LangChain tool and let it pass: ours because a
rule of the policy allows it (arguments checked, the audit event kept for the next batch),
ai-infra's because its list of names does not hold the tool. Added CPU is gated minus ungated, each
in its own environment, taken in turns; below zero means that the gated tool is the cheaper one.
Beside it: with the batch of audit events written, and ours on a function without LangChain, where
nothing but the gate is left.
"""

from typing import Any

from langchain_core.tools import tool

from benchmarks.added_cpu import (
    CALLS,
    ROUNDS,
    Call,
    added_figure,
    added_us,
    beside_peer,
    our_gate,
    plain_calls,
    read_metrics,
)
from benchmarks.figures import Figure, Target
from benchmarks.gateway import a_gateway
from benchmarks.peer import Peer


@tool
async def read_logs(service: str, lines: int) -> str:
    """Read the last lines of a service's log."""
    return f"{service} {lines}"


def run() -> list[Figure]:
    """Measure, or say why not and return no figure."""
    return beside_peer("ai_infra", "allow_path", _figures)


async def _figures(peer: Peer) -> list[Figure]:
    on_tool, written, on_function, theirs = [], [], [], []
    async with a_gateway() as gateway:
        gate = our_gate(gateway)
        tool_calls = _tool_calls(read_logs), _tool_calls(gate.guard_tools([read_logs])[0])
        calls = plain_calls(read_metrics), plain_calls(gate.guard(read_metrics))
        await added_us(gateway, *tool_calls)  # fills the caches of both
        for _ in range(ROUNDS):
            added, with_audit = await added_us(gateway, *tool_calls)
            on_tool.append(added)
            written.append(with_audit)
            on_function.append((await added_us(gateway, *calls))[0])
            theirs.append(peer.added_us())
    return [
        added_figure(
            "allow_path, the same LangChain tool",
            on_tool,
            theirs,
            target=Target(limit=1 / 20),
            alone=_ours_alone,
        ),
        added_figure("allow_path, the same, its audit events written", written, theirs),
        added_figure("allow_path, ours on a plain function", on_function, theirs),
    ]


def _tool_calls(called: Any) -> Call:
    return lambda number: called.ainvoke({"service": "checkout", "lines": number})


async def _ours_alone() -> None:
    async with a_gateway() as gateway:
        gated = _tool_calls(our_gate(gateway).guard_tools([read_logs])[0])
        for number in range(5 * CALLS):
            await gated(number)
