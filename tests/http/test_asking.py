"""An agent asks over HTTP: people are asked, the end comes back, the body runs once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from approvals.domain.approval_request import Requester
from approvals.domain.decision import Verdict
from approvals.domain.key import Scope
from approvals.domain.key_secret import read_id
from approvals.domain.limits import Limits
from approvals.domain.tool_call import ToolCall
from approvals.gate.exceptions import CallRejected
from approvals.gate.gateway import Proposal
from approvals.operations.recover import recover
from approvals.operations.revoke_key import revoke_key
from approvals.operations.snapshot import Snapshot
from bot.http.asking import UNDECLARED_FINGERPRINT
from tests.engine.gateway_in_test import OPS, UNFOLDED
from tests.fakes.people import ALICE, BOB, CAROL, TEAM
from tests.http.api_in_test import OPERATOR, Api, an_api


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api() as opened:
        yield opened


async def test_what_is_approved_is_claimed_once_and_its_end_is_told(api: Api) -> None:
    key = await api.key()
    asked = await api.ask(key, args={"service": "web", "token": "ghp_" + "a1" * 20})
    assert (asked.status, asked.body["status"]) == (201, "pending")
    place = f"/v1/approvals/{asked.body['id']}"
    waiting = asyncio.create_task(api.call("GET", f"{place}?wait=25s", key))

    await api.behind.pending()
    await api.behind.clicks(asked.body["id"])
    ended = await waiting
    digest = {"digest": asked.body["digest"]}
    claimed = await api.call("POST", f"{place}/claim", key, digest)
    again = await api.call("POST", f"{place}/claim", key, digest)
    told = await api.call(
        "POST", f"{place}/result", key, {"status": "succeeded", "result": "up", "attempt": 1}
    )

    assert ended.body["outcome"]["kind"] == "approved"
    assert ended.body["decisions"][0]["by"] == BOB
    assert claimed.status == 200
    assert "ghp_" in claimed.body["arguments_json"]
    assert "ghp_" not in str(ended.body)
    assert (again.status, again.code) == (409, "already_claimed")
    assert told.body["permit"]["state"] == "succeeded"


async def test_a_claim_whose_answer_was_lost_is_given_again_to_who_made_it(api: Api) -> None:
    key = await api.key()
    asked = await api.ask(key, tool="read_logs", args={})
    place = f"/v1/approvals/{asked.body['id']}/claim"
    mine = {"digest": asked.body["digest"], "claim_id": "one"}

    first, again = (
        await api.call("POST", place, key, mine),
        await api.call("POST", place, key, mine),
    )
    other = await api.call("POST", place, key, {**mine, "claim_id": "two"})

    assert asked.body["effect"] == "allow"
    assert first.body == again.body
    assert other.code == "already_claimed"


async def test_a_rejection_and_a_denial_are_answers_and_no_errors(api: Api) -> None:
    key = await api.key()
    denied = await api.ask(key, tool="drop_table", args={})
    asked = await api.ask(key)
    await api.behind.pending()
    await api.behind.clicks(asked.body["id"], verdict=Verdict.REJECT, reason="Not now")
    rejected = await api.call("GET", f"/v1/approvals/{asked.body['id']}", key)

    assert (denied.status, denied.body["outcome"]["kind"]) == (201, "denied")
    assert rejected.body["outcome"]["kind"] == "rejected"
    assert rejected.body["outcome"]["reason"] == "Not now"


async def test_G12_the_same_name_finds_the_same_question_and_another_body_is_refused(
    api: Api,
) -> None:
    key = await api.key()
    answers = await asyncio.gather(*(api.ask(key, "deploy-7") for _ in range(20)))
    other = await api.ask(key, "deploy-7", args={"service": "db"})
    by_call = [await api.ask(key, run_id="r1", tool_call_id="c1") for _ in range(2)]

    assert len({each.body["id"] for each in answers}) == 1
    assert sorted(each.status for each in answers) == [200] * 19 + [201]
    assert (other.status, other.code) == (422, "idempotency_mismatch")
    assert len({each.body["id"] for each in by_call}) == 1


async def test_two_agents_may_use_the_same_name_for_their_questions(api: Api) -> None:
    one = await api.ask(await api.key(), "nightly")
    other = await api.ask(await api.key(agent="backup-bot"), "nightly")
    third = await api.ask(await api.key(owner=BOB), "nightly")

    assert len({each.body["id"] for each in (one, other, third)}) == 3


async def test_a_new_key_of_the_same_agent_finds_what_the_old_one_asked(api: Api) -> None:
    asked = await api.ask(await api.key(), "nightly")

    assert (await api.ask(await api.key(), "nightly")).body["id"] == asked.body["id"]


async def test_the_caller_chooses_no_rules(api: Api) -> None:
    key = await api.key()
    fits = await api.ask(key, channel="#ops")
    unknown = await api.ask(key, channel="#nowhere")

    assert fits.status == 201
    assert unknown.code == "channel_unknown"


async def test_the_keys_owner_may_not_approve_what_its_agent_asks(api: Api) -> None:
    asked = await api.ask(await api.key(owner=BOB), on_behalf_of=[CAROL])

    assert (asked.status, asked.code) == (422, "no_eligible_approver")


async def test_a_time_may_be_shortened_and_not_lengthened(api: Api) -> None:
    key = await api.key()
    shorter = await api.ask(key, "short", timeout="30s")
    longer = await api.ask(key, "long", timeout="7d", args={"service": "db"})
    await api.behind.delivered()
    await api.behind.time_passes(timedelta(seconds=30))

    ended = await api.call("GET", f"/v1/approvals/{shorter.body['id']}", key)
    open_one = await api.call("GET", f"/v1/approvals/{longer.body['id']}", key)

    assert ended.body["outcome"]["kind"] == "timed_out"
    assert open_one.body["status"] == "pending"
    assert open_one.body["expires_at"] == "2026-01-05T09:05:00Z"


async def test_a_question_is_withdrawn_by_its_asker_alone(api: Api) -> None:
    key, other = await api.key(), await api.key(agent="other-bot")
    place = f"/v1/approvals/{(await api.ask(key)).body['id']}/cancel"

    strange = await api.call("POST", place, other, {})
    gone = await api.call("POST", place, key, {"reason": "Not needed"})
    again = await api.call("POST", place, key, {})

    assert (strange.status, strange.code) == (404, "request_unknown")
    assert gone.body["outcome"]["kind"] == "cancelled"
    assert (again.status, again.code) == (409, "already_decided")
    assert again.body["approval"]["status"] == "cancelled"


async def test_a_claim_that_is_not_reported_in_time_leaves_the_call_unknown(api: Api) -> None:
    key = await api.key()
    asked = await api.ask(key, tool="read_logs", args={})
    place = f"/v1/approvals/{asked.body['id']}"
    await api.call("POST", f"{place}/claim", key, {"digest": asked.body["digest"], "lease": "10m"})

    await api.behind.time_passes(timedelta(minutes=9))
    running = await api.call("GET", place, key)
    await api.behind.time_passes(timedelta(minutes=1))
    lost = await api.call("GET", place, key)
    late = await api.call("POST", f"{place}/result", key, {"status": "failed", "attempt": 1})

    assert running.body["permit"]["state"] == "claimed"
    assert lost.body["permit"]["state"] == "unknown"
    assert late.body["permit"]["state"] == "failed"


async def test_a_claim_from_outside_outlives_the_gateway(api: Api) -> None:
    key = await api.key()
    asked = await api.ask(key, tool="read_logs", args={})
    place = f"/v1/approvals/{asked.body['id']}"
    await api.call("POST", f"{place}/claim", key, {"digest": asked.body["digest"]})
    await recover(replace(api.behind.desk, owner="gateway-2"))

    assert (await api.call("GET", place, key)).body["permit"]["state"] == "claimed"


async def test_a_report_of_another_attempt_ends_nothing(api: Api) -> None:
    key = await api.key()
    asked = await api.ask(key, "once", tool="read_logs", args={})
    place = f"/v1/approvals/{asked.body['id']}"
    digest = {"digest": asked.body["digest"]}
    await api.call("POST", f"{place}/claim", key, digest)
    released = await api.call("POST", f"{place}/release", key, {"attempt": 1})
    await api.call("POST", f"{place}/claim", key, digest)

    late = await api.call("POST", f"{place}/result", key, {"status": "succeeded", "attempt": 1})

    assert released.body["permit"]["state"] == "unclaimed"
    assert (late.status, late.code) == (409, "claim_refused")


async def test_what_an_agent_has_not_claimed_in_a_day_lapses(api: Api) -> None:
    key = await api.key()
    asked = await api.ask(key, tool="read_logs", args={})

    await api.behind.time_passes(timedelta(days=1))

    seen = await api.call("GET", f"/v1/approvals/{asked.body['id']}", key)
    assert seen.body["permit"]["state"] == "lapsed"


async def test_R10_each_limit_has_its_own_refusal() -> None:
    limits = Limits(pending_of_agent=2, pending=3, new_of_agent=4)
    async with an_api(limits, policy=UNFOLDED) as api:
        key = await api.key()

        async def ask(number: int, by: str = key) -> tuple[int, str | None]:
            answer = await api.ask(by, f"n{number}", args={"number": number})
            return answer.status, answer.body.get("code")

        assert await ask(1) == (201, None)
        assert await ask(2) == (201, None)
        assert await ask(3) == (429, "too_many_pending")
        assert await ask(2) == (200, None)
        other = await api.key(agent="other-bot")
        assert await ask(1, other) == (201, None)
        assert await ask(2, other) == (429, "too_many_pending_in_all")
        for asked in (await api.call("GET", "/v1/approvals", key)).body["items"]:
            await api.call("POST", f"/v1/approvals/{asked['id']}/cancel", key, {})
        assert await ask(4) == (201, None)
        assert await ask(5) == (201, None)
        await api.call("POST", "/v1/approvals/x/cancel", key, {})
        for asked in (await api.call("GET", "/v1/approvals?status=pending", key)).body["items"]:
            await api.call("POST", f"/v1/approvals/{asked['id']}/cancel", key, {})
        assert await ask(6) == (429, "too_many_new")
        await api.behind.time_passes(timedelta(minutes=1))
        assert await ask(6) == (201, None)


async def test_a_list_is_read_page_by_page_and_holds_only_ones_own(api: Api) -> None:
    key = await api.key()
    await api.ask(await api.key(agent="other-bot"))
    ids = [(await api.ask(key, f"n{n}", args={"n": n})).body["id"] for n in range(5)]

    found: list[str] = []
    cursor = ""
    while True:
        page = (await api.call("GET", f"/v1/approvals?limit=2{cursor}", key)).body
        found += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert found == ids[::-1]


async def test_a_person_lists_what_they_may_see_in_slack(api: Api) -> None:
    asked = await api.ask(await api.key())
    mine = await api.key(Scope.READ, owner=ALICE)
    approver = await api.key(Scope.READ, owner=BOB)

    for key in (mine, approver):
        page = await api.call("GET", "/v1/approvals?status=pending&channel=%23ops", key)
        assert [each["id"] for each in page.body["items"]] == [asked.body["id"]]


async def test_what_no_person_was_asked_stands_in_no_list_of_theirs(api: Api) -> None:
    key = await api.key()
    for tool in ("read_logs", "drop_table"):
        await api.ask(key, tool=tool, args={})
    asked = await api.ask(key)
    await api.call("POST", f"/v1/approvals/{asked.body['id']}/cancel", key, {})

    def look(snapshot: Snapshot) -> list[list[str]]:
        mine = [str(each.id) for each in snapshot.asked_for(ALICE, limit=9)]
        here = [str(each.id) for each in snapshot.recent(OPS, limit=9)]
        ended = [each.tool for each in snapshot.endings(OPS, since=asked_at, limit=9)]
        return [mine, here, ended]

    asked_at = api.behind.clock.now()
    assert await api.behind.store.look(look) == [
        [asked.body["id"]],
        [asked.body["id"]],
        ["restart_service"],
    ]


async def test_G1_a_long_poll_tells_nothing_to_a_key_that_was_revoked_meanwhile(api: Api) -> None:
    asked = await api.ask(await api.key())
    key = await api.key()
    waiting = asyncio.create_task(
        api.call("GET", f"/v1/approvals/{asked.body['id']}?wait=25s", key)
    )
    await api.behind.pending()
    while len(api.room) == 0:  # until the poll is in its place
        await asyncio.sleep(0.001)
    await revoke_key(api.behind.desk, str(read_id(key)), by=OPERATOR)

    await api.behind.clicks(asked.body["id"])

    answer = await waiting
    assert (answer.status, answer.code) == (401, "key_refused")


async def test_what_was_rejected_in_process_a_moment_ago_answers_the_same_agent(api: Api) -> None:
    call = ToolCall.of("restart_service", UNDECLARED_FINGERPRINT, {"service": "web"})
    requester = Requester(agent="deploy-bot", person=ALICE, team=TEAM)
    asking = asyncio.create_task(api.behind.gateway.ask(Proposal(call=call, requester=requester)))
    pending = await api.behind.pending()
    await api.behind.clicks(pending.id, verdict=Verdict.REJECT, reason="Not now")
    with pytest.raises(CallRejected):
        await asking

    answer = await api.ask(await api.key())

    assert answer.status == 200
    assert answer.body["id"] == pending.id
    assert answer.body["outcome"]["reason"] == "Not now"
