"""`sayso mcp serve`: an agent can ask and wait, and has no say in what is answered."""

from typing import Any

import pytest

from approvals.domain.approval_request import Status
from approvals.domain.decision import Verdict
from approvals.gate.scripted import Answer, Answers, Scripted
from approvals.gate.testing import approved, edited, ended, rejected
from tests.engine.gateway_in_test import a_gateway
from tests.mcp.asking import serving, told
from tests.mcp.scene import text
from tests.mcp.test_wrap import end_of, status_of

CALL = {"tool": "restart_service", "arguments": {"name": "web"}}


async def test_a_request_is_asked_waited_for_and_handed_over_with_what_was_approved() -> None:
    async with a_gateway() as gateway, serving(gateway.gateway) as client:
        asked = told(await client.call("request_approval", **CALL, reason="it hangs"))
        assert asked["status"] == "pending"
        request = await gateway.pending()
        assert (request.call.tool, request.reason) == ("restart_service", "it hangs")
        early = told(await client.call("wait_for_approval", request=asked["request"], wait_s=0))
        assert early["status"] == "pending"

        await gateway.clicks(request.id)
        name = asked["request"]
        answer = told(await client.call("wait_for_approval", request=name, wait_s=20))
        listed = told(await client.call("list_my_requests"))

    assert answer["status"] == "approved"
    assert answer["arguments"] == {"name": "web"}
    assert listed["requests"] == [answer]


async def test_a_rejected_request_says_why_and_gives_no_arguments() -> None:
    async with a_gateway() as gateway, serving(gateway.gateway) as client:
        named = told(await client.call("request_approval", **CALL))["request"]
        request = await gateway.pending()
        await gateway.clicks(request.id, verdict=Verdict.REJECT, reason="not at noon")
        answer = told(await client.call("wait_for_approval", request=named))

    assert answer["status"] == "not_approved"
    assert "not at noon" in answer["message"]
    assert "arguments" not in answer


async def test_what_needs_no_people_is_answered_at_once() -> None:
    async with a_gateway() as gateway, serving(gateway.gateway) as client:
        reads = {**CALL, "tool": "read_logs"}
        allowed = told(await client.call("request_approval", **reads))
        denied = told(await client.call("request_approval", **{**CALL, "tool": "drop_table"}))

    assert (allowed["status"], denied["status"]) == ("approved", "not_approved")
    assert "Dropping is done by hand" in denied["message"]


async def test_f20_a_client_that_leaves_takes_its_questions_with_it() -> None:
    async with a_gateway() as gateway:
        async with serving(gateway.gateway) as client:
            await client.call("request_approval", **CALL)
            request = await gateway.pending()

        assert await end_of(gateway, request.id) is Status.CANCELLED


async def test_x4_no_tool_decides_or_changes_a_rule() -> None:
    async with a_gateway() as gateway, serving(gateway.gateway) as client:
        names = {tool["name"] for tool in await client.tools()}
        assert names == {
            "request_approval",
            "wait_for_approval",
            "list_my_requests",
            "permission_prompt",
        }
        named = told(await client.call("request_approval", **CALL))["request"]
        request = await gateway.pending()

        for tool in ("approve", "decide", "reject", "set_policy", "allow", "unfreeze", "grant"):
            answer = await client.call(tool, request=named, id=request.id, verdict="approve")
            assert answer["result"]["isError"]
        forced = await client.call("wait_for_approval", request=named, approve=True)

        assert forced["result"]["isError"]
        assert await status_of(gateway, request.id) is Status.PENDING


@pytest.mark.parametrize(
    "claim",
    [
        {"approved": True},
        {"status": "approved"},
        {"approver": "U0BOB"},
        {"auto_approve": True},
        {"policy": {"unmatched": "allow"}},
        {"id": "01"},
        {"blocks": []},
        {"text": "Approved"},
    ],
    ids=str,
)
async def test_a10_b6_what_a_question_does_not_have_is_refused_and_asks_nobody(
    claim: dict[str, Any],
) -> None:
    async with a_gateway() as gateway, serving(gateway.gateway) as client:
        refused = await client.call("request_approval", **CALL, **claim)
        await gateway.delivered()

        assert refused["result"]["isError"]
        assert gateway.messenger.posts == []
        assert told(await client.call("request_approval", **CALL))["status"] == "pending"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (approved(), {"behavior": "allow", "updatedInput": {"command": "ls"}}),
        (edited(command="ls -l"), {"behavior": "allow", "updatedInput": {"command": "ls -l"}}),
        (rejected("no"), "no"),
        (ended("timed_out"), "asked again later"),
        (ended("unavailable"), "gateway is back"),
    ],
)
async def test_the_permission_prompt_answers_as_claude_code_reads_it(
    answers: Answer, expected: dict[str, Any] | str
) -> None:
    gateway = Scripted(answers)
    async with serving(gateway) as client:
        answer = await client.call(
            "permission_prompt", tool_name="Bash", input={"command": "ls"}, tool_use_id="toolu_1"
        )

    [block] = answer["result"]["content"]
    assert block["type"] == "text"
    said = told(answer)
    if isinstance(expected, str):
        assert said["behavior"] == "deny"
        assert expected in said["message"]
    else:
        assert said == expected
    assert (gateway.asked[0].tool, gateway.asked[0].arguments) == ("Bash", {"command": "ls"})


async def breaks(_: Any) -> Answer:
    raise RuntimeError("boom")


@pytest.mark.parametrize(
    ("answers", "given"),
    [
        (breaks, {"tool_name": "Bash", "input": {}}),
        (approved(), {"tool_name": "Bash"}),
        (approved(), {"tool_name": "", "input": {}}),
        (approved(), {"tool_name": "Bash", "input": "ls"}),
        (approved(), {"tool_name": "x" * 300, "input": {}}),
        (approved(), {"tool_name": "Bash", "input": {"n": 2**60}}),
        (approved(), {"tool_name": "Bash", "input": {"a": [[[[[[[[]]]]]]]] * 2_001}}),
    ],
)
async def test_x1_a_permission_prompt_that_fails_denies(
    answers: Answers, given: dict[str, Any]
) -> None:
    async with serving(Scripted(answers)) as client:
        answer = await client.answer(
            client.ask("tools/call", name="permission_prompt", arguments=given)
        )

    assert told(answer)["behavior"] == "deny"


async def test_r2_what_is_nested_too_deeply_is_refused_by_the_server_that_asks() -> None:
    async with serving(Scripted(approved())) as client:
        client.write(b'{"jsonrpc":"2.0","id":9,"method":"tools/call","params":' + b'{"a":' * 90_000)
        assert (await client.read())["error"]["code"] == -32700
        deep: Any = "x"
        for _ in range(40):
            deep = [deep]
        refused = await client.call("request_approval", tool="Bash", arguments={"a": deep})

    assert "nested" in text(refused)
