"""What was approved is claimed once, in its time, for exactly the call that was asked about."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from approvals.domain.decision import Verdict
from tests.engine.gateway_in_test import POLICY
from tests.http.api_in_test import Answer, Api, an_api
from tests.http.stream_in_test import a_stream

SHORT = POLICY.replace("effect: ask, risk: high", "effect: ask, risk: high, approved_for: 2m")
MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api(policy=SHORT) as opened:
        yield opened


async def approved(api: Api, key: str, **said: Any) -> Any:
    """Ask, let it be approved, and return the request as its agent was answered."""
    asked = (await api.ask(key, **said)).body
    await api.behind.delivered()
    await api.behind.clicks(asked["id"])
    return asked


async def claim(api: Api, key: str, asked: Any, **said: Any) -> Answer:
    body = {"digest": asked["digest"], **said}
    return await api.call("POST", f"/v1/approvals/{asked['id']}/claim", key, body)


async def permit(api: Api, key: str, asked: Any) -> Any:
    return (await api.call("GET", f"/v1/approvals/{asked['id']}", key)).body["permit"]


async def test_C2_a_claim_that_names_other_arguments_takes_nothing(api: Api) -> None:
    key = await api.key()
    asked = await approved(api, key)
    other = (await api.ask(key, args={"service": "db"})).body

    for digest in (other["digest"], "0" * 64):
        refused = await claim(api, key, asked, digest=digest)
        assert (refused.status, refused.code) == (409, "args_mismatch")
        assert (await permit(api, key, asked))["state"] == "unclaimed"
    async with a_stream(api, key) as stream:
        about = {"id": asked["id"], "body": {"digest": other["digest"]}}
        on_stream = await stream.call("claimApproval", **about)

    assert on_stream["problem"]["code"] == "args_mismatch"
    assert (await claim(api, key, asked)).body["arguments_json"] == '{"service":"web"}'


async def test_C10_of_all_who_claim_at_once_one_may_run_it(api: Api) -> None:
    one, other = await api.key(), await api.key()
    asked = await approved(api, one)

    answers = await asyncio.gather(
        *(
            claim(api, key, asked, claim_id=f"{worker}-{number}")
            for number in range(10)
            for worker, key in (("one", one), ("other", other))
        )
    )
    async with a_stream(api, other) as stream:
        about = {"id": asked["id"], "body": {"digest": asked["digest"]}}
        on_stream = await stream.call("claimApproval", **about)

    assert sorted(each.status for each in answers) == [200] + [409] * 19
    assert {each.code for each in answers if each.status == 409} == {"already_claimed"}
    assert on_stream["problem"]["code"] == "already_claimed"
    assert (await permit(api, one, asked))["attempt"] == 1


@pytest.mark.parametrize(("waits", "status"), [(2 * MINUTE - MINUTE / 60, 200), (2 * MINUTE, 409)])
async def test_C11_an_approval_is_claimed_within_its_time(
    api: Api, waits: timedelta, status: int
) -> None:
    """How long reading takes to reach its reader nobody knows, so only `approved_for` ends it."""
    key = await api.key()
    asked = await approved(api, key)
    await claim(api, key, asked, digest="0" * 64)  # which begins nothing

    api.behind.clock.advance(waits)
    answer = await claim(api, key, asked)

    assert answer.status == status
    if status == 409:
        assert answer.code == "permit_lapsed"
        assert (await permit(api, key, asked))["state"] == "lapsed"
        again = await claim(api, key, asked)
        assert (again.status, again.code) == (409, "permit_lapsed")


CALLS = [
    {"argv": ["ls"]},
    {"argv": ["ls "]},
    {"argv": [" ls"]},
    {"argv": ["ls\n"]},
    {"argv": ["LS"]},
    {"argv": ["ls", ""]},
    {"argv": "ls"},
    {"argv": []},
    {"argv": None},
    {},
    {"argv": ["ls"], "env": ""},
    {"argv": ["ls"], "env": None},
    {"argv": ["ls"], "env": {}},
    {"argv": ["l\u200bs"]},
    {"argv": ["e\u0301"]},
    {"argv": ["\u00e9"]},
    {"argv": ["\u0435"]},
]


async def test_C13_calls_that_look_alike_are_different_calls(api: Api) -> None:
    key = await api.key()
    asked = [await approved(api, key, args=args) for args in CALLS]

    assert len({each["digest"] for each in asked}) == len(CALLS)
    assert len({each["id"] for each in asked}) == len(CALLS)
    plain = asked[0]
    for other in asked[1:]:
        assert (await claim(api, key, plain, digest=other["digest"])).code == "args_mismatch"
        assert (await claim(api, key, other, digest=plain["digest"])).code == "args_mismatch"
    assert (await claim(api, key, plain)).body["arguments_json"] == '{"argv":["ls"]}'


async def test_C13_under_one_name_a_call_that_looks_alike_is_another_question(api: Api) -> None:
    key = await api.key()
    await api.ask(key, "nightly", args={"argv": ["ls"]})

    for other in ({"argv": ["ls "]}, {"argv": ["ls"], "env": ""}, {"argv": ["ls", ""]}):
        refused = await api.ask(key, "nightly", args=other)
        assert (refused.status, refused.code) == (422, "idempotency_mismatch")
    respelled = b'{ "args" : {"argv" : ["\\u006cs"]}, "tool":"restart_service" }'
    same = await api.call(
        "POST",
        "/v1/approvals",
        key,
        headers={"Idempotency-Key": "nightly", "Content-Type": "application/json"},
        data=respelled,
    )
    assert same.status == 200


async def test_D9_a_client_that_hangs_up_leaves_its_question_to_be_found_again(api: Api) -> None:
    key = await api.key()
    asked = (await api.ask(key)).body
    place = f"/v1/approvals/{asked['id']}"
    waiting = asyncio.create_task(api.call("GET", f"{place}?wait=25s", key))
    async with a_stream(api, key) as stream:
        await stream.follow(ids=[asked["id"]])
        while not len(api.room):
            await asyncio.sleep(0.001)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    await api.behind.pending()
    await api.behind.clicks(asked["id"])

    assert (await permit(api, key, asked))["state"] == "unclaimed"
    assert (await claim(api, key, asked)).status == 200


async def test_D9_F20_what_a_client_that_died_had_asked_runs_nothing_and_lapses(api: Api) -> None:
    key = await api.key()
    asked = await approved(api, key)

    await api.behind.time_passes(timedelta(days=1))

    assert (await permit(api, key, asked))["state"] == "lapsed"
    assert (await claim(api, key, asked)).code == "permit_lapsed"


async def test_D9_F20_a_question_whose_client_is_gone_ends_in_its_time(api: Api) -> None:
    key = await api.key()
    async with a_stream(api, key) as stream:
        asked = await stream.ask()
    await api.behind.pending()
    await api.behind.time_passes(timedelta(minutes=5))

    late = await api.behind.clicks(asked["id"], verdict=Verdict.APPROVE)
    ended = (await api.call("GET", f"/v1/approvals/{asked['id']}", key)).body

    assert late.refusal is not None
    assert (ended["status"], ended["permit"]) == ("timed_out", None)
