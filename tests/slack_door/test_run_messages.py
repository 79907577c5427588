"""What a task's thread tells, from its root message to its answer."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.domain.ids import RunId
from approvals.domain.run import Run, RunStatus
from approvals.operations.deliver_run import read_run_content
from bot.sandbox.faults import Fault, FaultKind
from bot.slack import buttons
from tests.slack_door import runs
from tests.slack_door.scene import ALICE, BOB, PROD, Scene


async def test_the_root_says_who_asked_what_literally_and_where_it_stands(stage: Scene) -> None:
    run = await runs.started(stage, "restart *checkout* <!channel> & <@U0BOB> \u202e")

    root = await runs.root(stage, run)

    assert runs.said(root, "asked") == (
        f"{ALICE} asked ops:restart *checkout* <!channel> & <@U0BOB> ⟦U+202E⟧"
    )
    assert runs.said(root, "status") == "⏳ Queued"
    assert runs.said(root, "task") == f"Task {run.short_id}"
    assert root.text.startswith("⏳ Queued: <@U0ALICE> asked ops: restart")
    assert "<!" not in root.text
    assert root.metadata is not None
    assert set(root.metadata["event_payload"]) == {"run", "nonce", "gateway"}


async def test_a_run_is_taken_only_after_its_root_message_stands(stage: Scene) -> None:
    run = await runs.started(stage)

    assert [job.subject for job in stage.resumes] == [run.id]


async def test_the_status_line_follows_the_run_step_by_step(stage: Scene) -> None:
    run = await runs.running(stage)
    assert runs.said(await runs.root(stage, run), "status") == "▶ Running, step 1: thinking"

    await runs.progressed(stage, run, "pods_list", steps=2)

    assert runs.said(await runs.root(stage, run), "status") == "▶ Running, step 3: pods_list"


async def test_a_waiting_run_says_for_whom_about_what_and_until_when(stage: Scene) -> None:
    run, request = await runs.waiting(stage)

    status = runs.said(await runs.root(stage, run), "status")

    until = f"{request.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    assert status == f"⏸ Waiting\n• waits for 1 of sre to decide service_restart until {until}"


async def test_an_answer_is_a_reply_that_mentions_who_asked_with_time_and_tokens(
    stage: Scene,
) -> None:
    run = await runs.running(stage)

    await runs.ended(stage, run, answer="It is *up* <!here>.")

    (answer,) = await runs.replies(stage, run)
    assert answer.text == "<@U0ALICE> It is *up* &lt;!here&gt;."
    assert runs.said(answer, "answer") == "It is *up* <!here>."
    assert runs.said(answer, "cost").startswith("Answered after")
    root = await runs.root(stage, run)
    assert runs.said(root, "status").startswith("💬 Answered after")
    assert all(block["type"] != "actions" for block in root.blocks)


async def test_a_failed_run_says_why_in_root_and_thread(stage: Scene) -> None:
    run = await runs.running(stage)

    await runs.ended(stage, run, reason="The model refused the key (401).")

    assert "The model refused the key (401)." in runs.said(await runs.root(stage, run), "status")
    (answer,) = await runs.replies(stage, run)
    assert runs.said(answer, "answer") == "No answer: The model refused the key (401)."


async def test_a_long_answer_is_cut_and_says_how_much_is_missing(stage: Scene) -> None:
    run = await runs.running(stage)

    await runs.ended(stage, run, answer="line of words\n" * 2_000)

    (answer,) = await runs.replies(stage, run)
    assert "more characters)" in str(answer.blocks)
    assert sum(len(str(block)) for block in answer.blocks) < 11_000


async def test_a_run_started_in_a_thread_is_told_there(stage: Scene) -> None:
    ts = await stage.slack.interactions.say(ALICE, PROD, "checkout is down")

    run = await runs.started(stage, thread_ts=ts)

    assert (await runs.root(stage, run)).thread_ts == ts
    found = await stage.desk.store.write(lambda tx: tx.run_in_thread(PROD, ts))
    assert found is not None
    assert found.id == run.id


async def test_E14_an_older_state_of_a_run_is_never_drawn_over_a_newer_one(stage: Scene) -> None:
    run = await runs.running(stage)
    content = await stage.desk.store.write(lambda tx: read_run_content(tx, run.id))
    assert content is not None
    await runs.ended(stage, run, answer="Done.")

    await stage.door.run_messenger.update_run(content, now=stage.clock.now())

    assert runs.said(await runs.root(stage, run), "status").startswith("💬 Answered")


async def test_progress_waits_for_its_turn_and_the_last_edit_does_not(stage: Scene) -> None:
    run = await runs.running(stage)
    for step in range(12):
        await runs.progressed(stage, run, f"tool_{step}", steps=step)
    shown = runs.said(await runs.root(stage, run), "status")

    await runs.ended(stage, run, answer="Done.")
    stage.clock.advance(timedelta(minutes=1))
    await stage.deliver()

    assert shown != "▶ Running, step 12: tool_11"
    assert runs.said(await runs.root(stage, run), "status").startswith("💬 Answered")


async def test_steps_stand_in_the_thread_and_what_slack_refuses_is_dropped(stage: Scene) -> None:
    run = await runs.started(stage)
    steps = stage.door.steps_of(await runs.taken(stage, run))

    await steps.step("Running <!here>")
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.SERVER_ERROR, method="chat.postMessage")
    )
    await steps.step("never seen")

    (told,) = await runs.replies(stage, run)
    assert told.text == "Running &lt;!here&gt;"


async def test_the_starter_cancels_with_the_button(stage: Scene) -> None:
    run = await runs.running(stage)

    await press_cancel(stage, ALICE, run)

    root = await runs.root(stage, run)
    assert runs.said(root, "status").startswith("🚫 Cancelled after")
    assert runs.said(root, "status").endswith(f" by {ALICE}")
    assert (await runs.now(stage, run)).status is RunStatus.CANCELLED


async def test_a_paused_run_is_cancelled_with_what_it_asks(stage: Scene) -> None:
    run, request = await runs.waiting(stage)

    await press_cancel(stage, BOB, run)

    assert (await runs.now(stage, run)).status is RunStatus.CANCELLED
    assert "Cancelled" in await stage.headline(request)


async def test_B23_somebody_elses_task_is_not_cancelled_and_they_hear_why(stage: Scene) -> None:
    run = await runs.started(stage, starter=BOB)

    await press_cancel(stage, ALICE, run)

    assert (await runs.now(stage, run)).status is RunStatus.QUEUED
    assert "Only who started the task, and the approvers" in stage.told(ALICE)[-1]


async def test_cancelling_a_run_that_ended_says_so(stage: Scene) -> None:
    run = await runs.running(stage)
    payload = await cancel_payload(stage, ALICE, run)
    await runs.ended(stage, run, answer="Done.")

    await stage.send(payload)

    assert stage.told(ALICE)[-1].startswith(f"`{run.short_id}` has already ended: succeeded.")


@pytest.mark.parametrize("wrong", ["nonce", "channel", "run"])
async def test_a_cancel_that_is_not_of_this_message_does_nothing(stage: Scene, wrong: str) -> None:
    run = await runs.running(stage)
    payload = await cancel_payload(stage, ALICE, run)
    if wrong == "nonce":
        payload["actions"][0]["value"] = buttons.run_button_value(run.id, "forged")
    elif wrong == "run":
        payload["actions"][0]["value"] = buttons.run_button_value(RunId("0" * 26), "forged")
    else:
        payload["container"]["channel_id"] = payload["channel"]["id"] = "C0GENERAL"

    await stage.send(payload)

    assert (await runs.now(stage, run)).status is RunStatus.RUNNING
    told = stage.slack.workspace.ephemerals(ALICE)[-1].text
    assert "Nothing was started or changed." in told


async def press_cancel(stage: Scene, person: str, run: Run) -> None:
    root = await runs.root(stage, run)
    await stage.slack.interactions.click(
        person, channel=root.channel_id, ts=root.ts, action_id=buttons.CANCEL_RUN
    )
    await stage.settle()


async def cancel_payload(stage: Scene, person: str, run: Run) -> dict[str, Any]:
    told = await runs.thread(stage, run)
    value = buttons.run_button_value(run.id, told.nonce)
    return {
        "type": "block_actions",
        "user": {"id": person, "team_id": stage.slack.team_id},
        "api_app_id": stage.slack.app_id,
        "team": {"id": stage.slack.team_id},
        "container": {
            "type": "message",
            "message_ts": told.root_ts,
            "channel_id": told.channel,
        },
        "channel": {"id": told.channel, "name": "prod"},
        "trigger_id": "1.2.3",
        "actions": [{"action_id": buttons.CANCEL_RUN, "block_id": "b", "value": value}],
    }
