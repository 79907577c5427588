"""A click on a card: what is stored, what the card shows, what the person is told."""

import asyncio
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

from approvals.domain.approval_request import Cause, Status
from approvals.domain.requirement import WantedReason
from bot.slack import buttons
from bot.slack.reason_form import REASON_ACTION, REASON_BLOCK
from tests.slack_door.scene import BOB, CAROL, PROD, Scene, scene


async def test_an_approvers_click_is_stored_and_shown_on_the_card(stage: Scene) -> None:
    request = await stage.ask()

    result = await stage.click(BOB, request)

    assert result.acked
    stored = await stage.stored(request)
    assert (stored.status, stored.cause, stored.ended_by) == (Status.APPROVED, Cause.PEOPLE, BOB)
    assert (await stage.headline(request)).startswith("✅ Approved")
    assert stage.told(BOB) == []


async def test_reject_asks_why_before_anything_is_stored_and_the_reason_reaches_the_agent(
    stage: Scene,
) -> None:
    request = await stage.ask()

    result = await stage.click(BOB, request, buttons.REJECT)

    assert result.acked
    assert (await stage.stored(request)).status is Status.PENDING
    window = stage.window(BOB)
    typed = {REASON_BLOCK: {REASON_ACTION: "  use the *canary* <!channel>  "}}
    result = await stage.slack.interactions.submit_view(BOB, window.id, typed)
    await stage.settle()
    assert result.acked
    stored = await stage.stored(request)
    assert (stored.status, stored.ended_reason) == (
        Status.REJECTED,
        "use the *canary* <!channel>",
    )
    assert stage.slack.workspace.view_stack(BOB) == []
    assert (await stage.headline(request)).startswith("❌ Rejected")


async def test_a_rejection_without_a_reason_is_possible(stage: Scene) -> None:
    request = await stage.ask()

    await stage.click(BOB, request, buttons.REJECT)
    await stage.slack.interactions.submit_view(BOB, stage.window(BOB).id)
    await stage.settle()

    stored = await stage.stored(request)
    assert (stored.status, stored.ended_reason) == (Status.REJECTED, None)


async def test_where_no_reason_is_wanted_reject_decides_at_once(stage: Scene) -> None:
    request = await stage.ask(reason=WantedReason.OFF)

    await stage.click(BOB, request, buttons.REJECT)

    assert (await stage.stored(request)).status is Status.REJECTED
    assert stage.slack.workspace.view_stack(BOB) == []


async def test_a_form_submitted_after_somebody_else_decided_says_so_in_its_window(
    stage: Scene,
) -> None:
    request = await stage.ask()
    await stage.click(BOB, request, buttons.REJECT)
    await stage.click(CAROL, request)

    await stage.slack.interactions.submit_view(BOB, stage.window(BOB).id)
    await stage.settle()

    assert (await stage.stored(request)).status is Status.APPROVED
    shown = stage.window(BOB).view["blocks"][0]["text"]["text"]
    assert f"<@{CAROL}>" in shown


async def test_details_open_a_window_and_decide_nothing(stage: Scene) -> None:
    request = await stage.ask()

    result = await stage.click(BOB, request, buttons.DETAILS)

    assert result.acked
    window = stage.window(BOB)
    assert window.view["title"]["text"] == "Details"
    assert CAROL in str(window.view["blocks"])
    assert (await stage.stored(request)).status is Status.PENDING


@pytest.mark.parametrize("place", [{"ts": "1.000001"}, {"channel": "C0GENERAL"}])
async def test_b17_a_click_that_names_another_place_is_refused(
    stage: Scene, place: dict[str, str]
) -> None:
    request = await stage.ask()
    payload = await stage.payload(BOB, request)
    if "ts" in place:
        payload["container"]["message_ts"] = place["ts"]
    else:
        payload["container"]["channel_id"] = place["channel"]
        payload["channel"]["id"] = place["channel"]

    result = await stage.send(payload)

    assert result.acked
    assert (await stage.stored(request)).status is Status.PENDING
    (sentence,) = stage.told(BOB, payload["channel"]["id"])
    assert sentence.startswith("This button does not belong to the card")


async def test_b17_a_payload_whose_parts_name_two_places_is_refused(stage: Scene) -> None:
    request = await stage.ask()
    payload = await stage.payload(BOB, request)
    payload["channel"]["id"] = "C0GENERAL"

    result = await stage.send(payload)

    assert result.acked
    assert (await stage.stored(request)).status is Status.PENDING
    assert "error id" in stage.told(BOB, "C0GENERAL")[0]


async def test_b17_a_payload_whose_message_stands_elsewhere_is_refused(stage: Scene) -> None:
    request = await stage.ask()
    payload = {**await stage.payload(BOB, request), "message": {"ts": "1.000001"}}

    result = await stage.send(payload)

    assert result.acked
    assert (await stage.stored(request)).status is Status.PENDING
    assert "error id" in stage.told(BOB)[0]


async def test_c7_a_value_that_names_another_request_is_refused(stage: Scene) -> None:
    asked, other = await stage.ask(), await stage.ask(tool="db_drop")
    payload = await stage.payload(BOB, asked)
    nonce = (await stage.card(asked)).nonce
    payload["actions"][0]["value"] = buttons.button_value(other.id, nonce)

    result = await stage.send(payload)

    assert result.acked
    assert (await stage.stored(asked)).status is Status.PENDING
    assert (await stage.stored(other)).status is Status.PENDING
    assert stage.told(BOB)[0].startswith("This button does not belong to the card")


async def test_c7_a_nonce_that_no_card_of_the_request_has_is_refused(stage: Scene) -> None:
    request = await stage.ask()
    payload = await stage.payload(BOB, request)
    payload["actions"][0]["value"] = buttons.button_value(request.id, "0" * 22)

    result = await stage.send(payload)

    assert result.acked
    assert (await stage.stored(request)).status is Status.PENDING
    assert stage.told(BOB)[0].startswith("This button does not belong to the card")


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "R1.n\n", "☃.n"])
async def test_c7_a_value_that_is_not_ours_is_refused(stage: Scene, value: str) -> None:
    request = await stage.ask()
    payload = await stage.payload(BOB, request)
    payload["actions"][0]["value"] = value

    result = await stage.send(payload)

    assert result.acked
    assert stage.told(BOB)[0].startswith("This button does not belong to the card")


@pytest.mark.parametrize("order", list(permutations(range(3)))[:4])
async def test_c8_of_three_cards_in_one_thread_the_clicked_one_is_decided(
    stage: Scene, order: tuple[int, int, int]
) -> None:
    root = await stage.slack.interactions.say(BOB, PROD, "incident")
    requests = [await stage.ask(tool=f"tool_{n}", thread_ts=root) for n in range(3)]

    for place, number in enumerate(order):
        await stage.click(BOB, requests[number])
        decided = {n for n in range(3) if (await stage.stored(requests[n])).status != "pending"}
        assert decided == set(order[: place + 1])


async def test_d3_a_click_after_the_timeout_is_told_and_closes_the_card(stage: Scene) -> None:
    request = await stage.ask()
    stage.clock.advance(timedelta(minutes=15))

    result = await stage.click(BOB, request)

    assert result.acked
    assert (await stage.stored(request)).status is Status.TIMED_OUT
    assert stage.told(BOB)[0].startswith("⌛ Too late")
    assert (await stage.headline(request)).startswith("⌛ Timed out")


async def test_d5_of_a_double_click_one_counts_and_the_other_is_answered(stage: Scene) -> None:
    request = await stage.ask()
    card = await stage.card(request)
    assert card.ts is not None

    results = await asyncio.gather(
        *(
            stage.slack.interactions.click(BOB, channel=PROD, ts=card.ts, action_id=buttons.APPROVE)
            for _ in range(2)
        )
    )
    await stage.settle()

    assert [result.acked for result in results] == [True, True]
    assert len(await stage.decisions(request)) == 1
    (sentence,) = stage.told(BOB)
    assert f"<@{BOB}>" in sentence


async def test_d7_a_click_faster_than_slacks_answer_to_the_post_counts(stage: Scene) -> None:
    request = await stage.ask(deliver_it=False)

    result = await stage.send(await stage.payload(BOB, request))

    assert result.acked
    assert (await stage.stored(request)).status is Status.APPROVED


async def test_two_gateways_on_one_app_are_told_apart_and_named(tmp_path: Path) -> None:
    async with scene(tmp_path, gateway="GW-OTHER") as stage:
        request = await stage.ask()
        payload = await stage.payload(BOB, request)
        card = await stage.card(request)
        shown = await stage.message(request)
        payload["message"] = {"ts": card.ts, "metadata": shown.metadata}
        (tmp_path / "second").mkdir()
        async with scene(tmp_path / "second", gateway="GW-OURS") as ours:
            result = await ours.send(payload)

            assert result.acked
            (sentence,) = ours.told(BOB)
            assert "GW-OTHER" in sentence
            assert "GW-OURS" in sentence
            assert ours.door.health.other_gateways == {"GW-OTHER"}
            assert "GW-OTHER" in ours.door.health.problems[0]
