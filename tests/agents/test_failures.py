"""Tools that misbehave and models that fail: each becomes a sentence, and the gateway stays up."""

import sys

import pytest
from langchain_core.tools import StructuredTool
from pydantic import SecretStr

from approvals.domain.outcome import Outcome, OutcomeKind
from approvals.gate.exceptions import CallRejected
from bot.agents.spec import ModelSettings, TaskLimits
from bot.agents.task_runner import run_task
from bot.demo.scripted_model import MODEL_NAME, ScriptedModel
from tests.agents.builders import RecordingThread, a_task, an_agent
from tests.agents.fake_model import Answer, Body, fake_model, results_in


async def raises(service: str) -> str:
    """Restart a service."""
    raise RuntimeError("disk on fire")


async def exits(service: str) -> str:
    """Restart a service."""
    sys.exit(3)


def exits_in_a_thread(service: str) -> str:
    """Restart a service."""
    sys.exit(3)


async def is_rejected(service: str) -> str:
    """Restart a service."""
    message = "A person rejected this call. It did not run."
    raise CallRejected(Outcome(kind=OutcomeKind.REJECTED, message=message, reason="not now"))


@pytest.mark.parametrize(
    ("tool", "told"),
    [
        (raises, "Failed: RuntimeError: disk on fire"),
        (exits, "Failed: RuntimeError: the tool tried to end the program (3)"),
        (
            StructuredTool.from_function(coroutine=exits, name="exits"),
            "Failed: RuntimeError: the tool tried to end the program (3)",
        ),
        (exits_in_a_thread, "Failed: SystemExit: 3"),
        (is_rejected, "Not run: A person rejected this call. It did not run."),
    ],
)
async def test_f17_a_tool_that_fails_is_an_answer_to_the_model(tool: object, told: str) -> None:
    async with ScriptedModel() as server:
        model = ModelSettings(base_url=server.base_url, model=MODEL_NAME, api_key=server.api_key)
        thread = RecordingThread()

        await run_task(a_task("restart checkout"), an_agent(model, [tool]), thread)

    assert told in thread.steps[-1]
    assert thread.ending[0] == "answer"
    assert "did not succeed" in thread.ending[1]
    assert thread.ending[1].endswith("I have not tried again.")


async def test_f17_a_siblings_failure_leaves_the_other_call_alone() -> None:
    async def good() -> str:
        """Return something."""
        return "good result"

    async def bad() -> str:
        """Fail."""
        raise RuntimeError("no")

    def answer(body: Body) -> Answer:
        return " | ".join(results_in(body)) or [("good", {}), ("bad", {})]

    async with fake_model(answer) as model:
        thread = RecordingThread()
        await run_task(a_task("go"), an_agent(model, [good, bad]), thread)

    assert thread.ending == ("answer", "good result | Failed: RuntimeError: no")


async def test_f17_a_result_of_fifty_megabytes_is_cut_for_the_model_and_the_thread() -> None:
    sent: list[int] = []

    async def big() -> str:
        """Return a lot."""
        return "x" * 50_000_000

    def answer(body: Body) -> Answer:
        sent.extend(len(text) for text in results_in(body))
        return "done" if results_in(body) else [("big", {})]

    async with fake_model(answer) as model:
        thread = RecordingThread()
        await run_task(a_task("go"), an_agent(model, [big]), thread)

    assert thread.ending == ("answer", "done")
    assert sent == [20_000 + len("\n[cut: 50,000,000 characters in all]")]
    assert all(len(step) < 1_000 for step in thread.steps)


async def test_a_call_the_schema_refuses_or_an_unknown_tool_is_told_to_the_model() -> None:
    ran: list[int] = []

    async def count_to(number: int) -> str:
        """Count."""
        ran.append(number)
        return "counted"

    def answer(body: Body) -> Answer:
        results = results_in(body)
        return (
            [("count_to", {"number": "many"}), ("nope", {})] if not results else str(len(results))
        )

    async with fake_model(answer) as model:
        thread = RecordingThread()
        await run_task(a_task("go"), an_agent(model, [count_to]), thread)

    assert ran == []
    assert thread.ending == ("answer", "2")
    assert sum("did not succeed" in step for step in thread.steps) == 2


async def test_x8_a_model_that_repeats_a_failing_call_is_stopped() -> None:
    ran: list[str] = []

    async def restart(service: str) -> str:
        """Restart."""
        ran.append(service)
        raise RuntimeError("no")

    async with fake_model(lambda _: [("restart", {"service": "checkout"})]) as model:
        thread = RecordingThread()
        result = await run_task(a_task("go"), an_agent(model, [restart]), thread)

    assert not result.answered
    assert ran == ["checkout", "checkout"]
    assert thread.ending[0] == "failed"
    assert "repeated a call of restart that had failed each time" in thread.ending[1]


async def test_x8_a_model_that_never_answers_is_stopped_after_its_turns() -> None:
    turns = 0

    async def look(at: int) -> str:
        """Look."""
        return "nothing"

    def answer(_: Body) -> Answer:
        nonlocal turns
        turns += 1
        return [("look", {"at": turns})]

    async with fake_model(answer) as model:
        thread = RecordingThread()
        agent = an_agent(model, [look], limits=TaskLimits(model_turns_max=4))
        await run_task(a_task("go"), agent, thread)

    assert turns == 4
    assert "more than 4 turns" in thread.ending[1]


async def test_x8_a_turn_with_too_many_calls_runs_no_more_than_the_limit() -> None:
    ran: list[int] = []

    async def look(at: int) -> str:
        """Look."""
        ran.append(at)
        return "nothing"

    async with fake_model(lambda _: [("look", {"at": n}) for n in range(30)]) as model:
        thread = RecordingThread()
        agent = an_agent(model, [look], limits=TaskLimits(tool_calls_max=10))
        await run_task(a_task("go"), agent, thread)

    assert len(ran) == 10
    assert "more than 10 tool calls" in thread.ending[1]


async def test_x8_a_task_that_uses_too_many_tokens_is_stopped() -> None:
    async def look() -> str:
        """Look."""
        return "nothing"

    async with fake_model(lambda _: [("look", {})]) as model:
        thread = RecordingThread()
        agent = an_agent(model, [look], limits=TaskLimits(tokens_max=250))
        await run_task(a_task("go"), agent, thread)

    assert "more than 250 tokens" in thread.ending[1]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "refused the API key (401)"),
        (403, "refused the API key (403)"),
        (429, "we ask too much"),
        (500, "answered with an error (500)"),
        (400, "answered with an error (400)"),
    ],
)
async def test_a_model_that_fails_is_explained(status: int, told: str) -> None:
    async with fake_model(lambda _: status) as model:
        thread = RecordingThread()
        result = await run_task(a_task("go"), an_agent(model, []), thread)

    assert not result.answered
    assert told in thread.ending[1]


async def test_a_model_that_cannot_be_reached_is_explained() -> None:
    model = ModelSettings(
        base_url="http://127.0.0.1:9/v1", model="x", api_key=SecretStr("sk-secret"), retries=0
    )
    thread = RecordingThread()

    await run_task(a_task("go"), an_agent(model, []), thread)

    assert thread.ending == ("failed", "The model at http://127.0.0.1:9/v1 cannot be reached.")


async def test_a_model_that_says_nothing_has_failed() -> None:
    async with fake_model(lambda _: "") as model:
        thread = RecordingThread()
        await run_task(a_task("go"), an_agent(model, []), thread)

    assert thread.ending == ("failed", "The model ended without an answer.")


def test_the_models_key_is_not_in_the_text_of_its_settings() -> None:
    model = ModelSettings(base_url="http://x/v1", model="m", api_key=SecretStr("sk-secret"))

    assert "sk-secret" not in repr(model)
