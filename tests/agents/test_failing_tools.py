"""Tools that misbehave: each becomes a sentence for the model, and the gateway stays up (F17)."""

import asyncio
import sys
from pathlib import Path

import pytest
from langchain_core.tools import StructuredTool

from tests.agents.builders import an_agent
from tests.agents.fake_model import Answer, Body, fake_model, results_in
from tests.agents.running import one_run


async def raises(service: str) -> str:
    """Restart a service."""
    raise RuntimeError("disk on fire")


async def exits(service: str) -> str:
    """Restart a service."""
    sys.exit(3)


def exits_in_a_thread(service: str) -> str:
    """Restart a service."""
    sys.exit(3)


def one_call_of(name: str, **arguments: object):  # type: ignore[no-untyped-def]
    def answer(body: Body) -> Answer:
        return " | ".join(results_in(body)) or [(name, arguments)]

    return answer


@pytest.mark.parametrize(
    ("tool", "name", "told"),
    [
        (raises, "raises", "Failed: RuntimeError: disk on fire"),
        (exits, "exits", "tried to end the process (3)"),
        (
            StructuredTool.from_function(coroutine=exits, name="leaves"),
            "leaves",
            "tried to end the process (3)",
        ),
        (exits_in_a_thread, "exits_in_a_thread", "tried to end the process (3)"),
    ],
)
async def test_f17_a_tool_that_fails_is_an_answer_to_the_model(
    tmp_path: Path, tool: object, name: str, told: str
) -> None:
    async with fake_model(one_call_of(name, service="checkout")) as model:
        run, steps = await one_run(tmp_path, an_agent(model, [tool]))

    assert told in (run.answer or "")
    assert "did not succeed" in steps[-1]


async def test_f17_a_siblings_failure_leaves_the_other_call_alone(tmp_path: Path) -> None:
    async def good() -> str:
        """Return something."""
        return "good result"

    async def bad() -> str:
        """Fail."""
        raise RuntimeError("no")

    def answer(body: Body) -> Answer:
        return " | ".join(results_in(body)) or [("good", {}), ("bad", {})]

    async with fake_model(answer) as model:
        run, _ = await one_run(tmp_path, an_agent(model, [good, bad]))

    assert run.answer == "good result | Failed: RuntimeError: no"


async def test_f17_a_result_of_fifty_megabytes_is_cut_for_the_model_and_the_thread(
    tmp_path: Path,
) -> None:
    sent: list[int] = []

    async def big() -> str:
        """Return a lot."""
        return "x" * 50_000_000

    def answer(body: Body) -> Answer:
        sent.extend(len(text) for text in results_in(body))
        return "done" if results_in(body) else [("big", {})]

    async with fake_model(answer) as model:
        run, steps = await one_run(tmp_path, an_agent(model, [big]))

    assert run.answer == "done"
    assert sent == [20_000 + len("\n[cut: 50,000,000 characters in all]")]
    assert all(len(step) < 1_000 for step in steps)


async def test_a_call_the_schema_refuses_or_an_unknown_tool_is_told_to_the_model(
    tmp_path: Path,
) -> None:
    ran: list[int] = []

    async def count_to(number: int) -> str:
        """Count."""
        ran.append(number)
        return "counted"

    def answer(body: Body) -> Answer:
        results = results_in(body)
        return str(len(results)) if results else [("count_to", {"number": "many"}), ("nope", {})]

    async with fake_model(answer) as model:
        run, steps = await one_run(tmp_path, an_agent(model, [count_to]))

    assert ran == []
    assert run.answer == "2"
    assert sum("did not succeed" in step for step in steps) == 2


async def test_a_synchronous_tool_runs_off_the_loop(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    seen: list[bool] = []

    def look() -> str:
        """Look."""
        seen.append(asyncio._get_running_loop() is loop)
        return "fine"

    async with fake_model(one_call_of("look")) as model:
        await one_run(tmp_path, an_agent(model, [look]))

    assert seen == [False]
