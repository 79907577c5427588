"""The way to a gateway elsewhere breaks: nothing runs twice or by guess, and nothing is lost."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from approvals.domain.approval_request import Status
from approvals.domain.errors import GatewayRunning, Unavailable
from approvals.domain.key import Scope
from approvals.domain.key_errors import KeyRefused, ScopeMissing
from approvals.domain.permit import PermitState
from approvals.gate import CallRefused, CallUnavailable, Gate
from approvals.gate.refusals import AddressMistyped, NoKeyGiven
from approvals.operations.revoke_key import revoke_key
from tests.fakes.bad_road import (
    Fault,
    answering,
    changing,
    cut_off,
    lost_answer,
    truncated,
)
from tests.http.api_in_test import OPERATOR
from tests.remote.elsewhere import QUICK, Elsewhere, elsewhere
from tests.remote.test_remote import Tool

ASK, CLAIM, RESULT = "POST /v1/approvals", "/claim", "/result"
PASSING = {
    "cut off": cut_off,
    "answer lost": lost_answer,
    "truncated": truncated,
    "500": answering(500, "oops"),
    "503": answering(503, Retry_After="0"),
    "429": answering(429, Retry_After="0"),
    "no contract": answering(200, '{"id": 7}'),
    "a page": answering(404, "<html>", Content_Type="text/html"),
    "another request": changing('"id":"01', '"id":"02'),
}


@pytest_asyncio.fixture
async def there() -> AsyncIterator[Elsewhere]:
    async with elsewhere() as opened:
        yield opened


@pytest.mark.parametrize("where", [ASK, CLAIM, RESULT])
@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
async def test_F5_what_passes_is_tried_again_and_the_body_runs_once(
    there: Elsewhere, where: str, fault: Fault
) -> None:
    if where in (RESULT, ASK):
        fault = lost_answer if fault is PASSING["another request"] else fault
    there.road.goes_wrong(where, fault, fault)
    tool = Tool(there.gate)
    calling = tool.begins()
    await there.approves()

    assert await calling == "web is up"
    assert tool.ran == [("web", 1)]
    assert len(await there.requests()) == 1
    assert len(set(there.road.keys)) == 1
    permit = await there.permit()
    assert permit is not None
    assert (permit.state, permit.attempt) == (PermitState.SUCCEEDED, 1)


async def test_a_road_that_breaks_while_people_think_is_taken_again(there: Elsewhere) -> None:
    tool = Tool(there.gate)
    calling = tool.begins()
    request = await there.behind.pending()
    there.road.stays_wrong(request.id, cut_off)
    await asyncio.sleep(0.02)
    await there.approves()
    there.road.stays_wrong(request.id, None)

    assert await calling == "web is up"


async def test_a_claim_whose_answer_never_comes_runs_nothing_and_is_closed() -> None:
    async with elsewhere(replace(QUICK, grace_s=-299.7)) as there:
        there.road.stays_wrong(CLAIM, lost_answer)
        tool = Tool(there.gate)
        calling = tool.begins()
        await there.approves()

        with pytest.raises(CallUnavailable):
            await calling
        there.road.stays_wrong(CLAIM, None)
        while (permit := await there.permit()) is None or permit.state is not PermitState.FAILED:
            await asyncio.sleep(0.01)
        assert permit.result == "Cancelled before it ran. It did not run."
        assert tool.ran == []


async def test_D9_a_call_cancelled_while_it_claims_is_closed_and_never_runs(
    there: Elsewhere,
) -> None:
    there.road.stays_wrong(CLAIM, lost_answer)
    tool = Tool(there.gate)
    with there.gate.calling(key="k"):
        calling = tool.begins()
        await there.approves()
        while not there.road.seen[-1].endswith(CLAIM):
            await asyncio.sleep(0.001)
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        there.road.stays_wrong(CLAIM, None)
        while (permit := await there.permit()) is None or permit.state is not PermitState.UNCLAIMED:
            await asyncio.sleep(0.01)

        assert await tool.begins() == "web is up"
    assert tool.ran == [("web", 1)]


async def test_a_wait_ends_by_this_machines_clock_and_withdraws() -> None:
    async with elsewhere(replace(QUICK, grace_s=-299.8)) as there:
        tool = Tool(there.gate)
        began = time.monotonic()
        calling = tool.begins()
        request = await there.behind.pending()

        with pytest.raises(CallUnavailable, match="its time is over"):
            await calling
        assert time.monotonic() - began < 2
        while (await there.behind.store.request(request.id)).status is not Status.CANCELLED:
            await asyncio.sleep(0.001)
        assert tool.ran == []


async def test_a_gateway_that_is_away_is_waited_for_and_then_given_up() -> None:
    async with elsewhere(replace(QUICK, asked_within_s=0.1)) as there:
        there.road.stays_wrong(ASK, cut_off)
        tool = Tool(there.gate)

        with pytest.raises(CallUnavailable):
            await tool.begins()
        assert tool.ran == []


async def test_the_time_the_gateway_asks_for_is_waited(there: Elsewhere) -> None:
    there.road.goes_wrong(ASK, answering(429, Retry_After="1"))
    began = time.monotonic()
    assert await Tool(there.gate, "read_status").begins() == "web is up"
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(there: Elsewhere, status: int) -> None:
    away = f"{there.api.url}/v1/approvals"
    there.road.stays_wrong(ASK, answering(status, Location=away))
    tool = Tool(there.gate)

    with pytest.raises(CallRefused, match="elsewhere"):
        await tool.begins()
    assert await there.requests() == []
    assert there.road.seen.count(ASK) == 1


async def test_a_key_that_is_revoked_meanwhile_ends_the_wait_at_once(there: Elsewhere) -> None:
    tool = Tool(there.gate)
    calling = tool.begins()
    request = await there.behind.pending()
    await revoke_key(there.behind.desk, there.key.split("_")[1], by=OPERATOR)
    there.road.stays_wrong(request.id, cut_off)
    there.road.stays_wrong(request.id, None)
    await there.behind.clicks(request.id)

    with pytest.raises(CallRefused) as refused:
        await calling
    assert refused.value.outcome.code == "key_refused"
    assert tool.ran == []


async def test_a_key_that_may_not_ask_is_told_when_the_gate_opens(there: Elsewhere) -> None:
    for key, refusal in (
        (there.key[:-1] + ("0" if there.key[-1] != "0" else "1"), KeyRefused),
        (await there.api.key(Scope.READ), ScopeMissing),
    ):
        with pytest.raises(refusal):
            async with Gate(agent="x").connect(there.road.url, key):
                pass


async def test_l1_the_key_is_in_no_log_no_repr_and_no_error(
    there: Elsewhere, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    there.road.stays_wrong(ASK, answering(302, Location="http://example.com"))
    with pytest.raises(CallRefused) as refused:
        await Tool(there.gate).begins()

    told = f"{refused.value!r} {refused.value} {caplog.text} {there.gateway._door!r}"
    assert there.key not in told
    assert there.key[-40:] not in told


@pytest.mark.parametrize(
    "url",
    ["", "example.com", "ftp://a", "https://u:p@a", "https://a?x=1", "https://a:0", "http://a b"],
)
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(AddressMistyped):
        Gate(agent="x").connect(url, "key")


def test_a_key_that_no_header_can_carry_is_refused_without_telling_it() -> None:
    with pytest.raises(AddressMistyped) as refused:
        Gate(agent="x").connect("https://a", "geheim\r\nX-Evil: 1")
    assert "geheim" not in str(refused.value)


async def test_the_environment_says_which_gateway(
    there: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAYSO_URL", there.road.url)
    monkeypatch.delenv("SAYSO_KEY", raising=False)
    gate = Gate(agent="x")
    with pytest.raises(NoKeyGiven):
        async with gate:
            pass
    monkeypatch.setenv("SAYSO_KEY", there.key)
    async with gate:
        assert await Tool(gate, "read_status").begins() == "web is up"


async def test_a_script_without_asyncio_asks_too(there: Elsewhere) -> None:
    gate = Gate(agent="script")

    @gate.guard(name="restart_service")
    def restart(service: str) -> str:
        return f"{service} is up"

    def script() -> str:
        with gate.connect(there.road.url, there.key):
            with pytest.raises(GatewayRunning):
                gate.connect(there.road.url, there.key)
            return restart("web")

    running = asyncio.create_task(asyncio.to_thread(script))
    await there.approves()
    assert await running == "web is up"
    permit = await there.permit()
    assert permit is not None
    assert permit.state is PermitState.SUCCEEDED


async def test_a_report_that_does_not_arrive_in_time_is_told_at_the_end() -> None:
    async with elsewhere(replace(QUICK, report_s=0.02)) as there:
        there.road.stays_wrong(RESULT, cut_off)
        assert await Tool(there.gate, "read_status").begins() == "web is up"
        there.road.stays_wrong(RESULT, None)
        await there.gate.__aexit__(None, None, None)

        permit = await there.permit()
        assert permit is not None
        assert permit.state is PermitState.SUCCEEDED


async def test_a_report_that_never_arrives_is_logged_and_does_not_hold_the_program(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with elsewhere(replace(QUICK, report_s=0.01, flush_s=0.05)) as there:
        there.road.stays_wrong(RESULT, cut_off)
        assert await Tool(there.gate, "read_status").begins() == "web is up"
        await there.gate.__aexit__(None, None, None)
        assert "could not be told" in caplog.text


async def test_a_door_that_answers_as_nobody_is_no_gateway(there: Elsewhere) -> None:
    there.road.stays_wrong("/v1/key", answering(307, Location="/"))
    with pytest.raises(Unavailable, match="elsewhere"):
        async with Gate(agent="x").connect(there.road.url, there.key):
            pass
