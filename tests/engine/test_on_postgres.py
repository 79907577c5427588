"""The main paths of asking and deciding once more, with every row in PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.domain.approval_request import Cause, Status
from approvals.domain.decision import Verdict
from approvals.domain.permit import PermitState
from approvals.gate.exceptions import CallNotApproved, CallPaused, CallRejected, CallTimedOut
from approvals.gate.gateway import Clearance
from approvals.gate.questions import Hearer, Question
from approvals.operations.pause_run import pause_run
from approvals.operations.ports import NotNow
from approvals.operations.recover import recover
from approvals.operations.resume_run import resume_run
from approvals.operations.send_follow_ups import send_follow_ups
from approvals.operations.start_run import start_run
from approvals.storage.postgres.audit_chain import verify_database
from approvals.storage.postgres.server import Server
from tests.engine.gateway_in_test import POLICY, a_gateway
from tests.engine.runs_in_test import RunsInTest, a_task
from tests.engine.test_asking import permit_state
from tests.engine.test_extending import extends
from tests.engine.test_follow_ups import stored
from tests.engine.test_webhook_rungs import MINUTE, Pager, asked, time_passes
from tests.engine.test_webhook_rungs import POLICY as PAGING
from tests.fakes.people import BOB, CAROL
from tests.gate.test_questions import asks
from tests.security.whole_gateway import a_whole_gateway


async def test_an_approved_call_runs_and_its_log_is_intact(postgres: Server) -> None:
    async with a_gateway(postgres) as gateway:
        call = gateway.asks(arguments={"service": "web", "note": "ü😀"})
        request = await gateway.pending()

        answer = await gateway.clicks(request.id)

        assert answer.refusal is None
        assert (await call).arguments_json == '{"note":"ü😀","service":"web"}'
        assert await permit_state(gateway, request.id) is PermitState.CLAIMED
    report = await verify_database(postgres)
    assert (report.is_intact, report.head.seq > 2) == (True, True)


async def test_a_rejection_and_silence_reach_the_agent(postgres: Server) -> None:
    async with a_gateway(postgres) as gateway:
        rejected, silent = gateway.asks(), gateway.asks(arguments={"service": "api"})
        await gateway.delivered()
        first, second = (content.request for content in gateway.messenger.posts)
        of_web = first if '"web"' in first.call.arguments_json else second
        await gateway.clicks(of_web.id, verdict=Verdict.REJECT, reason="not now")

        await gateway.time_passes(timedelta(minutes=5))

        with pytest.raises(CallRejected, match="not now"):
            await rejected
        with pytest.raises(CallTimedOut):
            await silent


async def test_of_many_clicks_one_decides_and_the_call_runs_once(postgres: Server) -> None:
    async with a_gateway(postgres) as gateway:
        call = gateway.asks()
        request = await gateway.pending()

        answers = await asyncio.gather(
            *(gateway.clicks(request.id, person) for person in (BOB, CAROL) * 8)
        )

        refusals = [answer.refusal.code for answer in answers if answer.refusal]
        assert refusals == ["already_decided"] * 15
        await call


async def test_a_click_and_the_deadline_end_a_request_once(postgres: Server) -> None:
    async with a_gateway(postgres) as gateway:
        calls = [gateway.asks(arguments={"service": str(n)}) for n in range(8)]
        await gateway.delivered()
        requests = [content.request for content in gateway.messenger.posts]

        await asyncio.gather(
            gateway.time_passes(timedelta(minutes=5)),
            *(gateway.clicks(request.id) for request in requests),
        )

        ended = await asyncio.gather(*calls, return_exceptions=True)
        stored = [await gateway.store.request(request.id) for request in requests]
        statuses = [request.status for request in stored if request]
        assert set(statuses) <= {Status.APPROVED, Status.TIMED_OUT}
        assert statuses.count(Status.TIMED_OUT) == sum(
            isinstance(end, CallNotApproved) for end in ended
        )


async def test_many_who_come_with_one_key_are_one_question(postgres: Server) -> None:
    async with a_gateway(postgres) as gateway:
        calls = [gateway.asks(key="deploy-7") for _ in range(8)]
        request = await gateway.pending()

        await gateway.clicks(request.id)

        clearances = await asyncio.gather(*calls, return_exceptions=True)
        assert len(gateway.messenger.posts) == 1
        assert sum(not isinstance(each, BaseException) for each in clearances) == 1


async def test_a17_calls_of_one_turn_do_not_pass_a_budget_side_by_side(postgres: Server) -> None:
    budgeted = POLICY.replace(
        "    timeout: 5m\n", "    timeout: 5m\n    budget: {per: 10m, agent: 2}\n"
    )
    async with a_gateway(postgres, policy=budgeted) as gateway:
        calls = [gateway.asks(arguments={"service": str(n)}) for n in range(8)]
        await gateway.delivered()

        assert len(gateway.messenger.posts) == 2
        assert sum(call.done() for call in calls) == 6
        for call in calls:
            call.cancel()


async def test_more_time_and_a_page_go_through_side_by_side_and_each_counts_once(
    postgres: Server,
) -> None:
    async with a_gateway(postgres, policy=PAGING) as gateway:
        pager = Pager(trouble=NotNow("http_503"))
        request = await asked(gateway)
        until = request.expires_at + 5 * MINUTE
        gateway.clock.advance(3 * MINUTE)

        answers, _ = await asyncio.gather(
            asyncio.gather(*(extends(gateway, request, until) for _ in range(4))),
            send_follow_ups(gateway.desk),
        )
        await time_passes(gateway, pager, MINUTE)
        pager.trouble = None
        await time_passes(gateway, pager, MINUTE)
        await time_passes(gateway, pager, 6 * MINUTE)

        found = await stored(gateway, request)
        assert [each.refusal is None for each in answers].count(True) == 1
        assert found.expires_at == until
        assert [each.trouble for each in found.followed_up.rungs] == [None]
        assert [message.id for _, message in pager.sent] == [f"msg_{request.id}_1"]
        assert found.is_pending


async def test_i3_of_many_that_take_one_run_one_gets_it_and_one_decision_resumes_it(
    postgres: Server,
) -> None:
    async with a_gateway(postgres) as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        (job,) = runs.resumable
        taken = await asyncio.gather(*(resume_run(gateway.desk, job) for _ in range(8)))
        paused = await runs.calls(run)
        assert isinstance(paused, CallPaused)

        await asyncio.gather(
            pause_run(gateway.desk, run.id, [paused.request_id]),
            gateway.clicks(paused.request_id),
        )
        runs.resumable.clear()
        await runs.delivered()
        again = await asyncio.gather(
            *(resume_run(gateway.desk, each) for each in runs.resumable * 8)
        )

        assert sum(each is not None for each in taken) == 1
        assert sum(each is not None for each in again) == 1
        assert isinstance(await runs.calls(run), Clearance)


async def test_a_message_that_comes_many_times_at_once_starts_one_task(postgres: Server) -> None:
    asked = replace(a_task(), said_with="message C0OPS 1.2")
    async with a_gateway(postgres) as gateway:
        started = await asyncio.gather(*(start_run(gateway.desk, asked) for _ in range(8)))

    assert len({run.id for run in started}) == 1


async def test_after_a_crash_keys_are_found_and_what_ran_is_unknown(postgres: Server) -> None:
    async with a_gateway(postgres) as gateway:
        running = gateway.asks(key="deploy-7")
        ran = await gateway.pending()
        await gateway.clicks(ran.id)
        await running
        waiting = [gateway.asks(), gateway.asks(arguments={"service": "api"}, key="deploy-8")]
        await gateway.delivered()
        keyless, keyed = (content.request for content in gateway.messenger.posts[-2:])
        if keyless.key is not None:
            keyless, keyed = keyed, keyless
        await gateway.gateway.close()
        await asyncio.gather(*waiting, return_exceptions=True)

        await recover(replace(gateway.desk, owner="gateway-2"))

        ended, kept = [await gateway.store.request(each.id) for each in (keyless, keyed)]
        assert await permit_state(gateway, ran.id) is PermitState.UNKNOWN
        assert ended is not None
        assert ended.cause is Cause.WAITER_GONE
        assert kept is not None
        assert kept.is_pending


async def test_a_whole_gateway_serves_from_postgresql(tmp_path: Path, postgres: Server) -> None:
    ran: list[str] = []
    async with a_whole_gateway(
        tmp_path, SAYSO_DATABASE_URL=postgres.url, SAYSO_DATABASE_SCHEMA=postgres.schema
    ) as whole:

        @whole.gate.guard
        async def restart(service: str) -> None:
            ran.append(service)

        calling = asyncio.create_task(restart("checkout"))
        card = await whole.card()

        assert await whole.press("U0BOB", card)
        await calling
        assert await whole.is_ready()

    assert ran == ["checkout"]
    assert not whole.database.exists()
    assert (await verify_database(postgres)).is_intact


async def test_a_question_is_answered_once_while_clicks_and_answers_race(
    postgres: Server,
) -> None:
    def on_question(question: Question) -> str:
        return f"{question.text} – yes, “ü😀”."

    async with a_gateway(postgres) as gateway:
        calls = [
            gateway.asks(
                arguments={"service": str(n)}, hearer=Hearer(on_question=on_question, loop=None)
            )
            for n in range(6)
        ]
        await gateway.delivered()
        requests = [content.request for content in gateway.messenger.posts]
        for request in requests:
            assert (await asks(gateway, request, "Why?")).refusal is None

        await asyncio.gather(
            gateway.delivered(), *(gateway.clicks(request.id) for request in requests)
        )
        await gateway.delivered()
        await asyncio.gather(*calls)

        for request in requests:
            found = await stored(gateway, request)
            (question,) = found.asking_back.asked
            assert found.status is Status.APPROVED
            assert question.answer in (None, "Why? – yes, “ü😀”.")
            assert question.trouble is None
    assert (await verify_database(postgres)).is_intact
