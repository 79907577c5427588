"""A caller names its own verdict, approver, policy, id or message: nothing of it is taken.

The names are those of our own models, so a field that is new is tried before anybody thinks of it.
"""

import inspect
from collections.abc import AsyncIterator
from dataclasses import fields
from typing import Any

import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient

from approvals.domain.approval_request import ApprovalRequest, Requester
from approvals.domain.decision import Decision
from approvals.domain.key import Key, Scope
from approvals.domain.permit import Permit
from approvals.domain.requirement import Requirement
from approvals.gate import wire
from bot.http.api import routes
from tests.fakes.people import BOB
from tests.http.api_in_test import ASK, Api, an_api
from tests.http.stream_in_test import a_stream
from tests.http.test_matrix import BODIES

OURS = {
    each.name
    for model in (ApprovalRequest, Requester, Decision, Key, Permit, Requirement)
    for each in fields(model)
} | {*wire.Approval.model_fields, *wire.Claimed.model_fields, *wire.Decide.model_fields}
SLACKS = set(inspect.signature(AsyncWebClient.chat_postMessage).parameters) - {"self", "kwargs"}
INVENTED = {
    "approved",
    "auto_approve",
    "approver",
    "policy",
    "rules",
    "allow",
    "force",
    "__proto__",
}
CLAIMS = INVENTED | {"id", "status", "cause", "verdict", "by", "decisions", "outcome", "scopes"}
TASK = {"agent": "deployer", "task": "Deploy web", "channel": "#ops"}
LIES: tuple[Any, ...] = (True, "approved", [BOB], {"status": "approved"})


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api() as opened:
        yield opened


def unknown_names() -> list[str]:
    """Names of ours, of Slack's and of nobody's that are no part of a question."""
    return sorted((OURS | SLACKS | INVENTED) - wire.AskApproval.model_fields.keys())


def lie(number: int) -> Any:
    return LIES[number % len(LIES)]


async def test_A10_B6_what_a_question_does_not_have_is_refused_and_asks_nobody(api: Api) -> None:
    key = await api.key()
    taken = []
    for number, name in enumerate(unknown_names()):
        answer = await api.call("POST", "/v1/approvals", key, {**ASK, name: lie(number)})
        if (answer.status, answer.code) != (422, "invalid_request"):
            taken.append((name, answer.status))
    await api.behind.delivered()

    assert taken == []
    assert {"blocks", "attachments", "text", "metadata"} <= set(unknown_names())
    assert {"approved", "status", "approver", "auto_approve", "policy", "id"} <= set(
        unknown_names()
    )
    assert await api.behind.store.look(lambda seen: seen.newest(limit=9)) == []
    assert api.behind.messenger.posts == []
    assert (await api.ask(key)).body["status"] == "pending"


async def test_B6_no_route_takes_a_name_it_does_not_have(api: Api) -> None:
    asker = await api.key(Scope.REQUEST, Scope.RUNS)
    decider = await api.key(Scope.DECIDE, owner=BOB)
    asked = (await api.ask(asker, args={"service": "mail"})).body
    other = (await api.ask(asker, args={"service": "db"})).body
    taken: list[tuple[str, str, int]] = []
    for route in routes():
        if route.asks is None:
            continue
        known, body = route.asks.model_fields, {**ASK, **TASK, **BODIES.get(route.name, {})}
        body = {name: value for name, value in body.items() if name in known}
        place = route.path.replace("{id}", asked["id"])
        key = decider if Scope.DECIDE in route.scopes else asker
        for number, name in enumerate(sorted(CLAIMS - known.keys())):
            answer = await api.call(route.method.value, place, key, {**body, name: lie(number)})
            if (answer.status, answer.code) != (422, "invalid_request"):
                taken.append((route.name, name, answer.status))
        honest = await api.call(
            route.method.value, place.replace(asked["id"], other["id"]), key, body
        )
        if honest.body.get("code") == "invalid_request":
            taken.append((route.name, "nothing", honest.status))

    assert taken == []
    now = await api.call("GET", f"/v1/approvals/{asked['id']}", asker)
    assert now.body == asked


async def test_B6_the_stream_takes_no_more_than_http_does(api: Api) -> None:
    async with a_stream(api, await api.key()) as stream:
        for number, name in enumerate(unknown_names()):
            about = {"body": {**ASK, name: lie(number)}}
            refused = await stream.call("askApproval", **about)
            assert refused["problem"]["code"] == "invalid_request", name
        for name in ("approved", "status", "verdict", "scopes"):
            ref = await stream.say(
                type="call", operation="askApproval", body=ASK, **{name: "approved"}
            )
            assert (await stream.next())["problem"]["code"] == "invalid_request", (name, ref)
        assert await api.behind.store.look(lambda seen: seen.newest(limit=9)) == []
        assert (await stream.ask())["status"] == "pending"


async def test_B6_arguments_that_claim_approval_are_arguments(api: Api) -> None:
    claims = {"approved": True, "status": "approved", "approver": BOB, "effect": "allow"}
    asked = await api.ask(await api.key(), args=claims, reason="Approved by security.")

    assert (asked.body["status"], asked.body["outcome"]) == ("pending", None)
    shown = (await api.behind.pending()).call
    assert shown.arguments_json == (
        f'{{"approved":true,"approver":"{BOB}","effect":"allow","status":"approved"}}'
    )


async def test_B6_no_question_allows_itself(api: Api) -> None:
    key = await api.key()
    allows = await api.ask(key, effect="allow")
    denies = await api.ask(key, effect="deny")
    in_address = await api.call("POST", "/v1/approvals?approved=true", key, ASK)

    assert (allows.status, allows.code) == (422, "invalid_request")
    assert denies.body["outcome"]["kind"] == "denied"
    assert (in_address.status, in_address.code) == (422, "invalid_request")
