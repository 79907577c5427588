"""Models that fail in every way there is: one sentence, the run ended, nothing hanging."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from approvals.domain.run import RunCause, RunStatus
from bot.agents.spec import ModelSettings
from tests.agents.builders import an_agent
from tests.agents.fake_model import Answer, fake_model, streamed
from tests.agents.running import one_run

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
A_CALL: list[tuple[str, dict[str, Any]]] = [("restart", {"service": "web"})]


async def restart(service: str) -> str:
    """Restart a service."""
    raise AssertionError("it must not run")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (401, "The model refused the API key (401). Check it in the settings."),
        (403, "The model refused the API key (403). Check it in the settings."),
        (429, "The model's provider says we ask too much. Try again in a minute."),
        (500, "The model answered with an error (500): "),
        (400, "The model answered with an error (400): "),
        ("", "The model ended without an answer."),
        (streamed("All is well with it").partition(b"data: [DONE]")[0][:-400], "broke off"),
        (streamed(A_CALL).replace(b"web", b'w\\"eb\\"}{'), "in a way that cannot be read"),
        (streamed(A_CALL).replace(b'b\\"}', b'b\\"'), "restart in a way that cannot be read"),
        (
            streamed(A_CALL).replace(
                b'"finish_reason": "tool_calls"', b'"finish_reason": "length"'
            ),
            "cut off at its limit",
        ),
        (b"data: {nonsense\n\n", "could not be read"),
        (b'data: {"error": {"message": "overloaded"}}\n\n', "answered with an error: overloaded"),
        (b"", "The model's answer"),
    ],
)
async def test_a_model_that_fails_ends_the_run_with_a_sentence(
    tmp_path: Path, answer: Answer | bytes, told: str
) -> None:
    async with fake_model(lambda _: answer) as model:
        run, _ = await one_run(tmp_path, an_agent(model, [restart]))

    assert (run.status, run.cause) == (RunStatus.FAILED, RunCause.MODEL)
    assert told in (run.reason or "")


@pytest.mark.parametrize("options", [{}, {"base_url": "http://127.0.0.1:9/v1"}])
async def test_a_model_that_cannot_be_reached_is_explained(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    model = ModelSettings(
        base_url="http://127.0.0.1:9/v1",
        model="x",
        api_key=SecretStr("sk-secret"),
        retries=0,
        options=options,
    )

    run, _ = await one_run(tmp_path, an_agent(model, []))

    assert run.reason == "The model at http://127.0.0.1:9/v1 cannot be reached."


@pytest.mark.parametrize("said", [HEAD, HEAD + b"1f4\r\ndata: {"], ids=["before", "amid"])
async def test_a_server_that_hangs_up_is_not_told_as_one_that_cannot_be_reached(
    tmp_path: Path, said: bytes
) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        model = ModelSettings(base_url=url, model="x", api_key=SecretStr("sk-x"), retries=0)
        run, _ = await one_run(tmp_path, an_agent(model, []))

    assert run.reason == "The connection to the model broke in the middle of its answer."


async def test_options_of_the_settings_reach_the_model(tmp_path: Path) -> None:
    asked: list[Any] = []

    def answer(body: dict[str, Any]) -> Answer:
        asked.append((body["temperature"], body["model"]))
        return "done"

    async with fake_model(answer, options={"temperature": 0.25, "model": "other"}) as model:
        await one_run(tmp_path, an_agent(model, []))

    assert asked == [(0.25, "other")]


async def test_an_option_that_is_wrong_is_said_in_a_sentence(tmp_path: Path) -> None:
    async with fake_model(lambda _: "done", options={"temperature": "warm"}) as model:
        run, _ = await one_run(tmp_path, an_agent(model, []))

    assert (run.status, run.cause) == (RunStatus.FAILED, RunCause.AGENT)
    assert "The agent ops cannot be made of its settings" in (run.reason or "")


def test_the_models_key_is_not_in_the_text_of_its_settings() -> None:
    model = ModelSettings(base_url="http://x/v1", model="m", api_key=SecretStr("sk-secret"))

    assert "sk-secret" not in repr(model)
