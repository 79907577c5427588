"""A key carries limits of its own: what is asked with it stays below them and below everyone's."""

from datetime import timedelta

import pytest

from approvals.domain.key import Scope
from approvals.domain.limits import Limits
from tests.engine.gateway_in_test import UNFOLDED
from tests.http.api_in_test import Api, an_api

FEW = Limits(pending_of_agent=2, pending=1_000, new_of_agent=4)


async def codes(api: Api, key: str, times: int, *, withdrawn: bool = False) -> list[str]:
    """Ask so often and return what came of each; *withdrawn*: each question right away."""
    found: list[str] = []
    for _ in range(times):
        args = {"number": len(await api.behind.store.look(lambda seen: seen.newest(limit=99)))}
        asked = await api.ask(key, args=args)
        found.append("taken" if asked.status == 201 else asked.code)
        if withdrawn and asked.status == 201:
            await api.call("POST", f"/v1/approvals/{asked.body['id']}/cancel", key, {})
    return found


@pytest.mark.parametrize(("own", "taken"), [(1, 1), (2, 2), (9, 2), (None, 2)])
async def test_R10_the_lower_of_both_limits_of_what_waits_holds(
    own: int | None, taken: int
) -> None:
    async with an_api(FEW, policy=UNFOLDED) as api:
        key = await api.key() if own is None else await api.key(pending=own)

        assert await codes(api, key, 3) == ["taken"] * taken + ["too_many_pending"] * (3 - taken)


@pytest.mark.parametrize(("own", "taken"), [(1, 1), (4, 4), (9, 4), (None, 4)])
async def test_R10_the_lower_of_both_limits_of_what_is_new_holds(
    own: int | None, taken: int
) -> None:
    async with an_api(FEW, policy=UNFOLDED) as api:
        key = await api.key() if own is None else await api.key(new_per_minute=own)

        found = await codes(api, key, 5, withdrawn=True)
        await api.behind.time_passes(timedelta(minutes=1))
        later = await codes(api, key, 1)

        assert found == ["taken"] * taken + ["too_many_new"] * (5 - taken)
        assert later == ["taken"]


async def test_R10_a_refusal_names_the_keys_own_limit_and_when_to_come_again() -> None:
    async with an_api(policy=UNFOLDED) as api:
        key = await api.key(pending=1, new_per_minute=1)
        assert await codes(api, key, 1, withdrawn=True) == ["taken"]

        refused = await api.ask(key, args={"number": 2})

        assert (refused.status, refused.code) == (429, "too_many_new")
        assert "1 questions within a minute" in refused.body["detail"]
        assert int(refused.headers["Retry-After"]) == 60


async def test_R10_all_keys_of_an_agent_count_what_it_asks_with_any_of_them() -> None:
    async with an_api(policy=UNFOLDED) as api:
        narrow, wide = await api.key(pending=2), await api.key()
        other = await api.key(agent="other-bot", pending=1)
        assert await codes(api, wide, 2) == ["taken", "taken"]

        assert await codes(api, narrow, 1) == ["too_many_pending"]
        assert await codes(api, wide, 1) == ["taken"]
        assert await codes(api, other, 1) == ["taken"]


async def test_a_key_tells_its_limits_to_who_holds_it() -> None:
    async with an_api() as api:
        narrow = (await api.call("GET", "/v1/key", await api.key(pending=3))).body
        reads = (await api.call("GET", "/v1/key", await api.key(Scope.READ))).body

        assert (narrow["pending"], narrow["new_per_minute"]) == (3, None)
        assert (reads["pending"], reads["new_per_minute"]) == (None, None)
