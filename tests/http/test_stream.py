"""An agent asks, and people follow and decide, on one connection."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import pytest_asyncio
from pydantic import BaseModel

from approvals.domain.decision import Verdict
from approvals.domain.key import Scope
from approvals.gate import stream_wire
from bot.http.api import routes
from bot.http.line import CloseCode
from tests.fakes.people import ALICE, BOB
from tests.http import test_matrix
from tests.http.api_in_test import ASK, Api, an_api
from tests.http.stream_in_test import Stream, a_stream
from tests.http.test_matrix import (
    BODIES,
    DECIDING,
    HOLDERS,
    OWN,
    READING,
    a_key,
    one_that_is,
)


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api() as opened:
        yield opened


@pytest_asyncio.fixture
async def agent(api: Api) -> AsyncIterator[Stream]:
    async with a_stream(api, await api.key()) as opened:
        yield opened


async def test_an_agent_asks_and_is_told_how_it_ended(api: Api, agent: Stream) -> None:
    asked = await agent.ask()
    await api.behind.pending()
    await api.behind.clicks(asked["id"])

    told = await agent.change(asked["id"], "approved")

    assert asked["status"] == "pending"
    assert told["approval"]["outcome"]["kind"] == "approved"
    assert told["approval"]["decisions"][0]["by"] == BOB
    assert told["event_id"]


async def test_the_whole_life_of_a_call_goes_over_one_connection(api: Api, agent: Stream) -> None:
    asked = await agent.ask()
    await api.behind.pending()
    await api.behind.clicks(asked["id"])
    await agent.change(asked["id"], "approved")

    about = {"id": asked["id"]}
    claimed = await agent.call("claimApproval", **about, body={"digest": asked["digest"]})
    report = {"status": "succeeded", "result": "up", "attempt": 1}
    told = await agent.call("reportApproval", **about, body=report)

    assert claimed["body"]["arguments_json"] == '{"service":"web"}'
    assert told["body"]["permit"]["state"] == "succeeded"


async def test_what_was_settled_while_nobody_followed_is_told_first(api: Api) -> None:
    key = await api.key()
    asked = await api.ask(key)
    other = await api.ask(key, args={"service": "db"})
    await api.behind.pending()
    await api.behind.clicks(asked.body["id"], verdict=Verdict.REJECT, reason="No")

    async with a_stream(api, key) as stream:
        one = await stream.follow(ids=[asked.body["id"], "0" * 26])
        by_id = stream.heard
        stream.heard = []
        await stream.follow()

    assert [each["approval"]["status"] for each in by_id] == ["rejected"]
    assert one["unknown"] == ["0" * 26]
    assert [each["approval"]["id"] for each in stream.heard] == [other.body["id"]]


async def test_a_person_follows_what_they_may_see_and_decides(api: Api, agent: Stream) -> None:
    async with a_stream(api, await api.key(Scope.DECIDE, owner=BOB)) as person:
        await person.follow()
        await agent.ask()
        seen = (await person.change())["approval"]
        review = (await person.call("reviewApproval", id=seen["id"]))["body"]
        marks = {name: review[name] for name in ("seen", "digest", "alike")}
        decided = await person.call(
            "decideApproval", id=seen["id"], body={"verdict": "approve", **marks}
        )
        told = await person.change(seen["id"], "approved")

    assert decided["status"] == 201
    assert told["approval"]["decisions"][0]["by"] == BOB
    assert (await agent.change(seen["id"], "approved"))["approval"]["outcome"]["kind"] == "approved"


async def test_a_refusal_is_a_problem_under_the_name_of_the_call(api: Api, agent: Stream) -> None:
    asked = await agent.ask()
    refused = await agent.call("reviewApproval", id=asked["id"])
    unknown = await agent.call("readApproval", id="0" * 26)
    nowhere = await agent.call("dropEverything")
    await agent.ws.send_str('{"type": "call"')
    unread = await agent.until("problem")
    mistyped = await agent.call("askApproval", body={**ASK, "approved": True})

    assert refused["problem"]["code"] == "scope_missing"
    assert unknown["problem"]["code"] == "request_unknown"
    assert nowhere["problem"]["code"] == "not_found"
    assert (unread["ref"], unread["problem"]["code"]) == (None, "invalid_json")
    assert mistyped["problem"]["code"] == "invalid_request"
    await agent.say(type="ping", ref="still")
    assert await agent.until("pong", "still")


async def test_G2_nobody_hears_of_what_another_agent_or_owner_asks(api: Api, agent: Stream) -> None:
    asked = await agent.ask()
    for key in (await api.key(agent="other-bot"), await api.key(owner=BOB)):
        async with a_stream(api, key) as other:
            by_id = await other.follow(ids=[asked["id"]])
            await other.follow()
            read = await other.call("readApproval", id=asked["id"])
            cancelled = await other.call("cancelApproval", id=asked["id"], body={})
            mine = await other.ask()
            await agent.call("cancelApproval", id=asked["id"], body={})
            await other.call("cancelApproval", id=mine["id"], body={})
            await other.change(mine["id"], "cancelled")

            assert by_id["unknown"] == [asked["id"]]
            assert read["problem"]["code"] == cancelled["problem"]["code"] == "request_unknown"
            assert {each["approval"]["id"] for each in other.heard if "approval" in each} == {
                mine["id"]
            }
        asked = await agent.ask(name=key[:20])


async def test_every_key_of_an_agent_follows_what_any_of_them_asks(api: Api, agent: Stream) -> None:
    async with a_stream(api, await api.key()) as second:
        await second.follow()
        asked = await agent.ask()

        assert (await second.change())["approval"]["id"] == asked["id"]


async def test_an_end_that_came_before_the_answer_is_in_the_answer(api: Api) -> None:
    async with a_stream(api, await api.key(owner=ALICE)) as agent:
        denied = await agent.ask(tool="drop_table", args={})
        allowed = await agent.ask(tool="read_logs", args={})

    assert (denied["status"], denied["outcome"]["kind"]) == ("rejected", "denied")
    assert allowed["status"] == "approved"


async def test_B5_the_stream_answers_every_call_as_http_does() -> None:
    async with an_api(policy=test_matrix.POLICY) as api:
        keys = {name: await a_key(api, each) for name, each in HOLDERS.items()}
        request_id = await one_that_is(api, keys["the agent"], "approved")
        other: list[str] = []
        for name, key in keys.items():
            async with a_stream(api, key) as stream:
                for route in routes():
                    if route.name not in OWN | READING | DECIDING:
                        continue
                    body = BODIES.get(route.name)
                    place = route.path.replace("{id}", request_id)
                    http = await api.call(route.method.value, place, key, body)
                    said = await stream.call(route.name, id=request_id, body=body)
                    if said.get("status", said.get("problem", {}).get("status")) != http.status:
                        other.append(f"{route.name}, {name}: {said}, {http}")

    assert other == []


def test_the_page_about_the_stream_names_every_message_and_every_end() -> None:
    page = Path("docs/reference/stream.md").read_text("utf-8")
    messages = [
        get_args(each.model_fields["type"].annotation)[0]
        for each in vars(stream_wire).values()
        if isinstance(each, type) and issubclass(each, BaseModel) and "type" in each.model_fields
    ]

    assert len(messages) == 12
    assert [each for each in messages if f"| `{each}` |" not in page] == []
    assert [each for each in CloseCode if f"{each.value}" not in page] == []
