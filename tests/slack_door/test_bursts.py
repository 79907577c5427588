"""A burst: what an agent asks beyond a number of cards folds into one, reviewed call by call."""

import contextlib
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Requester, Status
from approvals.domain.joining import JOINERS_MAX
from approvals.operations.send_follow_ups import send_follow_ups
from approvals.storage.policy_reader import read_policy
from bot.slack import buttons
from bot.slack.extend_form import UNTIL_ACTION, UNTIL_BLOCK
from bot.slack.reason_form import REASON_ACTION, REASON_BLOCK
from bot.slack.turn_card import MESSAGE_MAX_CHARS, text_chars
from tests.cards.builders import labels, objects, shown
from tests.cards.slack_rules import assert_slack_takes_message, assert_slack_takes_modal
from tests.slack_door.scene import ALICE, BOB, CAROL, POLICY, PROD, Scene

FOLDS = POLICY.replace("usergroups: [S0SRE]", "usergroup: S0SRE").replace(
    "defaults: {", "defaults: {fold: 2, "
)


async def burst(
    stage: Scene, *services: str, policy: str = FOLDS, **also: Any
) -> list[ApprovalRequest]:
    """What an agent asks one after the other, with two cards waiting before they fold."""
    stage.set_policy(read_policy(policy.encode()))
    return [await stage.ask(service=service, **also) for service in services]


async def press(stage: Scene, person: str, action_id: str) -> None:
    """Press a button in the window this person has open."""
    await stage.slack.interactions.click_in_view(
        person, stage.window(person).id, action_id=action_id
    )
    await stage.settle()


def window(stage: Scene, person: str = BOB) -> str:
    view = {name: value for name, value in stage.window(person).view.items() if value is not None}
    assert_slack_takes_modal(view, schema=False)  # Slack added its own fields
    return f"{view['title']['text']}\n{shown(view['blocks'])}"


async def own_cards(stage: Scene, requests: list[ApprovalRequest]) -> int:
    """How many of them have a card of their own."""
    return [(await stage.stored(each)).joined for each in requests].count(None)


async def statuses(stage: Scene, requests: list[ApprovalRequest]) -> list[Status]:
    return [(await stage.stored(each)).status for each in requests]


async def test_what_is_asked_beyond_the_number_is_a_line_of_one_card(stage: Scene) -> None:
    requests = await burst(stage, "a", "b", "c", "d")

    assert len(stage.slack.workspace.messages(PROD)) == 2
    message = await stage.message(requests[3])
    assert_slack_takes_message(message.blocks)
    assert message.blocks[0]["text"]["text"] == (
        "🟠 Medium risk · 3 calls on one card, all to decide"
    )
    words = shown(message.blocks)
    for name in ("b", "c", "d"):
        assert f"service_restart(service={name})" in words
    assert labels(message.blocks) == ["Review 3 calls…"]
    assert "3 calls on one card" in message.text


async def test_each_call_is_read_whole_and_decided_on_its_own(stage: Scene) -> None:
    requests = await burst(stage, "a", "b", "c", "d")

    await stage.click(BOB, requests[1], buttons.REVIEW_ALL)
    assert 'service: "b"' in window(stage)
    assert window(stage).startswith("Call 1 of 3")
    await press(stage, BOB, buttons.VIEW_APPROVE)
    assert 'service: "c"' in window(stage)
    assert "is recorded" in window(stage)
    await press(stage, BOB, buttons.NEXT_CALL)
    assert 'service: "d"' in window(stage)
    await press(stage, BOB, buttons.VIEW_APPROVE)

    assert await statuses(stage, requests) == [
        Status.PENDING,
        Status.APPROVED,
        Status.PENDING,
        Status.APPROVED,
    ]
    assert 'service: "c"' in window(stage)
    await press(stage, BOB, buttons.VIEW_APPROVE)
    assert "Nothing on this card waits for you any more" in window(stage)
    message = await stage.message(requests[1])
    assert "3 calls on one card, all ended" in message.blocks[0]["text"]["text"]
    assert shown(message.blocks).count("✅ Approved") == 3
    assert labels(message.blocks) == ["Read the calls…"]


async def test_reject_asks_why_of_that_call_alone(stage: Scene) -> None:
    requests = await burst(stage, "a", "b", "c", "d")
    await stage.click(BOB, requests[1], buttons.REVIEW_ALL)
    await press(stage, BOB, buttons.NEXT_CALL)

    await press(stage, BOB, buttons.VIEW_REJECT)
    typed = {REASON_BLOCK: {REASON_ACTION: "not that one"}}
    await stage.slack.interactions.submit_view(BOB, stage.window(BOB).id, typed)
    await stage.settle()

    stored = await stage.stored(requests[2])
    assert (stored.status, stored.ended_reason) == (Status.REJECTED, "not that one")
    assert (await statuses(stage, requests)).count(Status.PENDING) == 3
    assert "❌ Rejected" in shown((await stage.message(requests[1])).blocks)
    await stage.click(BOB, requests[1], buttons.REVIEW_ALL)
    assert window(stage).startswith("Call 1 of 3")


async def test_the_approve_of_the_card_before_it_folded_opens_the_full_view(stage: Scene) -> None:
    requests = await burst(stage, "a", "b")
    before = await stage.payload(BOB, requests[1])
    requests.append(await stage.ask(service="c"))

    await stage.send({**before, "trigger_id": stage.slack.triggers.issue(BOB)})

    assert await statuses(stage, requests) == [Status.PENDING] * 3
    assert 'service: "b"' in window(stage)


async def test_c17_no_button_of_the_card_decides_a_call_nobody_has_read(stage: Scene) -> None:
    requests = await burst(stage, "a", "b", "c")
    card = await stage.card(requests[2])
    payload = await stage.payload(BOB, requests[1])
    payload["actions"][0] |= {
        "action_id": buttons.APPROVE,
        "value": buttons.button_value(requests[2].id, card.nonce, requests[2].call.digest),
    }

    await stage.send({**payload, "trigger_id": stage.slack.triggers.issue(BOB)})

    assert await statuses(stage, requests) == [Status.PENDING] * 3


async def test_the_view_of_one_call_decides_no_other(stage: Scene) -> None:
    requests = await burst(stage, "a", "b", "c", "d")
    await stage.click(BOB, requests[1], buttons.REVIEW_ALL)
    (view,) = [each for each in await stage.cards(requests[1]) if each.viewer == BOB]
    payload = await stage.payload(BOB, requests[1])
    payload["actions"][0] |= {
        "action_id": buttons.APPROVE,
        "value": buttons.button_value(requests[2].id, view.nonce, requests[2].call.digest),
    }

    await stage.send(payload)

    assert await statuses(stage, requests) == [Status.PENDING] * 4


async def test_who_asked_reads_and_approves_none_of_it(stage: Scene) -> None:
    requests = await burst(stage, "a", "b", "c")
    await stage.click(ALICE, requests[1], buttons.REVIEW_ALL)

    await press(stage, ALICE, buttons.VIEW_APPROVE)

    assert await statuses(stage, requests) == [Status.PENDING] * 3
    assert "it was asked by you" in window(stage, ALICE)
    assert window(stage, ALICE).startswith("Call 1 of 2")


async def test_what_was_decided_elsewhere_meanwhile_is_told_and_the_review_goes_on(
    stage: Scene,
) -> None:
    requests = await burst(stage, "a", "b", "c", "d")
    for person in (BOB, CAROL):
        await stage.click(person, requests[1], buttons.REVIEW_ALL)
    await press(stage, CAROL, buttons.VIEW_APPROVE)

    await press(stage, BOB, buttons.VIEW_APPROVE)
    assert "already" in window(stage)
    assert window(stage).startswith("Call 1 of 3")
    await press(stage, BOB, buttons.NEXT_CALL)

    assert 'service: "c"' in window(stage)
    assert window(stage).startswith("Call 2 of 3")


@pytest.mark.parametrize(
    "rule",
    [
        "effect: ask, risk: high",
        "effect: ask, card: private",
        "effect: ask, hold: 10s",
        "effect: ask, join: false",
    ],
)
async def test_what_needs_a_card_of_its_own_does_not_fold(stage: Scene, rule: str) -> None:
    policy = FOLDS.replace("effect: ask", rule)
    requests = await burst(stage, "a", "b", "c", "d", policy=policy)

    assert await own_cards(stage, requests) == 4


async def test_each_agent_folds_for_itself_and_off_never_does(stage: Scene) -> None:
    requests = await burst(stage, "a", "b")
    another = Requester(agent="another", person=ALICE)
    requests.append(await stage.ask(service="c", requester=another))
    requests += await burst(stage, "d", "e", policy=FOLDS.replace("fold: 2", "fold: off"))

    assert await own_cards(stage, requests) == 5


async def test_cards_that_are_decided_wait_no_more(stage: Scene) -> None:
    requests = await burst(stage, "a", "b")
    await stage.click(BOB, requests[0], buttons.APPROVE)
    requests.append(await stage.ask(service="c"))

    assert await own_cards(stage, requests) == 3


async def test_the_fullest_card_names_all_its_calls_within_what_slack_takes(stage: Scene) -> None:
    stage.set_policy(read_policy(FOLDS.replace("fold: 2", "fold: 1").encode()))
    count = JOINERS_MAX + 1
    requests = [
        await stage.ask(
            f"tool_{'x' * 180}", deliver_it=number == count, note=f"{number} " + "y" * 3_000
        )
        for number in range(1, count + 1)
    ]
    blocks = (await stage.message(requests[0])).blocks
    assert_slack_takes_message(blocks)
    assert text_chars(blocks) <= MESSAGE_MAX_CHARS
    assert all(f"{number}. " in shown(blocks) for number in range(1, count + 1))

    requests.append(await stage.ask(service="one more"))
    assert await own_cards(stage, requests) == 2


async def test_times_are_each_calls_own(stage: Scene) -> None:
    requests = await burst(stage, "a", "b", "c")
    stage.clock.advance(timedelta(minutes=10))
    requests.append(await stage.ask(service="d"))
    stage.clock.advance(timedelta(minutes=6))
    await send_follow_ups(stage.desk)
    await stage.deliver()

    assert await statuses(stage, requests) == [Status.TIMED_OUT] * 3 + [Status.PENDING]
    message = await stage.message(requests[1])
    assert "3 calls on one card, 1 to decide" in message.blocks[0]["text"]["text"]
    assert shown(message.blocks).count("⌛ Timed out") == 2
    await stage.click(BOB, requests[1], buttons.REVIEW_ALL)
    await press(stage, BOB, buttons.VIEW_APPROVE)
    assert (await stage.stored(requests[3])).status is Status.APPROVED


async def test_a_long_call_is_read_to_its_end_before_it_is_approved(stage: Scene) -> None:
    requests = await burst(stage, "a", "b", "x" * 8_000)
    await stage.click(BOB, requests[1], buttons.REVIEW_ALL)
    await press(stage, BOB, buttons.NEXT_CALL)

    while buttons.VIEW_APPROVE not in str(stage.window(BOB).view["blocks"]):
        assert window(stage).startswith("Call 2 of 2")
        await press(stage, BOB, buttons.VIEW_NEXT)
    await press(stage, BOB, buttons.VIEW_APPROVE)

    assert (await stage.stored(requests[2])).status is Status.APPROVED
    assert (await stage.stored(requests[1])).status is Status.PENDING


async def test_the_calls_of_a_turn_fold_too_where_too_many_cards_wait(stage: Scene) -> None:
    requests = await burst(stage, "a", "b")
    requests += [await stage.ask(turn="t1", service=name) for name in ("c", "d")]

    assert len(stage.slack.workspace.messages(PROD)) == 2
    assert "3 calls on one card" in await stage.headline(requests[3])


async def test_identical_calls_of_a_burst_are_one_line_and_one_decision(stage: Scene) -> None:
    requests = await burst(stage, "a", "b", "c", "c")

    assert "×2" in shown((await stage.message(requests[1])).blocks)
    await stage.click(BOB, requests[1], buttons.REVIEW_ALL)
    await press(stage, BOB, buttons.NEXT_CALL)
    await press(stage, BOB, buttons.VIEW_APPROVE)

    assert await statuses(stage, requests) == [
        Status.PENDING,
        Status.PENDING,
        Status.APPROVED,
        Status.APPROVED,
    ]


async def test_with_a_quorum_each_person_meets_each_call_once(stage: Scene) -> None:
    requests = await burst(stage, "a", "b", "c", needs=2)
    await stage.click(BOB, requests[1], buttons.REVIEW_ALL)
    for _ in range(2):
        assert "Needs" in window(stage)
        await press(stage, BOB, buttons.VIEW_APPROVE)

    assert "Nothing on this card waits for you any more" in window(stage)
    assert shown((await stage.message(requests[1])).blocks).count("1 of 2 approved") == 2
    await stage.click(CAROL, requests[1], buttons.REVIEW_ALL)
    await press(stage, CAROL, buttons.VIEW_APPROVE)
    assert await statuses(stage, requests) == [Status.PENDING, Status.APPROVED, Status.PENDING]


async def test_a_call_is_given_more_time_from_the_review(stage: Scene) -> None:
    requests = await burst(stage, "a", "b", "c")
    await stage.click(BOB, requests[1], buttons.REVIEW_ALL)
    await press(stage, BOB, buttons.NEXT_CALL)

    await press(stage, BOB, buttons.EXTEND)
    (choice,) = objects(stage.window(BOB).view["blocks"], "radio_buttons")
    chosen = {UNTIL_BLOCK: {UNTIL_ACTION: choice["options"][0]["value"]}}
    await stage.slack.interactions.submit_view(BOB, stage.window(BOB).id, chosen)
    await stage.settle()

    assert (await stage.stored(requests[2])).expires_at > requests[2].expires_at
    assert (await stage.stored(requests[1])).expires_at == requests[1].expires_at


async def test_what_a_later_policy_holds_can_be_stopped_on_the_card(stage: Scene) -> None:
    requests = await burst(stage, "a", "b", "c")
    held = FOLDS.replace("effect: ask", "effect: ask, hold: 1m")
    stage.set_policy(read_policy(held.encode()))
    await stage.click(BOB, requests[1], buttons.REVIEW_ALL)
    await press(stage, BOB, buttons.VIEW_APPROVE)
    assert (await stage.stored(requests[1])).is_held
    assert "1. ⏸ Approved, on hold" in shown((await stage.message(requests[1])).blocks)

    await stage.click(BOB, requests[1], buttons.STOP)

    assert await statuses(stage, requests) == [Status.PENDING, Status.REJECTED, Status.PENDING]


def spoil(path: Path, request: ApprovalRequest) -> None:
    """Make its row unreadable, as a failing disk or a hand in the database would."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        sql = "UPDATE approval_request SET requirement = 'no json' WHERE id = ?"
        connection.execute(sql, (request.id,))
        connection.commit()


@pytest.mark.parametrize("damaged", [1, 2])
async def test_a_damaged_call_keeps_nobody_from_deciding_what_shares_its_card(
    stage: Scene, tmp_path: Path, damaged: int
) -> None:
    """Also where the card is its own."""
    requests = await burst(stage, "a", "b", "c", "d")
    message = await stage.message(requests[1])
    spoil(tmp_path / "sayso.db", requests[damaged])
    left = [each for each in requests[1:] if each.id != requests[damaged].id]

    await stage.slack.interactions.click(
        BOB, channel=PROD, ts=message.ts, action_id=buttons.REVIEW_ALL
    )
    await stage.settle()
    await press(stage, BOB, buttons.VIEW_APPROVE)
    await press(stage, BOB, buttons.VIEW_APPROVE)

    assert await statuses(stage, left) == [Status.APPROVED] * 2
    redrawn = stage.slack.workspace.message(PROD, message.ts)
    assert redrawn is not None
    assert shown(redrawn.blocks).count("✅ Approved") == 2
    late = await stage.ask(service="late")
    assert (await stage.stored(late)).is_pending
