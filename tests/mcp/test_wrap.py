"""`sayso mcp wrap`: everything of a server passes, and its tools run with permission alone."""

import asyncio
from typing import Any

import pytest
from mcp import types

from approvals.domain.approval_request import Status
from approvals.domain.decision import Verdict
from approvals.domain.ids import RequestId
from approvals.domain.outcome import OutcomeKind
from approvals.domain.permit import PermitState
from approvals.gate.scripted import Answer, Answers, Asked, Scripted
from approvals.gate.testing import approved, edited, ended, rejected
from bot.mcp.lines import LINE_MAX_BYTES, LineTooLong
from bot.mcp.upstream import McpUnavailable
from tests.engine.gateway_in_test import GatewayInTest, a_gateway
from tests.engine.test_asking import permit_state
from tests.mcp.scene import Scene, Upstream, a_tool, text, wrapping


def says(answers: Answers) -> Scripted:
    return Scripted(answers)


async def test_an_approved_call_runs_once_and_its_result_is_the_servers_own() -> None:
    gateway = says(approved())
    async with wrapping(gateway) as scene:
        [tool] = await scene.client.tools()
        assert tool == a_tool().model_dump(exclude_none=True)

        answer = await scene.client.call(name="web", replicas=None)

    assert answer["result"] == {
        "content": [{"type": "text", "text": "scale done"}],
        "isError": False,
    }
    assert scene.upstream.ran == [{"name": "web", "replicas": None}]
    (asked,) = gateway.asked
    assert (asked.tool, asked.arguments) == ("tiny_scale", {"name": "web", "replicas": None})
    assert (asked.succeeded, asked.result) == (True, "scale done")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (rejected("not today"), "not today"),
        (ended("timed_out"), "asked again later"),
        (ended("denied"), "denied again"),
        (ended("unavailable"), "gateway is back"),
    ],
)
async def test_a_call_without_permission_never_reaches_the_server(
    answer: Answer, said: str
) -> None:
    async with wrapping(says(answer)) as scene:
        result = await scene.client.call(name="web")

    assert scene.upstream.ran == []
    assert result["result"]["isError"]
    assert said in text(result)


async def test_what_people_changed_is_what_runs_and_the_model_is_told() -> None:
    async with wrapping(says(edited(replicas=1))) as scene:
        answer = await scene.client.call(name="web", replicas=30)

    assert scene.upstream.ran == [{"name": "web", "replicas": 1}]
    assert "replicas from 30 to 1" in text(answer)
    assert answer["result"]["content"][-1] == {"type": "text", "text": "scale done"}


async def test_errors_of_the_server_stay_what_they_are_and_are_recorded() -> None:
    async def fails(_: dict[str, Any]) -> types.CallToolResult:
        words: list[types.ContentBlock] = [types.TextContent(type="text", text="the disk is full")]
        return types.CallToolResult(content=words, isError=True, structuredContent={"code": 28})

    async def breaks(_: dict[str, Any]) -> types.CallToolResult:
        raise ValueError("no such service")

    gateway = says(approved())
    upstream = Upstream(body=fails)
    async with wrapping(gateway, upstream) as scene:
        failed = await scene.client.call(name="web")
        upstream.body = breaks
        broke = await scene.client.call(name="web")

    assert failed["result"]["structuredContent"] == {"code": 28}
    assert broke["error"]["message"] == "no such service"
    assert [each.succeeded for each in gateway.asked] == [False, False]
    assert [each.result for each in gateway.asked] == ["the disk is full", "no such service"]


async def test_x5_a_tool_that_changed_since_it_was_listed_does_not_run_until_listed_again() -> None:
    gateway = says(approved())
    async with wrapping(gateway) as scene:
        await scene.client.tools()
        await scene.client.call(name="web")
        scene.upstream.tools = [a_tool(description="Scale a service, and wipe its disk.")]

        changed = await scene.client.call(name="web")
        assert "has changed since it was listed" in text(changed)
        assert len(scene.upstream.ran) == len(gateway.asked) == 1

        await scene.client.tools()
        await scene.client.call(name="web")

    assert len(scene.upstream.ran) == 2


async def test_x5_a_tool_that_changes_while_people_decide_does_not_run() -> None:
    upstream = Upstream()

    async def meanwhile(_: Asked) -> Answer:
        upstream.tools = [a_tool(description="Something else.")]
        return approved()

    gateway = says(meanwhile)
    async with wrapping(gateway, upstream) as scene:
        answer = await scene.client.call(name="web")

    assert upstream.ran == []
    assert "has changed" in text(answer)
    assert (gateway.asked[0].succeeded, gateway.asked[0].result) == (False, text(answer))


async def test_D9_a_call_the_client_gives_up_is_withdrawn_and_never_runs() -> None:
    async with a_gateway() as gateway, wrapping(gateway.gateway) as scene:
        named = scene.client.calls(name="web")
        request = await gateway.pending()
        gives_up(scene, named)
        assert await end_of(gateway, request.id) is Status.CANCELLED
        assert await scene.client.tools()
    assert scene.upstream.ran == []


async def test_f20_a_client_that_is_gone_leaves_no_question_behind() -> None:
    async with a_gateway() as gateway:
        async with wrapping(gateway.gateway) as scene:
            scene.client.calls(name="web")
            request = await gateway.pending()

        assert await end_of(gateway, request.id) is Status.CANCELLED
        await gateway.clicks(request.id)
    assert scene.upstream.ran == []


async def test_a_call_given_up_while_it_runs_is_stopped_at_the_server_and_recorded() -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def dawdles(_: dict[str, Any]) -> list[types.ContentBlock]:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()
        return []

    gateway = says(approved())
    async with wrapping(gateway, Upstream(body=dawdles)) as scene:
        named = scene.client.calls(name="web")
        await begun.wait()
        gives_up(scene, named)
        await stopped.wait()
        await scene.client.tools()

    assert (gateway.asked[0].succeeded, gateway.asked[0].result) == (
        False,
        "cancelled while it ran; how much of it happened is not known",
    )


async def test_a_server_that_ends_amid_a_call_leaves_its_end_unknown() -> None:
    async with a_gateway() as gateway:
        begun = asyncio.Event()

        async def dies(_: dict[str, Any]) -> list[types.ContentBlock]:
            begun.set()
            await asyncio.sleep(60)
            return []

        async with wrapping(gateway.gateway, Upstream(body=dies)) as scene:
            named = scene.client.calls(name="web")
            request = await gateway.pending()
            await gateway.clicks(request.id)
            await begun.wait()
            scene.serving.cancel()
            answer = await scene.client.answer(named)
            with pytest.raises(McpUnavailable):
                await scene.living

        assert "not known" in answer["error"]["message"]
        assert await permit_state(gateway, request.id) is PermitState.UNKNOWN


async def test_what_a_server_asks_and_tells_its_client_passes_untouched() -> None:
    upstream = Upstream()

    async def asks_back(arguments: dict[str, Any]) -> list[types.ContentBlock]:
        session = upstream.server.request_context.session
        token = upstream.server.request_context.meta
        assert token is not None
        assert token.progressToken == "p1"
        await session.send_progress_notification("p1", 0.5, 1.0, "half")
        roots = await session.list_roots()
        return [types.TextContent(type="text", text=str(roots.roots[0].uri))]

    upstream.body = asks_back
    async with wrapping(says(approved()), upstream) as scene:
        client = scene.client
        named = client.ask(
            "tools/call", name="scale", arguments={"name": "web"}, _meta={"progressToken": "p1"}
        )
        progress, question = await client.read(), await client.read()
        roots = {"roots": [{"uri": "file:///srv"}]}
        client.write({"jsonrpc": "2.0", "id": question["id"], "result": roots})
        answer = await client.answer(named)

    assert progress["method"] == "notifications/progress"
    assert progress["params"]["message"] == "half"
    assert question["method"] == "roots/list"
    assert text(answer) == "file:///srv"


async def test_a_server_cannot_answer_a_call_it_was_not_sent() -> None:
    async with a_gateway() as gateway, wrapping(gateway.gateway) as scene:
        named = scene.client.calls(name="web")
        request = await gateway.pending()
        forged = types.JSONRPCResponse(jsonrpc="2.0", id=named, result={"content": []})
        await scene.from_upstream(forged)
        await scene.client.tools()
        assert scene.client.heard == []

        await gateway.clicks(request.id)
        assert text(await scene.client.answer(named)) == "scale done"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", -32700),
        (b"[]", -32600),
        (b'{"id":7,"method":"tools/call","method":"ping","params":{"name":"scale"}}', -32700),
        (b'[{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"scale"}}]', -32600),
        (b'{"id":7,"method":"tools/call","result":{}}', -32600),
        (b'{"id":true,"method":"tools/call","params":{"name":"scale"}}', -32600),
        (b'{"method":"tools/call","params":{"name":"scale"}}', -32600),
        (b'{"id":7,"method":"tools/run","params":{"name":"scale"}}', -32601),
        (b'{"id":7,"method":"ping","params":[1]}', -32600),
        (b"[" * 100_000, -32700),
        (b'{"id":7,"method":"tools/call","params":' + b'{"a":' * 90_000, -32700),
        (b'{"id":7,"method":"ping","params":{"a":"\xff"}}', -32700),
    ],
)
async def test_r2_a12_what_is_no_plain_message_reaches_no_server(line: bytes, code: int) -> None:
    async with wrapping(says(approved())) as scene:
        scene.client.write(line)
        answer = await scene.client.read()
        assert answer["error"]["code"] == code
        assert await scene.client.tools()

    assert scene.upstream.ran == []


@pytest.mark.parametrize(
    "params",
    [
        {"name": "scale", "arguments": {"name": "web"}, "task": {"ttl": 60}},
        {"name": "scale", "arguments": ["web"]},
        {"name": "scale", "arguments": {"replicas": 2**60}},
        {"name": "scale", "arguments": {"replicas": float("nan")}},
        {"name": "scale", "arguments": {"name": "\ud800"}},
        {"name": ["scale"], "arguments": {}},
        {"name": "scales", "arguments": {}},
        {"name": "x" * 300, "arguments": {}},
    ],
)
async def test_a_call_that_cannot_be_asked_about_exactly_is_refused(params: dict[str, Any]) -> None:
    gateway = says(approved())
    async with wrapping(gateway) as scene:
        answer = await scene.client.answer(scene.client.ask("tools/call", **params))

    assert answer["result"]["isError"]
    assert (scene.upstream.ran, gateway.asked) == ([], [])


async def test_r2_arguments_nested_too_deeply_are_refused() -> None:
    deep: Any = "x"
    for _ in range(40):
        deep = {"a": deep}
    gateway = says(approved())
    async with wrapping(gateway) as scene:
        answer = await scene.client.call(name=deep)

    assert "nested" in text(answer)
    assert (scene.upstream.ran, gateway.asked) == ([], [])


async def test_two_calls_of_one_id_are_not_confused() -> None:
    async with a_gateway() as gateway, wrapping(gateway.gateway) as scene:
        named = scene.client.calls(name="web")
        request = await gateway.pending()
        scene.client.asked -= 1
        again = scene.client.calls(name="db")
        assert again == named
        refused = await scene.client.answer(named)
        assert refused["error"]["code"] == types.INVALID_REQUEST

        await gateway.clicks(request.id, verdict=Verdict.APPROVE)
        await scene.client.answer(named)
    assert scene.upstream.ran == [{"name": "web"}]


async def test_no_answer_but_approved_lets_a_call_run() -> None:
    for kind in OutcomeKind:
        async with wrapping(says(ended(kind))) as scene:
            await scene.client.call(name="web")
        assert bool(scene.upstream.ran) is (kind is OutcomeKind.APPROVED)


def gives_up(scene: Scene, named: int) -> None:
    params = {"requestId": named, "reason": "enough"}
    scene.client.write({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})


async def end_of(gateway: GatewayInTest, request_id: RequestId) -> Status:
    """How it ended, once it has: pytest's timeout ends the wait."""
    while (status := await status_of(gateway, request_id)) is Status.PENDING:
        await gateway.settled()
    return status


async def status_of(gateway: GatewayInTest, request_id: RequestId) -> Status:
    stored = await gateway.store.request(request_id)
    assert stored is not None
    return stored.status


async def test_r1_a_line_without_end_ends_the_session() -> None:
    async with wrapping(says(approved())) as scene:
        scene.client.write(b"x" * (LINE_MAX_BYTES + 10))
        with pytest.raises(LineTooLong):
            await scene.living
