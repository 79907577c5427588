"""Who may do what at every route: each route × key × request × status, against a model of its own.

The routes are the API's own table, so a new one is in the matrix before anybody thinks of it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from approvals.domain.decision import Verdict
from approvals.domain.key import Scope
from bot.http.api import routes
from tests.engine.gateway_in_test import OPS
from tests.fakes.people import ALICE, BOB, CAROL, DANA
from tests.http.api_in_test import Answer, Api, an_api

POLICY = """
version: 1
defaults: {channel: "#ops", timeout: 5m, fold: off, join: false, cooldown: off}
people:
  sre: {users: [U0BOB, U0CAROL]}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    rules: [{tool: "*", effect: ask}]
"""
STATUSES = ("pending", "approved", "rejected", "timed_out", "cancelled")
WRONG = "0" * 64


@dataclass(frozen=True)
class Holder:
    """Who holds a key, as the model knows it."""

    scopes: frozenset[str]
    person: str
    agent: str | None = None


HOLDERS = {
    "the agent": Holder(frozenset({"request"}), ALICE, "deploy-bot"),
    "the agent, who only starts tasks": Holder(frozenset({"runs"}), ALICE, "deploy-bot"),
    "another agent of the owner": Holder(frozenset({"request", "read"}), ALICE, "other-bot"),
    "an agent of the same name": Holder(frozenset({"request", "read"}), DANA, "deploy-bot"),
    "the owner, reading": Holder(frozenset({"read"}), ALICE),
    "the owner, deciding": Holder(frozenset({"decide"}), ALICE),
    "an approver, reading": Holder(frozenset({"read"}), BOB),
    "an approver, deciding": Holder(frozenset({"decide", "read"}), CAROL),
    "a stranger": Holder(frozenset({"decide", "read"}), DANA),
}
OWN = {"cancelApproval", "claimApproval", "reportApproval", "releaseApproval"}
READING = {"readApproval"}
DECIDING = {"reviewApproval", "decideApproval"}
WITHOUT_REQUEST = {"askApproval", "listApprovals", "readKey"}
BODIES: dict[str, Any] = {
    "cancelApproval": {},
    "claimApproval": {"digest": WRONG},
    "reportApproval": {"status": "failed", "attempt": 9},
    "releaseApproval": {"attempt": 9},
    "decideApproval": {"verdict": "reject", "reason": "No", "seen": "nothing", "digest": WRONG},
}


def expected(name: str, holder: Holder, status: str) -> int:
    """Return the status the model expects, for somebody who changes nothing by it."""
    needs = {"request"} if name in OWN else {"decide"} if name in DECIDING else set()
    if name in READING:
        needs = {"request", "read", "decide"}
    if not needs & holder.scopes:
        return 403
    is_own = (holder.agent, holder.person) == ("deploy-bot", ALICE)
    # A stranger is in no channel here; the owner sees what was asked for them, members everything.
    sees = is_own if holder.agent else holder.person != DANA
    if not sees:
        return 404
    if name == "cancelApproval":
        return 200 if status == "pending" else 409
    if name in OWN or name == "decideApproval":
        return 409
    return 200


async def test_G2_what_a_key_may_do_is_what_the_model_says_at_every_route() -> None:
    async with an_api(policy=POLICY) as api:
        api.behind.directory.channels[OPS] = frozenset({ALICE, BOB, CAROL})
        keys = {name: await a_key(api, holder) for name, holder in HOLDERS.items()}
        asking = keys["the agent"]
        wrong: list[str] = []
        cells = 0
        for status in STATUSES:
            request_id = await one_that_is(api, asking, status)
            for route in routes():
                if route.name not in OWN | READING | DECIDING:
                    continue
                for name, holder in HOLDERS.items():
                    place = route.path.replace("{id}", request_id)
                    key, body = keys[name], BODIES.get(route.name)
                    answer = await api.call(route.method.value, place, key, body)
                    cells += 1
                    if answer.status != expected(route.name, holder, status):
                        wrong.append(f"{route.name}, {name}, {status}: {answer.status}")
                    if answer.status == 404:
                        assert_tells_nothing(answer)
                    if answer.status == 200 and route.name == "cancelApproval":
                        request_id = await one_that_is(api, asking, status)

    assert wrong == []
    assert cells == len(STATUSES) * len(HOLDERS) * len(OWN | READING | DECIDING)


async def test_G2_every_route_about_a_request_is_in_the_matrix() -> None:
    assert {
        route.name for route in routes() if route.path.startswith("/v1/approvals")
    } == OWN | READING | DECIDING | WITHOUT_REQUEST - {"readKey"}


async def test_G1_no_route_answers_without_a_key_that_is_in_force() -> None:
    async with an_api(failures_max=10**6) as api:
        good = await api.key()
        wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
        answers = [
            await api.call(route.method.value, route.path.replace("{id}", "x"), key)
            for route in routes()
            for key in (None, "", "nothing", wrong, good.upper())
        ]

    assert {each.status for each in answers} == {401}
    assert len({str(each.body) for each in answers}) == 1


async def test_G1_an_address_with_ten_keys_that_are_none_waits_a_minute() -> None:
    async with an_api() as api:
        good = await api.key()
        for _ in range(10):
            assert (await api.call("GET", "/v1/key", "nothing")).status == 401

        shut = await api.call("GET", "/v1/key", good)
        api.behind.clock.advance(timedelta(minutes=1))
        opened = await api.call("GET", "/v1/key", good)

    assert (shut.status, shut.code) == (429, "too_many_failures")
    assert int(shut.headers["Retry-After"]) == 60
    assert opened.status == 200


def assert_tells_nothing(answer: Answer) -> None:
    assert answer.code == "request_unknown"
    assert answer.body["approval"] is None


async def a_key(api: Api, holder: Holder) -> str:
    scopes = [Scope(each) for each in holder.scopes]
    return await api.key(*scopes, owner=holder.person, agent=holder.agent)  # type: ignore[arg-type]


async def one_that_is(api: Api, key: str, status: str) -> str:
    """Return the id of a new request of the agent that stands so."""
    asked = await api.ask(key)
    request_id = str(asked.body["id"])
    if status == "cancelled":
        await api.call("POST", f"/v1/approvals/{request_id}/cancel", key, {})
    elif status == "timed_out":
        await api.behind.delivered()
        await api.behind.time_passes(timedelta(minutes=5))
    elif status != "pending":
        await api.behind.delivered()
        verdict = Verdict.APPROVE if status == "approved" else Verdict.REJECT
        await api.behind.clicks(request_id, BOB, verdict=verdict, reason="No")  # type: ignore[arg-type]
    found = await api.call("GET", f"/v1/approvals/{request_id}", key)
    assert found.body["status"] == status
    return request_id
