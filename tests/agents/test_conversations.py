"""What people say to an agent: heard at its next turn, once, and never as an approval."""

import asyncio
from pathlib import Path

from approvals.domain import errors
from approvals.domain.ids import UserId
from approvals.domain.run import Run, RunNote, RunStatus
from approvals.operations.cancel_run import cancel_run
from approvals.operations.continue_run import continue_run
from approvals.operations.start_run import Task
from tests.agents.builders import an_agent
from tests.agents.fake_model import Answer, Body, fake_model, results_in
from tests.agents.running import ALLOWED, RunningAgents, running_agents
from tests.engine.gateway_in_test import OPS
from tests.fakes.people import ALICE, BOB, CAROL, TEAM

LABEL = (
    "[Said by <@U0BOB> in the task's thread while you worked. It is not an approval of any call.]"
)
RESTART: Answer = [("restart_service", {"service": "web"})]


async def restart_service(service: str) -> str:
    """Restart a service."""
    return f"{service} restarted"


def said_in(body: Body) -> list[str]:
    return [m["content"] for m in body["messages"] if m["role"] == "user"]


async def says(agents: RunningAgents, run: Run, text: str, by: UserId = BOB) -> Run | RunNote:
    said = Task(agent="", starter=by, team=TEAM, channel=OPS, text=text)
    return await continue_run(agents.gateway.desk, run.id, said)


async def test_x6_words_said_while_it_waits_are_heard_at_the_next_turn_and_drop_no_pause(
    tmp_path: Path,
) -> None:
    heard: list[list[str]] = []

    def answer(body: Body) -> Answer:
        heard.append(said_in(body))
        return "done" if results_in(body) else RESTART

    async with (
        fake_model(answer) as model,
        running_agents(tmp_path, an_agent(model, [restart_service])) as agents,
    ):
        run = await agents.started("restart web")
        (request,) = await agents.paused(run)
        await says(agents, run, "approved, go on! also look at api")
        await agents.gateway.settled()
        (still,) = await agents.paused(run)
        await agents.gateway.clicks(request.id)
        ended = await agents.ended(run)

    assert still.id == request.id
    assert ended.answer == "done"
    assert heard == [
        ["restart web"],
        [
            "restart web",
            f"{LABEL}\napproved, go on! also look at api",
        ],
    ]


async def test_words_said_too_late_become_the_next_run_of_the_conversation(
    tmp_path: Path,
) -> None:
    heard: list[list[str]] = []
    last_turn, go_on = asyncio.Event(), asyncio.Event()

    async def look() -> str:
        """Look."""
        last_turn.set()
        await go_on.wait()
        return "fine"

    def answer(body: Body) -> Answer:
        heard.append(said_in(body))
        if len(said_in(body)) == 1 and not results_in(body):
            return [("look", {})]
        return f"answer {len(said_in(body))}"

    async with (
        fake_model(answer) as model,
        running_agents(tmp_path, an_agent(model, [look]), policy=ALLOWED) as agents,
    ):
        run = await agents.started("look")
        await last_turn.wait()
        await says(agents, run, "in time")
        go_on.set()
        ended = await agents.ended(run)
        later = await says(agents, run, "and now?")
        assert isinstance(later, Run)
        second = await agents.ended(later)

    assert ended.answer == "answer 2"
    assert second.answer == "answer 3"
    assert heard[-1][0] == "look"
    assert heard[-1][-1] == "and now?"


async def test_a_conversation_goes_on_after_a_run_that_was_cancelled_with_open_calls(
    tmp_path: Path,
) -> None:
    seen: list[list[tuple[str, str]]] = []

    def answer(body: Body) -> Answer:
        seen.append([(m["role"], m.get("content") or "") for m in body["messages"]])
        return RESTART if len(seen) == 1 else "as you wish"

    async with (
        fake_model(answer) as model,
        running_agents(tmp_path, an_agent(model, [restart_service])) as agents,
    ):
        run = await agents.started("restart web")
        await agents.paused(run)
        await cancel_run(agents.gateway.desk, run.id, person=ALICE, team=TEAM)
        following = await says(agents, run, "leave it alone")
        assert isinstance(following, Run)
        ended = await agents.ended(following)

    assert ended.answer == "as you wish"
    assert [role for role, _ in seen[-1]] == ["system", "user", "assistant", "tool", "user"]
    assert "ended before it had a result" in seen[-1][3][1]


async def test_what_finished_before_a_cancelling_is_kept_for_the_conversation(
    tmp_path: Path,
) -> None:
    seen: list[list[str]] = []

    async def read_status() -> str:
        """Read."""
        return "all is up"

    def answer(body: Body) -> Answer:
        seen.append(results_in(body))
        calls: Answer = [("read_status", {}), ("restart_service", {"service": "web"})]
        return calls if len(seen) == 1 else "well"

    async with (
        fake_model(answer) as model,
        running_agents(tmp_path, an_agent(model, [read_status, restart_service])) as agents,
    ):
        run = await agents.started()
        await agents.paused(run)
        await cancel_run(agents.gateway.desk, run.id, person=ALICE, team=TEAM)
        following = await says(agents, run, "so?")
        assert isinstance(following, Run)
        await agents.ended(following)

    assert seen[-1][0] == "all is up"
    assert "ended before it had a result" in seen[-1][1]


async def test_a_second_run_of_a_conversation_has_its_own_limits_and_asks_anew(
    tmp_path: Path,
) -> None:
    def answer(body: Body) -> Answer:
        results, said = results_in(body), said_in(body)
        return " | ".join(results) if len(results) == len(said) else RESTART

    async with (
        fake_model(answer) as model,
        running_agents(tmp_path, an_agent(model, [restart_service])) as agents,
    ):
        run = await agents.started("restart web")
        await agents.answered(run)
        first = await agents.ended(run)
        second = await says(agents, run, "once more", by=ALICE)
        assert isinstance(second, Run)
        (request,) = await agents.paused(second)
        await agents.gateway.clicks(request.id)
        ended = await agents.ended(second)

    assert first.answer == "web restarted"
    assert ended.answer == "web restarted | web restarted"
    assert (ended.status, ended.steps) == (RunStatus.SUCCEEDED, 3)
    assert [each.split("(")[0] for each in agents.steps(second)] == [
        "Calling restart_service",
        "restart_service returned: web restarted",
    ]


async def test_who_told_the_agent_what_to_do_may_not_approve_what_it_then_asks(
    tmp_path: Path,
) -> None:
    def answer(body: Body) -> Answer:
        if len(said_in(body)) == 2:
            return " | ".join(results_in(body)) if len(results_in(body)) == 2 else RESTART
        return [("look", {})]

    async def look() -> str:
        """Look."""
        return "fine"

    async with (
        fake_model(answer) as model,
        running_agents(tmp_path, an_agent(model, [look, restart_service])) as agents,
    ):
        run = await agents.started("look")
        (asked_by_alice,) = await agents.paused(run)
        await says(agents, run, "and restart web")
        own_is_fine = await agents.gateway.clicks(asked_by_alice.id)
        (asked_by_bob,) = await agents.paused(run)
        own = await agents.gateway.clicks(asked_by_bob.id)
        other = await agents.gateway.clicks(asked_by_bob.id, CAROL)
        ended = await agents.ended(run)

    assert own_is_fine.refusal is None
    assert isinstance(own.refusal, errors.SelfApproval)
    assert other.refusal is None
    assert asked_by_bob.requester.on_behalf_of == (BOB,)
    assert ended.answer == "fine | web restarted"
