"""A card for the calls of one turn: drawn within what Slack takes, and pressed part by part."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.joining import PARTS_MAX
from approvals.operations.claim_permit import claim_permit
from approvals.operations.read_card import read_cards
from approvals.operations.report_execution import report_execution
from approvals.storage.policy_reader import read_policy
from bot.slack import buttons
from bot.slack.reason_form import REASON_ACTION, REASON_BLOCK
from bot.slack.turn_card import MESSAGE_MAX_CHARS, text_chars, turn_blocks
from tests.cards.builders import labels, objects, shown
from tests.cards.slack_rules import assert_slack_takes_message
from tests.slack_door.scene import BOB, CAROL, POLICY, PROD, Scene
from tests.slack_door.test_home import opens, press
from tests.slack_door.test_replies import replies


async def turn(stage: Scene, *services: str, **also: Any) -> list[ApprovalRequest]:
    """One message of a model that asks about each of these services."""
    found = []
    for service in services:
        last = service == services[-1]
        found.append(await stage.ask(turn="t1", deliver_it=last, service=service, **also))
    return found


async def press_part(stage: Scene, person: str, request: ApprovalRequest, action_id: str) -> None:
    card = await stage.card(request)
    assert card.ts is not None
    await stage.slack.interactions.click(
        person,
        channel=card.channel,
        ts=card.ts,
        action_id=action_id,
        block_id=f"decide:{request.id}",
    )
    await stage.settle()


async def test_each_call_has_its_own_part_with_its_own_buttons(stage: Scene) -> None:
    requests = await turn(stage, "web", "db")

    message = await stage.message(requests[0])
    assert_slack_takes_message(message.blocks)
    assert len(stage.slack.workspace.messages(PROD)) == 1
    assert (
        await stage.headline(requests[0]) == "🟠 Medium risk · 2 calls of one turn, all to decide"
    )
    words = shown(message.blocks)
    assert 'service: "web"' in words
    assert 'service: "db"' in words
    assert labels(message.blocks).count("Approve") == 2
    assert "service_restart(service=web), service_restart(service=db)" in message.text


async def test_a_click_on_one_part_decides_it_and_the_card_shows_both_states(stage: Scene) -> None:
    web, db = await turn(stage, "web", "db")

    await press_part(stage, BOB, db, buttons.APPROVE)

    assert (await stage.stored(db)).status is Status.APPROVED
    assert (await stage.stored(web)).status is Status.PENDING
    message = await stage.message(web)
    assert_slack_takes_message(message.blocks)
    assert "2 calls of one turn, 1 to decide" in await stage.headline(web)
    assert labels(message.blocks).count("Approve") == 1
    assert "approved `service_restart(service=db)`" in (await replies(stage, web))[0]
    await press_part(stage, BOB, web, buttons.APPROVE)
    assert "all ended" in await stage.headline(web)


@pytest.mark.parametrize("ended", [False, True])
async def test_the_fullest_card_stays_within_what_slack_takes(stage: Scene, ended: bool) -> None:
    requests = [
        await stage.ask(
            "t" * 200,
            turn="t1",
            deliver_it=number == PARTS_MAX,
            note="x" * 560 + str(number),
        )
        for number in range(1, PARTS_MAX + 1)
    ]
    if ended:
        for request in requests:
            await press_part(stage, BOB, request, buttons.APPROVE)
            await claim_permit(stage.desk, request.id, digest=request.call.digest)
            await report_execution(stage.desk, request.id, succeeded=True, result="y" * 5_000)
        stage.clock.advance(timedelta(seconds=5))
        await stage.settle()

    blocks = (await stage.message(requests[0])).blocks
    assert_slack_takes_message(blocks)
    assert text_chars(blocks) <= MESSAGE_MAX_CHARS
    if not ended:
        assert shown(blocks).count("x" * 560) == PARTS_MAX


async def test_a_home_tab_has_an_entry_for_each_part(stage: Scene) -> None:
    web, db = await turn(stage, "web", "db")

    assert (await opens(stage)).count("decide:") == 2
    await press(stage, db)

    assert (await stage.stored(db)).status is Status.APPROVED
    assert (await stage.stored(web)).status is Status.PENDING


async def test_a_long_call_of_the_turn_has_a_card_of_its_own(stage: Scene) -> None:
    await turn(stage, "web", "x" * 1_000)

    assert len(stage.slack.workspace.messages(PROD)) == 2


async def test_who_is_notified_is_called_once_for_all_calls_of_the_turn(stage: Scene) -> None:
    text = POLICY.replace("usergroups: [S0SRE]", "usergroup: S0SRE")
    heard = text.replace("people:\n", "people:\n  heard: {users: [U0CAROL]}\n")
    stage.set_policy(
        read_policy(heard.replace("approvers:", "notify: [heard], approvers:").encode())
    )

    requests = await turn(stage, "web", "db")

    message = await stage.message(requests[0])
    assert message.text.count(f"<@{CAROL}>") == 1


async def test_the_windows_of_a_part_are_about_its_own_call(stage: Scene) -> None:
    text = POLICY.replace("usergroups: [S0SRE]", "usergroup: S0SRE")
    text = text.replace("effect: ask", "effect: ask, reason: always")
    stage.set_policy(read_policy(text.encode()))
    web, db = await turn(stage, "web", "db")

    await press_part(stage, BOB, db, buttons.DETAILS)
    assert 'service: "db"' in shown(stage.window(BOB).view["blocks"])
    await press_part(stage, BOB, db, buttons.APPROVE)
    typed = {REASON_BLOCK: {REASON_ACTION: "planned"}}
    await stage.slack.interactions.submit_view(BOB, stage.window(BOB).id, typed)
    await stage.settle()

    assert (await stage.stored(db)).status is Status.APPROVED
    assert (await stage.stored(web)).status is Status.PENDING


async def test_drawn_briefly_a_part_is_read_and_decided_in_its_full_view(stage: Scene) -> None:
    """People's words and results have left no room: nothing is approved that is not shown."""
    requests = await turn(stage, "web", "db")
    content = (await read_cards(stage.desk, requests[0].id))[0]
    brief = turn_blocks(content, stage.clock.now(), briefly=True)
    assert labels(brief).count("Review and approve…") == 2
    assert 'service: "db"' not in shown(brief)
    card = content.card
    assert card.ts is not None
    value = next(
        each["value"] for each in objects(brief, "button") if requests[1].id in each["value"]
    )
    payload = await stage.payload(BOB, requests[1], buttons.REVIEW)
    payload["actions"][0]["value"] = value
    payload["trigger_id"] = stage.slack.triggers.issue(BOB)

    await stage.send(payload)
    assert 'service: "db"' in shown(stage.window(BOB).view["blocks"])
    await stage.slack.interactions.click_in_view(
        BOB, stage.window(BOB).id, action_id=buttons.VIEW_APPROVE
    )
    await stage.settle()

    assert (await stage.stored(requests[1])).status is Status.APPROVED
    assert (await stage.stored(requests[0])).status is Status.PENDING
