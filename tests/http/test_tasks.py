"""A program starts an agent task over HTTP: as its key's owner may in Slack, and no more."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from approvals.domain.ids import ChannelId, RunId
from approvals.domain.jobs import Job, JobKind
from approvals.domain.key import Scope
from approvals.operations.ask import Ask, new_request
from approvals.operations.resume_run import resume_run
from approvals.operations.submit_request import submit_request
from tests.engine.gateway_in_test import OPS, POLICY, proposal
from tests.fakes.people import ALICE, BOB, TEAM
from tests.http.api_in_test import Answer, Api, an_api

TASK = {"agent": "deployer", "task": "Deploy web", "channel": "#ops"}
TASKS = """
    tasks:
      - {people: [sre], agents: ["*"], verbs: ["*"]}
"""
DEV = ChannelId("C0DEV")


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    text = POLICY.rstrip() + TASKS + '  "#dev":\n    id: C0DEV\n    approvers: [sre]\n'
    async with an_api(policy=text) as opened:
        yield opened


async def start(api: Api, key: str, name: str | None = None, **said: Any) -> Answer:
    headers = {} if name is None else {"Idempotency-Key": name}
    return await api.call("POST", "/v1/runs", key, {**TASK, **said}, headers=headers)


async def test_a_task_is_started_in_the_owners_name_and_read(api: Api) -> None:
    key = await api.key(Scope.RUNS, owner=BOB)

    started = await start(api, key)
    read = await api.call("GET", f"/v1/runs/{started.body['id']}", key)

    assert (started.status, started.body["status"]) == (201, "queued")
    assert (read.body["agent"], read.body["starter"], read.body["channel"]) == (
        "deployer",
        BOB,
        OPS,
    )


async def test_who_may_start_nothing_in_slack_starts_nothing_here(api: Api) -> None:
    refused = await start(api, await api.key(Scope.RUNS, owner=ALICE))
    taken = await start(api, await api.key(Scope.RUNS, owner=BOB))

    assert (refused.status, refused.code, taken.status) == (403, "task_not_allowed", 201)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"agent": "nobody"}, "no_such_agent"),
        ({"channel": "#dev"}, "no_such_agent"),
        ({"channel": "#nowhere"}, "channel_unknown"),
        ({"channel": None}, "channel_not_allowed"),
        ({"task": " \u200b"}, "task_empty"),
        ({"approved": True}, "invalid_request"),
        ({"starter": ALICE}, "invalid_request"),
    ],
)
async def test_B6_what_cannot_be_started_is_refused_by_name(
    api: Api, said: dict[str, Any], code: str
) -> None:
    key = await api.key(Scope.RUNS, owner=BOB)

    assert (await start(api, key, **said)).code == code
    assert (await start(api, key)).status == 201


async def test_a_key_of_a_channel_starts_there_alone(api: Api) -> None:
    key = await api.key(Scope.RUNS, owner=BOB, channel=OPS)

    assert (await start(api, key, channel=None)).status == 201
    assert (await start(api, key, channel="#dev")).code == "channel_not_allowed"


async def test_G12_the_same_name_starts_one_run_and_another_task_under_it_is_refused(
    api: Api,
) -> None:
    key = await api.key(Scope.RUNS, owner=BOB)
    answers = await asyncio.gather(*(start(api, key, "nightly") for _ in range(10)))
    other = await start(api, key, "nightly", task="Deploy db")

    assert len({each.body["id"] for each in answers}) == 1
    assert sorted(each.status for each in answers) == [200] * 9 + [201]
    assert (other.status, other.code) == (422, "idempotency_mismatch")


async def test_G2_a_run_is_nobodys_but_its_starters(api: Api) -> None:
    run = (await start(api, await api.key(Scope.RUNS, owner=BOB))).body["id"]
    for key in (
        await api.key(Scope.RUNS, owner=ALICE),
        await api.key(Scope.RUNS, owner=BOB, channel=DEV),
    ):
        for method, path in (("GET", ""), ("POST", "/cancel")):
            body: Any = {} if method == "POST" else None
            hidden = await api.call(method, f"/v1/runs/{run}{path}", key, body)
            assert (hidden.status, hidden.code) == (404, "run_unknown")
    refused = await start(api, await api.key(Scope.REQUEST, owner=BOB))
    assert (refused.status, refused.code) == (403, "scope_missing")


async def test_what_a_run_waits_for_is_told_and_withdrawn_with_it(api: Api) -> None:
    key = await api.key(Scope.RUNS, owner=BOB)
    run_id = RunId((await start(api, key)).body["id"])
    desk = api.behind.desk
    await resume_run(desk, Job(kind=JobKind.RESUME, subject=run_id, run_at=desk.clock.now()))
    asked = proposal(run_id=run_id)
    requirement = desk.policy().requirement(asked.call)
    request = new_request(
        desk,
        Ask(
            call=asked.call,
            requirement=requirement,
            requester=replace(asked.requester, person=BOB, team=TEAM),
            run_id=run_id,
            key="one",
        ),
    )
    await submit_request(desk, request)

    waits = await api.call("GET", f"/v1/runs/{run_id}", key)
    ended = await api.call("POST", f"/v1/runs/{run_id}/cancel", key, {})
    again = await api.call("POST", f"/v1/runs/{run_id}/cancel", key, {})

    assert [each["id"] for each in waits.body["pending"]] == [request.id]
    assert (ended.body["status"], ended.body["cause"], ended.body["pending"]) == (
        "cancelled",
        "person",
        [],
    )
    assert (again.status, again.code) == (409, "run_ended")
