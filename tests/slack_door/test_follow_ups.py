"""Reminders and escalations as people see them in Slack."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.domain.approval_request import ApprovalRequest, Cause, Requester, Status
from approvals.domain.card import CardKind
from approvals.domain.tool_call import ToolCall
from approvals.operations.ask import Ask, new_request
from approvals.operations.cancel_request import cancel_request
from approvals.operations.send_follow_ups import send_follow_ups
from approvals.operations.submit_request import submit_request
from approvals.storage.policy_reader import read_policy
from bot.sandbox.nouns import Message
from bot.slack import buttons
from tests.cards.builders import labels, objects, shown
from tests.cards.slack_rules import assert_slack_takes_message
from tests.slack_door.scene import ALICE, BOB, CAROL, PROD, Scene, scene

MINUTE = timedelta(minutes=1)
POLICY = """
version: 1
defaults: {channel: "#prod"}
people:
  sre: {users: [U0BOB]}
  leads: {usergroup: S0LEADS}
channels:
  "#prod":
    id: C0PROD
    approvers: [sre]
    timeout: 10m
    remind: {every: 2m, max: 1}
    escalate: [{after: 3m, to: leads, channel: C0APPROVALS}]
    rules: [{tool: "*", effect: ask}]
"""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path, directory_max_age_s=0.0, paces_by_clock=True) as opened:
        opened.set_policy(read_policy(POLICY.encode()))
        yield opened


async def asked(stage: Scene, tool: str = "service_restart") -> ApprovalRequest:
    call = ToolCall.of(tool, "0" * 64, {"service": "checkout"})
    requirement = stage.policies[-1].requirement(call)
    ask = Ask(call=call, requirement=requirement, requester=Requester(agent="ops", person=ALICE))
    request = await submit_request(stage.desk, new_request(stage.desk, ask))
    await stage.deliver()
    return request


async def time_passes(stage: Scene, by: timedelta) -> None:
    stage.clock.advance(by)
    await send_follow_ups(stage.desk)
    await stage.deliver()


def messages(stage: Scene, channel: str) -> list[Message]:
    return list(stage.slack.workspace.messages(channel))


def thread(stage: Scene) -> list[Message]:
    """The first card and its replies."""
    (card,) = messages(stage, PROD)
    return list(stage.slack.workspace.messages(PROD, thread_ts=card.ts))


async def test_a_reminder_stands_in_the_cards_thread_and_calls_who_can_answer(
    stage: Scene,
) -> None:
    request = await asked(stage)
    await time_passes(stage, 2 * MINUTE)

    card, reminder = thread(stage)
    assert reminder.thread_ts == card.ts
    assert reminder.text == (
        "⏰ Still waiting: service_restart(service=checkout). 8 min left. <@U0BOB>"
    )
    assert [each["user_id"] for each in objects(reminder.blocks, "user")] == [BOB]
    assert "So far reminded 1× " in shown(card.blocks)
    assert_slack_takes_message(reminder.blocks)
    assert (await stage.stored(request)).is_pending


async def test_an_escalations_card_calls_the_rungs_people_and_decides(stage: Scene) -> None:
    request = await asked(stage)
    await time_passes(stage, 3 * MINUTE)
    (card,) = messages(stage, "C0APPROVALS")

    assert card.text == (
        "⏫ Approve service_restart(service=checkout)? Medium risk, 7 min left. <!subteam^S0LEADS>"
    )
    assert "⏫ Escalated. Not decided within 3 min. " in shown(card.blocks)
    assert [each["usergroup_id"] for each in objects(card.blocks, "usergroup")] == ["S0LEADS"]
    assert "escalated to leads in " in shown(messages(stage, PROD)[0].blocks)
    assert_slack_takes_message(card.blocks)

    await stage.slack.interactions.click(
        CAROL, channel="C0APPROVALS", ts=card.ts, action_id=buttons.APPROVE
    )
    await stage.settle()
    first, escalated = await stage.message(request), messages(stage, "C0APPROVALS")[0]
    for message in (first, escalated):
        assert "✅ Approved" in message.blocks[0]["text"]["text"]
        assert "Approve" not in labels(message.blocks)


async def test_a_rung_in_a_channel_without_us_is_told_on_the_first_card(stage: Scene) -> None:
    stage.set_policy(read_policy(POLICY.replace("C0APPROVALS", "C0LEADS").encode()))
    request = await asked(stage)
    await time_passes(stage, 3 * MINUTE)

    assert messages(stage, "C0LEADS") == []
    words = shown((await stage.message(request)).blocks)
    assert "who could not be asked there (Slack says not_in_channel)" in words


async def test_B13_a_group_disabled_while_pending_is_told_once_in_the_channel(stage: Scene) -> None:
    stage.set_policy(read_policy(POLICY.replace("users: [U0BOB]", "usergroup: S0SRE").encode()))
    request = await asked(stage)
    group = next(each for each in stage.slack.workspace.usergroups() if each.id == "S0SRE")
    stage.slack.workspace.put_usergroup(replace(group, disabled=True))
    await time_passes(stage, 2 * MINUTE)

    _, reminder = thread(stage)
    assert "Nobody is there who could answer it now" in shown(reminder.blocks)
    assert not list(objects(reminder.blocks, "user"))
    assert (await stage.stored(request)).is_pending


async def test_what_an_agent_says_calls_nobody_in_reminders_and_escalations(stage: Scene) -> None:
    await asked(stage, "<!channel> <@U0EVE>")
    await time_passes(stage, 3 * MINUTE)

    for message in (*thread(stage), *messages(stage, "C0APPROVALS")):
        live = message.text.replace("<@U0BOB>", "").replace("<!subteam^S0LEADS>", "")
        assert "<" not in live
        assert not list(objects(message.blocks, "broadcast"))
        assert {each["user_id"] for each in objects(message.blocks, "user")} <= {ALICE, BOB}


def reminded(stage: Scene) -> list[str]:
    return [each.text for each in thread(stage) if each.text.startswith("⏰")]


async def folded(stage: Scene, number: int) -> list[ApprovalRequest]:
    """So many calls on one card, of which each is asked ten seconds after the one before."""
    stage.set_policy(read_policy(POLICY.replace("defaults: {", "defaults: {fold: 1, ").encode()))
    requests = []
    for each in range(number):
        requests.append(await asked(stage, f"tool_{each}"))
        stage.clock.advance(timedelta(seconds=10))
    return requests


async def test_a_burst_is_reminded_of_once_and_its_people_are_called_once(stage: Scene) -> None:
    requests = await folded(stage, 7)
    for _ in range(12):
        await time_passes(stage, timedelta(seconds=10))

    _, reminder = thread(stage)
    assert reminder.text == (
        "⏰ Still waiting: 7 calls. 8 min left for the first: tool_0(service=checkout). <@U0BOB>"
    )
    words = shown(reminder.blocks)
    assert "7 calls on this card still wait, each for 1 of sre. The first has 8 min left" in words
    assert [each["user_id"] for each in objects(reminder.blocks, "user")] == [BOB]
    assert_slack_takes_message(reminder.blocks)
    stored = [await stage.stored(each) for each in requests]
    assert [each.followed_up.reminders for each in stored] == [1] * 7


async def test_a_call_that_comes_after_the_reminder_of_its_card_has_one_of_its_own(
    stage: Scene,
) -> None:
    await folded(stage, 2)
    await time_passes(stage, 2 * MINUTE)
    late = await asked(stage, "late")
    await time_passes(stage, 2 * MINUTE)

    first, second = reminded(stage)
    assert "2 calls" in first
    assert "3 calls" in second
    assert (await stage.stored(late)).followed_up.reminders == 1


async def test_a_reminder_whose_own_call_has_ended_speaks_for_the_others(stage: Scene) -> None:
    requests = await folded(stage, 3)
    stage.clock.advance(2 * MINUTE - timedelta(seconds=30))
    await send_follow_ups(stage.desk)
    await cancel_request(stage.desk, requests[0].id, Cause.REQUESTER)
    await stage.deliver()
    await time_passes(stage, timedelta(seconds=30))

    (told,) = reminded(stage)
    assert told.startswith("⏰ Still waiting: 2 calls. ")


async def test_nobody_is_reminded_of_a_burst_that_has_ended(stage: Scene) -> None:
    requests = await folded(stage, 3)
    stage.clock.advance(2 * MINUTE - timedelta(seconds=30))
    await send_follow_ups(stage.desk)
    for request in requests:
        await cancel_request(stage.desk, request.id, Cause.REQUESTER)
    await stage.deliver()

    assert reminded(stage) == []


async def escalated(stage: Scene, number: int) -> list[ApprovalRequest]:
    """So many calls of a burst, each asked ten seconds after the one before and escalated."""
    requests = await folded(stage, number)
    for _ in range(18):
        await time_passes(stage, timedelta(seconds=10))
    return requests


async def click(stage: Scene, message: Message, action_id: str) -> None:
    await stage.slack.interactions.click(
        CAROL, channel=message.channel_id, ts=message.ts, action_id=action_id
    )
    await stage.settle()


async def press(stage: Scene, action_id: str) -> None:
    view = stage.window(CAROL)
    await stage.slack.interactions.click_in_view(CAROL, view.id, action_id=action_id)
    await stage.settle()


async def test_the_calls_of_a_burst_escalate_on_one_card_and_are_decided_there(
    stage: Scene,
) -> None:
    requests = await escalated(stage, 3)

    (card,) = messages(stage, "C0APPROVALS")
    assert card.blocks[0]["text"]["text"] == ("🟠 Medium risk · 3 calls on one card, all to decide")
    assert "⏫ Escalated. Not decided within 3 min. " in shown(card.blocks)
    assert [each["usergroup_id"] for each in objects(card.blocks, "usergroup")] == ["S0LEADS"]
    assert card.text.startswith("⏫ ")
    assert labels(card.blocks) == ["Review 3 calls…"]
    assert_slack_takes_message(card.blocks)

    await click(stage, card, buttons.REVIEW_ALL)
    for _ in requests:
        await press(stage, buttons.VIEW_APPROVE)

    stored = [await stage.stored(each) for each in requests]
    assert [each.status for each in stored] == [Status.APPROVED] * 3
    await time_passes(stage, MINUTE)
    assert "all ended" in messages(stage, "C0APPROVALS")[0].blocks[0]["text"]["text"]


async def test_a_rungs_card_shows_and_decides_only_what_has_escalated(stage: Scene) -> None:
    requests = await folded(stage, 2)
    await time_passes(stage, 3 * MINUTE - timedelta(seconds=15))

    (card,) = messages(stage, "C0APPROVALS")
    assert "tool_0" in shown(card.blocks)
    assert "tool_1" not in shown(card.blocks)
    assert labels(card.blocks)[0] == "Review and approve…"
    await click(stage, card, buttons.REVIEW)
    await press(stage, buttons.VIEW_APPROVE)

    stored = [await stage.stored(each) for each in requests]
    assert [each.status for each in stored] == [Status.APPROVED, Status.PENDING]


async def test_c17_no_button_of_a_rungs_card_decides_a_burst_nobody_has_read(
    stage: Scene,
) -> None:
    requests = await escalated(stage, 2)
    (card,) = [each for each in await stage.cards(requests[0]) if each.kind is CardKind.ESCALATION]
    payload = await stage.payload(CAROL, requests[1])
    payload["channel"]["id"] = payload["container"]["channel_id"] = card.channel
    payload["container"]["message_ts"] = card.ts
    value = buttons.button_value(requests[1].id, card.nonce, requests[1].call.digest)
    payload["actions"][0] |= {"action_id": buttons.APPROVE, "value": value}

    await stage.send({**payload, "trigger_id": stage.slack.triggers.issue(CAROL)})

    assert (await stage.stored(requests[1])).is_pending
    assert stage.window(CAROL).view["title"]["text"] == "Review the full call"


async def test_a_call_that_escalates_much_later_asks_its_people_anew(stage: Scene) -> None:
    await folded(stage, 1)
    stage.clock.advance(3 * MINUTE)
    await asked(stage, "late")
    await send_follow_ups(stage.desk)
    await stage.deliver()
    await time_passes(stage, 3 * MINUTE + timedelta(seconds=30))

    first, second = messages(stage, "C0APPROVALS")
    assert "tool_0" in shown(first.blocks)
    assert "late" in shown(second.blocks)


async def test_a_call_asks_on_no_card_whose_calls_have_ended(stage: Scene) -> None:
    requests = await folded(stage, 2)
    await time_passes(stage, 3 * MINUTE - timedelta(seconds=15))
    await cancel_request(stage.desk, requests[0].id, Cause.REQUESTER)
    await time_passes(stage, timedelta(seconds=30))

    first, second = messages(stage, "C0APPROVALS")
    assert "tool_0" in shown(first.blocks)
    assert "tool_1" in shown(second.blocks)
