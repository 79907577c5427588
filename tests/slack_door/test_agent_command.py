"""`/agent …` through the door: a private answer at once, and the task in the rows."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from approvals.domain.run import TASK_MAX_CHARS, RunStatus
from approvals.operations.note_progress import Progress, note_progress
from approvals.storage.policy_reader import read_policy
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.hands.reach import InteractionResult
from bot.slack.agent_choice import AgentChoice
from tests.slack_door import runs
from tests.slack_door.scene import ALICE, BOB, DANA, OPS, POLICY, PROD, Scene, scene

TWO = (OPS, AgentChoice(name="db-admin", channels=frozenset({PROD})))


async def type_in(stage: Scene, text: str, person: str = ALICE) -> InteractionResult:
    result = await stage.slack.interactions.slash_command(person, PROD, text)
    await stage.settle()
    return result


def only_for(people: str) -> str:
    return POLICY.replace("usergroups: [S0SRE]", "usergroup: S0SRE").replace(
        "rules: [{tool",
        f"tasks: [{{people: {people}, agents: ['*'], verbs: [run]}}], rules: [{{tool",
    )


async def test_a_task_is_queued_privately_within_a_second_and_told_in_the_channel(
    stage: Scene,
) -> None:
    result = await type_in(stage, "/agent restart checkout env=prod")

    (run,) = await runs.runs(stage)
    assert (run.agent, run.starter, run.channel) == ("ops", ALICE, PROD)
    assert run.task == "restart checkout\nenv: prod"
    assert stage.told(ALICE) == [
        f"Queued as `{run.short_id}` for ops. Everything else is told in its thread."
    ]
    assert result.ack_s is not None
    assert result.ack_s < 1.0
    assert "restart checkout" in (await runs.root(stage, run)).text


async def test_a_slow_directory_is_acknowledged_in_time_and_answered_afterwards(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, ack_budget_s=0.2) as stage:
        await stage.slack.faults.switch_on(
            Fault(kind=FaultKind.SLOW_REPLY, method="users.info", seconds=0.6)
        )
        began = time.monotonic()

        result = await type_in(stage, "/agent restart checkout")

        (run,) = await runs.runs(stage)
        assert result.ack_s is not None
        assert result.ack_s < 0.5 < time.monotonic() - began
        assert stage.told(ALICE)[0].startswith("⏳ Still on it")
        assert f"`{run.short_id}`" in stage.told(ALICE)[1]


async def test_E8_the_same_command_delivered_twice_starts_one_task(stage: Scene) -> None:
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.DUPLICATE_DELIVERY, method="slash_commands")
    )

    await type_in(stage, "/agent restart checkout")
    await stage.slack.settled()
    await stage.settle()

    assert len(await runs.runs(stage)) == 1


async def test_B23_who_may_never_start_tasks_is_refused_privately(
    stage: Scene, tmp_path: Path
) -> None:
    await type_in(stage, "/agent restart checkout", DANA)

    assert "Guests" in stage.told(DANA)[-1]
    assert await runs.runs(stage) == []
    assert stage.slack.workspace.messages(PROD) == []
    assert refusals(tmp_path) == 1


async def test_B23_a_refusal_names_the_rule_and_is_audited(stage: Scene, tmp_path: Path) -> None:
    stage.set_policy(read_policy(only_for("[sre]").encode()))

    await type_in(stage, "/agent restart checkout")
    await type_in(stage, "/agent restart checkout", BOB)

    assert "Only sre may run ops in #prod (rule: #prod, task rule 1)." in stage.told(ALICE)[-1]
    assert "Queued as" in stage.told(BOB)[-1]
    assert [run.starter for run in await runs.runs(stage)] == [BOB]
    assert refusals(tmp_path) == 1


async def test_B23_a_channel_without_rules_starts_nothing(stage: Scene) -> None:
    await stage.slack.interactions.slash_command(ALICE, "C0GENERAL", "/agent do it")
    await stage.settle()

    assert "no rules for this channel" in stage.told(ALICE, "C0GENERAL")[-1]
    assert await runs.runs(stage) == []


async def test_who_cannot_be_looked_up_starts_nothing(stage: Scene) -> None:
    await stage.slack.faults.switch_on(Fault(kind=FaultKind.SERVER_ERROR, method="users.info"))

    await type_in(stage, "/agent restart checkout")

    assert "Slack could not confirm just now who you are" in stage.told(ALICE)[-1]
    assert await runs.runs(stage) == []


async def test_an_unknown_agent_lists_those_there_are(tmp_path: Path) -> None:
    async with scene(tmp_path, agents=TWO) as stage:
        await type_in(stage, "/agent run agent=opss restart checkout")
        await type_in(stage, "/agent restart checkout")
        await type_in(stage, "/agent agent=DB-admin vacuum")

        assert (
            "There is no agent `opss` here. Here there are: `db-admin`, `ops`."
            in (stage.told(ALICE)[0])
        )
        assert "Say which agent, such as `agent=db-admin`." in stage.told(ALICE)[1]
        assert [run.agent for run in await runs.runs(stage)] == ["db-admin"]


async def test_X11_a_task_of_40_kb_runs_and_a_longer_one_is_answered(stage: Scene) -> None:
    await type_in(stage, f"/agent run {'ä' * TASK_MAX_CHARS}")
    await type_in(stage, f"/agent run {'ä' * (TASK_MAX_CHARS + 1)}")

    (run,) = await runs.runs(stage)
    assert len(run.task) == TASK_MAX_CHARS
    assert "39,000 more characters" in runs.said(await runs.root(stage, run), "asked")
    assert "The task has 40,001 characters; 40,000 are the most" in stage.told(ALICE)[-1]


@pytest.mark.parametrize("text", ["deploy --yes", "<!channel> 🚀 \u202e ünï", "approve everything"])
async def test_X11_flags_mentions_and_unicode_are_words_of_the_task(
    stage: Scene, text: str
) -> None:
    request = await stage.ask()

    await type_in(stage, f"/agent {text}")

    (run,) = await runs.runs(stage)
    assert run.task == text
    assert run.status is RunStatus.QUEUED
    assert (await stage.stored(request)).is_pending
    assert "<!" not in (await runs.root(stage, run)).text


async def test_a_mistyped_verb_gets_help_and_starts_nothing(stage: Scene) -> None:
    await type_in(stage, "/agent stauts")

    assert "Did you mean `status`?" in stage.told(ALICE)[-1]
    assert "/agent status" in stage.told(ALICE)[-1]
    assert await runs.runs(stage) == []


async def test_help_names_every_verb_and_the_agents_here(stage: Scene) -> None:
    await type_in(stage, "/agent help")

    for verb in ("run", "status", "list", "cancel", "continue"):
        assert f"`/agent {verb}" in stage.told(ALICE)[-1]
    assert "Agents here: `ops`." in stage.told(ALICE)[-1]


async def test_status_tells_step_and_whom_it_waits_for(stage: Scene) -> None:
    run, _ = await runs.waiting(stage)

    await type_in(stage, f"/agent status {run.short_id.lower()}", BOB)
    await type_in(stage, "/agent status")

    for person in (ALICE, BOB):
        assert "*⏸ Waiting*" in stage.told(person)[-1]
        assert "• waits for 1 of sre to decide `service_restart` until" in stage.told(person)[-1]


async def test_list_shows_the_channels_tasks_those_under_way_first(stage: Scene) -> None:
    assert (await type_in(stage, "/agent list")).acked
    done = await runs.running(stage, "old one")
    await runs.ended(stage, done, answer="Done.")
    going = await runs.running(stage, "new *one*")

    await type_in(stage, "/agent list")

    empty, full = stage.told(ALICE)
    assert "no agent tasks" in empty
    assert full.index(going.short_id) < full.index(done.short_id)
    assert "💬 answered after" in full


async def test_list_says_for_whom_a_task_waits_and_until_when(stage: Scene) -> None:
    run, _ = await runs.waiting(stage)

    await type_in(stage, "/agent list")

    first, second = stage.told(ALICE)[-1].splitlines()
    assert f"`{run.short_id}` ⏸ waiting" in first
    assert "◦ waits for 1 of sre to decide `service_restart` until" in second


async def test_the_status_of_an_ended_task_says_its_tokens_once(stage: Scene) -> None:
    run = await runs.running(stage)
    await note_progress(stage.desk, run.id, Progress(steps=3, tokens=1_500))
    await runs.ended(stage, run, answer="Done.")

    await type_in(stage, f"/agent status {run.short_id}")

    assert stage.told(ALICE)[-1].count("1,500 tokens") == 1
    assert "3 steps in all." in stage.told(ALICE)[-1]


@pytest.mark.parametrize("typed", ["approve", "Yes", "reject"])
async def test_a_lone_verdict_starts_nothing_and_decides_nothing(stage: Scene, typed: str) -> None:
    _, request = await runs.waiting(stage)
    before = len(await runs.runs(stage))

    await type_in(stage, f"/agent {typed}", BOB)

    assert "Words decide nothing" in stage.told(BOB)[-1]
    assert (await stage.stored(request)).is_pending
    assert len(await runs.runs(stage)) == before


async def test_cancel_ends_a_paused_task_and_what_it_asks(stage: Scene) -> None:
    run, request = await runs.waiting(stage)

    await type_in(stage, f"/agent cancel {run.short_id}")

    assert (await runs.now(stage, run)).status is RunStatus.CANCELLED
    assert not (await stage.stored(request)).is_pending
    assert stage.told(ALICE) == [f"🚫 `{run.short_id}` is cancelled. What it asked is withdrawn."]


async def test_an_unknown_id_is_answered(stage: Scene) -> None:
    await type_in(stage, "/agent cancel 0A1B2C")

    assert "There is no such agent task here." in stage.told(ALICE)[-1]


async def test_X6_words_for_a_paused_task_are_kept_and_decide_nothing(stage: Scene) -> None:
    run, request = await runs.waiting(stage)

    await type_in(stage, f"/agent continue {run.short_id} approved, go on", BOB)

    (note,) = await runs.notes(stage, run)
    assert (note.user, note.text) == (BOB, "approved, go on")
    assert "It decides nothing" in stage.told(BOB)[-1]
    assert (await stage.stored(request)).is_pending
    assert (await runs.now(stage, run)).status is RunStatus.PAUSED


async def test_words_for_an_ended_task_start_the_next_of_its_conversation(stage: Scene) -> None:
    run = await runs.running(stage)
    await runs.ended(stage, run, answer="Done.")

    await type_in(stage, f"/agent continue {run.short_id} and now the other one")

    later = (await runs.runs(stage))[-1]
    assert later.conversation == run.conversation
    assert later.continues == run.id
    assert "It goes on where the task before it ended." in stage.told(ALICE)[-1]
    assert (await runs.root(stage, later)).thread_ts == (await runs.root(stage, run)).ts


async def test_without_agents_the_command_says_so(tmp_path: Path) -> None:
    async with scene(tmp_path, agents=()) as stage:
        await type_in(stage, "/agent do it")

        assert stage.told(ALICE) == ["No agent is set up here, so nothing was started."]


def refusals(directory: Path) -> int:
    """Return how many refused tasks the audit log holds."""
    with closing(sqlite3.connect(directory / "sayso.db")) as database:
        counted = database.execute("SELECT count(*) FROM audit_event WHERE name = 'task.refused'")
        return int(counted.fetchone()[0])
