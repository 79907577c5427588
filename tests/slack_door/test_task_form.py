"""The form that starts a task: from the command without words, and from a message's menu."""

from pathlib import Path
from typing import Any

import pytest

from approvals.domain.run import RunStatus
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.hands.reach import InteractionResult
from bot.slack.agent_choice import AgentChoice
from bot.slack.task_form import HAND_TO_AGENT
from bot.slack.task_form_view import AGENT_ACTION, CHANNEL_ACTION, TASK_ACTION
from tests.slack_door import runs
from tests.slack_door.scene import ALICE, BOB, DANA, OPS, PROD, Scene, scene

TWO = (OPS, AgentChoice(name="db-admin", channels=frozenset({PROD})))


async def opened(stage: Scene, text: str = "/agent", person: str = ALICE) -> dict[str, Any]:
    await stage.slack.interactions.slash_command(person, PROD, text)
    await stage.settle()
    return stage.window(person).view


async def submit(
    stage: Scene, task: str | None, person: str = ALICE, **values: dict[str, Any]
) -> InteractionResult:
    given = {"task": {TASK_ACTION: task}, **values} if task is not None else values
    result = await stage.slack.interactions.submit_view(person, stage.window(person).id, given)
    await stage.settle()
    return result


async def test_the_command_without_words_opens_the_form_for_this_channel(stage: Scene) -> None:
    view = await opened(stage)

    task, channel = view["blocks"]
    assert task["element"]["action_id"] == TASK_ACTION
    assert channel["element"]["initial_conversation"] == PROD


async def test_a_submitted_form_starts_the_task_and_closes(stage: Scene) -> None:
    await opened(stage)

    result = await submit(stage, "cancel agent=evil --yes")

    (run,) = await runs.runs(stage)
    assert (run.agent, run.starter, run.task) == ("ops", ALICE, "cancel agent=evil --yes")
    assert result.errors == {}
    assert stage.slack.workspace.view_stack(ALICE) == []
    assert f"Queued as `{run.short_id}`" in stage.told(ALICE)[-1]


async def test_among_several_agents_one_is_chosen(tmp_path: Path) -> None:
    async with scene(tmp_path, agents=TWO) as stage:
        view = await opened(stage, "/agent run agent=ops")
        agent = view["blocks"][0]["element"]
        assert [each["value"] for each in agent["options"]] == ["db-admin", "ops"]
        assert agent["initial_option"]["value"] == "ops"

        await submit(stage, "vacuum", agent={AGENT_ACTION: "db-admin"})

        assert [run.agent for run in await runs.runs(stage)] == ["db-admin"]


async def test_what_is_wrong_stands_beside_the_field_and_the_words_stay(stage: Scene) -> None:
    await opened(stage)

    result = await submit(stage, "do it", channel={CHANNEL_ACTION: "C0GENERAL"})

    assert "no rules for this channel" in result.errors["channel"]
    assert await runs.runs(stage) == []
    again = await submit(stage, "do it", channel={CHANNEL_ACTION: PROD})
    assert again.errors == {}
    assert len(await runs.runs(stage)) == 1


@pytest.mark.parametrize("asked", ["command", "menu"])
async def test_B23_a_guest_is_told_instead_of_being_shown_the_form(
    stage: Scene, asked: str
) -> None:
    if asked == "command":
        await stage.slack.interactions.slash_command(DANA, PROD, "/agent")
    else:
        ts = await stage.slack.interactions.say(BOB, PROD, "restart it")
        await stage.slack.interactions.use_shortcut(
            DANA, channel=PROD, ts=ts, callback_id=HAND_TO_AGENT
        )
    await stage.settle()

    assert stage.slack.workspace.view_stack(DANA) == []
    assert "Guests of the workspace may not start" in stage.told(DANA)[-1]


async def test_B23_a_guest_nobody_could_look_up_is_refused_when_they_submit(stage: Scene) -> None:
    await stage.slack.faults.switch_on(Fault(kind=FaultKind.ERROR, method="users.info"))
    await opened(stage, person=DANA)

    result = await submit(stage, "do it", DANA)

    assert "Guests" in result.errors["channel"]
    assert await runs.runs(stage) == []


async def test_E8_a_form_submitted_twice_starts_one_task(stage: Scene) -> None:
    await opened(stage)
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.DUPLICATE_DELIVERY, method="interactive")
    )

    await submit(stage, "do it")
    await stage.slack.settled()
    await stage.settle()

    assert len(await runs.runs(stage)) == 1


async def test_a_form_whose_store_is_slow_says_so_and_then_how_it_went(tmp_path: Path) -> None:
    async with scene(tmp_path, ack_budget_s=0.1) as stage:
        await opened(stage)
        await stage.slack.faults.switch_on(
            Fault(kind=FaultKind.SLOW_REPLY, method="conversations.members", seconds=0.4)
        )

        await submit(stage, "do it")

        (run,) = await runs.runs(stage)
        notice = stage.window(ALICE).view["blocks"][0]["text"]["text"]
        assert f"Queued as `{run.short_id}`" in notice


async def test_the_menu_of_a_message_opens_the_form_with_its_words(stage: Scene) -> None:
    ts = await stage.slack.interactions.say(BOB, PROD, "checkout &lt;prod&gt; is *down*")

    await hand_over(stage, ts)

    task = stage.window(ALICE).view["blocks"][0]["element"]
    assert task["initial_value"] == "checkout <prod> is *down*"
    await submit(stage, None)
    (run,) = await runs.runs(stage)
    assert (run.task, run.starter) == ("checkout <prod> is *down*", ALICE)
    assert run.status is RunStatus.QUEUED


async def test_a_message_too_long_for_the_form_is_cut_and_says_so(stage: Scene) -> None:
    ts = await stage.slack.interactions.say(BOB, PROD, "long " * 1_000)

    await hand_over(stage, ts)

    task = stage.window(ALICE).view["blocks"][0]
    assert len(task["element"]["initial_value"]) == 3_000
    assert "The message has 4,999 characters; the first 3,000 fit here." in task["hint"]["text"]


async def test_a_form_slack_does_not_open_is_told(stage: Scene) -> None:
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.ERROR, method="views.open", code="expired_trigger_id")
    )

    await stage.slack.interactions.slash_command(ALICE, PROD, "/agent")
    await stage.settle()

    assert "Slack did not open the form (expired_trigger_id)" in stage.told(ALICE)[-1]


async def hand_over(stage: Scene, ts: str) -> None:
    result = await stage.slack.interactions.use_shortcut(
        ALICE, channel=PROD, ts=ts, callback_id=HAND_TO_AGENT
    )
    assert result.acked
    await stage.settle()
