"""The hook as a process, the real HTTP door, and a person who decides."""

import asyncio

import pytest

from approvals.domain.approval_request import Status
from approvals.domain.decision import Verdict
from approvals.domain.permit import PermitState
from bot.claude_code.asked import HANDED_OVER
from tests.claude_code.hooked import Hooked, Start, call, hooked
from tests.http.api_in_test import Api, an_api

PATIENT = ("hook", "claude-code", "--host-timeout", "60s")
pytestmark = pytest.mark.timeout(120)


async def runs_hook(api: Api, tool: str = "Bash") -> asyncio.Task[Hooked]:
    start = Start(
        arguments=PATIENT,
        env={"SAYSO_KEY": await api.key()},
        stdin=call(tool_name=tool),
    )
    return asyncio.create_task(hooked(start, api.url))


async def test_what_people_approve_in_slack_goes_on_in_claude_code() -> None:
    async with an_api() as api:
        hook = await runs_hook(api)
        request = await api.behind.pending()
        await api.behind.clicks(request.id)
        ended = await hook
        permit = await api.behind.store.look(lambda rows: rows.permit(request.id))

    assert ended.said["permissionDecision"] == "allow"
    assert request.requester.agent == "deploy-bot"
    assert request.call.arguments == ended.said["updatedInput"]
    assert permit is not None
    assert (permit.state, permit.result) == (PermitState.SUCCEEDED, HANDED_OVER)


@pytest.mark.long
async def test_what_people_reject_and_rules_deny_does_not() -> None:
    async with an_api() as api:
        hook = await runs_hook(api)
        request = await api.behind.pending()
        await api.behind.clicks(request.id, verdict=Verdict.REJECT, reason="not on a Friday")
        rejected = await hook
        denied = await (await runs_hook(api, "drop_table"))
        allowed = await (await runs_hook(api, "read_file"))

    assert "not on a Friday" in rejected.said["permissionDecisionReason"]
    assert "Dropping is done by hand" in denied.said["permissionDecisionReason"]
    assert [each.said["permissionDecision"] for each in (rejected, denied, allowed)] == [
        "deny",
        "deny",
        "allow",
    ]


@pytest.mark.long
async def test_f20_a_hook_that_is_killed_runs_nothing_when_its_question_is_approved() -> None:
    async with an_api() as api:
        asked = {"SAYSO_KEY": await api.key()}
        pending: list[bool] = []
        start = Start(arguments=PATIENT, env=asked, signal=9, when=lambda: bool(pending))
        hook = asyncio.create_task(hooked(start, api.url))
        request = await api.behind.pending()
        pending.append(True)
        ended = await hook
        await api.behind.clicks(request.id)
        stored = await api.behind.store.request(request.id)
        permit = await api.behind.store.look(lambda rows: rows.permit(request.id))

    assert ended.printed == b""
    assert stored is not None
    assert stored.status is Status.APPROVED
    assert permit is not None
    assert permit.state is PermitState.UNCLAIMED
