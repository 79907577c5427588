"""The scripted model over HTTP: by hand for the wire, by the real ChatOpenAI for the streaming."""

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI

from bot.agents.langchain_model import http_client
from bot.agents.spec import ModelSettings
from bot.demo.scripted_model import MODEL_NAME, ScriptedModel
from tests.demo.builders import asked, the_tools

TOOLS = [{"type": "function", "function": tool} for tool in the_tools()]


@pytest.fixture
async def model() -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel() as server:
        yield server


@pytest.fixture
async def chat(model: ScriptedModel) -> AsyncIterator[ChatOpenAI]:
    settings = ModelSettings(base_url=model.base_url, model=MODEL_NAME, api_key=model.api_key)
    async with http_client(settings) as client:
        yield ChatOpenAI(
            base_url=settings.base_url,
            model=settings.model,
            api_key=settings.api_key,
            max_retries=0,
            stream_usage=True,
            http_async_client=client,
        )


async def post(
    model: ScriptedModel, body: object, *, key: str | None = None, path: str = "/chat/completions"
) -> tuple[int, dict[str, Any]]:
    """Post *body* (bytes go as they are) and return status and JSON."""
    key = model.api_key.get_secret_value() if key is None else key
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(model.base_url + path, data=io.BytesIO(raw)) as response,
    ):
        return response.status, await response.json()


def a_body(text: str = "restart checkout and pay 250 to acme", **more: Any) -> dict[str, Any]:
    return {"model": MODEL_NAME, "messages": [asked(text)], "tools": TOOLS, **more}


async def test_an_answer_has_openais_shape(model: ScriptedModel) -> None:
    status, body = await post(model, a_body())

    choice = body["choices"][0]
    assert status == 200
    assert body["object"] == "chat.completion"
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["role"] == "assistant"
    calls = choice["message"]["tool_calls"]
    assert [c["function"]["name"] for c in calls] == ["service_status", "ledger_list"]
    assert json.loads(calls[0]["function"]["arguments"]) == {"service": "checkout"}
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0


async def test_ids_differ_between_two_answers_to_the_same_body(model: ScriptedModel) -> None:
    bodies = [(await post(model, a_body()))[1] for _ in range(2)]

    ids = [c["id"] for b in bodies for c in b["choices"][0]["message"]["tool_calls"]]
    assert len(set(ids)) == 4


@pytest.mark.parametrize("key", ["", "sk-wrong", "Bearer"])
async def test_without_the_key_it_answers_401(model: ScriptedModel, key: str) -> None:
    status, body = await post(model, a_body(), key=key)

    assert status == 401
    assert body["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        (b"{not json", 400, None),
        (b"\xff\xfe", 400, None),
        ([], 400, None),
        ({"model": MODEL_NAME}, 400, "messages"),
        ({"model": MODEL_NAME, "messages": []}, 400, "messages"),
        ({"model": MODEL_NAME, "messages": [{"role": "king"}]}, 400, "messages.0.role"),
        (a_body(tools=[{"type": "function", "function": {"name": "a b"}}]), 400, None),
        (a_body(tool_choice={"type": "function", "function": {"name": "x"}}), 400, "tool_choice"),
        (a_body(model="gpt-9"), 404, "model"),
        (
            {"model": MODEL_NAME, "messages": [{"role": "tool", "tool_call_id": "x"}]},
            400,
            "messages",
        ),
    ],
)
async def test_a_bad_body_gets_an_error_body(
    model: ScriptedModel, body: object, status: int, param: str | None
) -> None:
    got, answer = await post(model, body)

    assert got == status
    assert answer["error"]["message"]
    assert param is None or answer["error"]["param"] == param


async def test_a_tool_call_without_its_result_is_refused(model: ScriptedModel) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [asked("x"), {"role": "assistant", "tool_calls": [call]}, asked("y")]

    status, body = await post(model, a_body(messages=messages))

    assert status == 400
    assert "c1" in body["error"]["message"]


async def test_a_body_of_five_megabytes_is_refused(model: ScriptedModel) -> None:
    status, body = await post(model, b"x" * 5_000_000)

    assert status == 413
    assert "larger" in body["error"]["message"]


async def test_an_unknown_path_is_refused_in_the_same_form(model: ScriptedModel) -> None:
    status, body = await post(model, a_body(), path="/embeddings")

    assert status == 404
    assert body["error"]["code"] == "unknown_url"


@pytest.mark.parametrize("choice", ["none", {"type": "function", "function": {"name": "pay"}}])
async def test_tool_choice_is_obeyed(model: ScriptedModel, choice: Any) -> None:
    tools = [*TOOLS, {"type": "function", "function": {"name": "pay", "description": "Pay."}}]

    _, body = await post(model, a_body("pay checkout, restart it", tools=tools, tool_choice=choice))

    calls = body["choices"][0]["message"].get("tool_calls", [])
    assert {c["function"]["name"] for c in calls} == (set() if choice == "none" else {"pay"})


async def test_chat_openai_streams_parallel_calls_with_usage(chat: ChatOpenAI) -> None:
    bound = chat.bind_tools(TOOLS)

    chunks = [
        c async for c in bound.astream([HumanMessage("restart checkout and pay 250 to acme")])
    ]

    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk  # type: ignore[assignment]
    assert isinstance(whole, AIMessageChunk)
    assert len(chunks) > 5
    assert [(c["name"], c["args"]) for c in whole.tool_calls] == [
        ("service_status", {"service": "checkout"}),
        ("ledger_list", {}),
    ]
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["total_tokens"] > 0


async def test_chat_openai_streams_an_answer_word_by_word(chat: ChatOpenAI) -> None:
    call = {"name": "service_status", "args": {"service": "checkout"}, "id": "c1"}
    messages = [
        HumanMessage("what is the status of checkout"),
        AIMessage("", tool_calls=[call]),
        ToolMessage('{"pid": 4711, "state": "running since this morning"}', tool_call_id="c1"),
    ]

    chunks = [c.text async for c in chat.bind_tools(TOOLS).astream(messages)]

    expected = "service_status(service=checkout): pid 4711, state running since this morning"
    assert "".join(chunks) == expected
    assert len([c for c in chunks if c]) > 1


async def test_a_restarted_server_goes_on_where_the_old_one_stopped() -> None:
    messages: list[dict[str, Any]] = [asked("restart checkout")]
    async with ScriptedModel() as first:
        _, body = await post(first, a_body(messages=messages))
    said = body["choices"][0]["message"]
    messages += [
        said,
        {"role": "tool", "tool_call_id": said["tool_calls"][0]["id"], "content": "{}"},
    ]

    async with ScriptedModel() as second:
        _, body = await post(second, a_body(messages=messages))

    calls = body["choices"][0]["message"]["tool_calls"]
    assert [c["function"]["name"] for c in calls] == ["service_restart"]


async def test_the_models_are_listed(model: ScriptedModel) -> None:
    headers = {"Authorization": f"Bearer {model.api_key.get_secret_value()}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{model.base_url}/models") as response,
    ):
        body = await response.json()

    assert [m["id"] for m in body["data"]] == [MODEL_NAME]
