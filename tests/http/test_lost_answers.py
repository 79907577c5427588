"""The gateway did it and its answer is lost: said again, it is the same deed and answer."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from approvals.domain.key import Scope
from tests.fakes.bad_road import BadRoad, Fault, a_road, lost_answer, truncated
from tests.fakes.people import BOB
from tests.http.api_in_test import ASK, Answer, Api, an_api
from tests.security.evidence import recorded


@dataclass
class Lossy:
    """The API at the end of a road, and its own database."""

    api: Api
    road: BadRoad
    path: Path

    async def twice(self, method: str, path: str, key: str, body: Any, **headers: str) -> Answer:
        """Say it, lose the answer, say the same again, and return what is answered then."""
        road = Api(
            url=self.road.url,
            behind=self.api.behind,
            client=self.api.client,
            streams=self.api.streams,
            room=self.api.room,
        )
        seen = len(self.road.seen)
        with pytest.raises(aiohttp.ClientError):
            await road.call(method, path, key, body, headers=headers)
        again = await road.call(method, path, key, body, headers=headers)
        assert len(self.road.seen) == seen + 2
        return again

    def events(self, name: str) -> int:
        return len(recorded(self.path, name))


@pytest_asyncio.fixture(params=[lost_answer, truncated], ids=["lost", "half"])
async def lossy(request: Any, tmp_path: Path) -> AsyncIterator[Lossy]:
    fault: Fault = request.param
    path = tmp_path / "sayso.db"
    async with an_api(place=path) as api, a_road(api.url) as road:
        for where in ("/v1/approvals", "/decisions", "/claim", "/cancel"):
            road.goes_wrong(where, fault)
        yield Lossy(api, road, path)


async def test_F5_a_question_said_again_under_its_name_is_one_question(lossy: Lossy) -> None:
    key = await lossy.api.key()
    name = {"Idempotency-Key": "deploy-7"}

    again = await lossy.twice("POST", "/v1/approvals", key, ASK, **name)
    await lossy.api.behind.delivered()

    assert (again.status, again.body["status"]) == (200, "pending")
    assert lossy.events("request.submitted") == 1
    assert [each.request.id for each in lossy.api.behind.messenger.posts] == [again.body["id"]]


async def test_F5_a_decision_said_again_counts_once_and_is_told_as_it_stands(lossy: Lossy) -> None:
    asked = (await lossy.api.ask(await lossy.api.key())).body
    key = await lossy.api.key(Scope.DECIDE, owner=BOB)
    place = f"/v1/approvals/{asked['id']}"
    shown = (await lossy.api.call("POST", f"{place}/review", key)).body
    marks = {name: shown[name] for name in ("seen", "digest", "alike")}

    again = await lossy.twice("POST", f"{place}/decisions", key, {"verdict": "approve", **marks})

    assert (again.status, again.code) == (409, "already_decided")
    assert again.body["approval"]["status"] == "approved"
    assert [each["by"] for each in again.body["approval"]["decisions"]] == [BOB]
    assert lossy.events("request.approved") == 1


async def test_F5_a_claim_and_a_withdrawal_said_again_are_one(lossy: Lossy) -> None:
    key = await lossy.api.key()
    allowed = (await lossy.api.ask(key, tool="read_logs", args={})).body
    asked = (await lossy.api.ask(key)).body
    mine = {"digest": allowed["digest"], "claim_id": "one"}

    claimed = await lossy.twice("POST", f"/v1/approvals/{allowed['id']}/claim", key, mine)
    withdrawn = await lossy.twice("POST", f"/v1/approvals/{asked['id']}/cancel", key, {})

    assert (claimed.status, claimed.body["attempt"]) == (200, 1)
    assert (withdrawn.status, withdrawn.code) == (409, "already_decided")
    assert withdrawn.body["approval"]["outcome"]["kind"] == "cancelled"
    assert lossy.events("permit.claimed") == lossy.events("request.cancelled") == 1
