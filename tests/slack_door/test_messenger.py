"""Cards to Slack: ids only beside them, last version wins, permanent errors final."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.card import CardKind
from approvals.domain.ids import ChannelId
from approvals.operations.ports import CardContent, NotNow, Undeliverable
from approvals.operations.read_card import read_cards
from bot.sandbox.faults import Fault, FaultKind
from bot.slack.sending import PERMANENT_ERRORS
from bot.slack.web_api import TOKEN_ERRORS
from tests.slack_door.scene import BOB, CAROL, DANA, PROD, Scene, scene
from tests.waiting import until

OTHER = ChannelId("C0APPROVALS")


async def content(stage: Scene, request: ApprovalRequest) -> CardContent:
    return (await read_cards(stage.desk, request.id))[0]


async def test_a_card_carries_ids_only_in_its_metadata_and_unfurls_nothing(stage: Scene) -> None:
    request = await stage.ask(tool="mail", body="<https://evil.example|click> <!channel>")

    (call,) = stage.slack.calls.of("chat.postMessage")
    card = await stage.card(request)

    assert call.arguments["metadata"] == {
        "event_type": "sayso_card",
        "event_payload": {"request": request.id, "nonce": card.nonce, "gateway": "GW1"},
    }
    assert (call.arguments["unfurl_links"], call.arguments["unfurl_media"]) == (False, False)
    assert (call.arguments["parse"], call.arguments["link_names"]) == ("none", False)
    assert "<!channel>" not in call.arguments["text"]


async def test_a_card_in_a_thread_is_shown_in_the_channel_too(stage: Scene) -> None:
    root = await stage.slack.interactions.say(BOB, PROD, "incident")

    await stage.ask(thread_ts=root)

    (call,) = stage.slack.calls.of("chat.postMessage")
    assert (call.arguments["thread_ts"], call.arguments["reply_broadcast"]) == (root, True)


async def test_e3_a_card_posted_twice_is_adopted_when_its_second_post_is_clicked(
    stage: Scene,
) -> None:
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.LOST_REPLY, method="chat.postMessage", times=1)
    )
    request = await stage.ask()
    await stage.door.messenger.post(await content(stage, request), now=stage.clock.now())
    first, second = stage.slack.workspace.messages(PROD)
    # The outbox's retry is the one it knows.
    card = await stage.card(request)
    await stage.desk.store.write(lambda tx: tx.save_card(replace(card, ts=second.ts)))

    await stage.slack.interactions.click(BOB, channel=PROD, ts=first.ts, action_id="sayso:approve")
    await stage.settle()
    kinds = [each.kind for each in await stage.cards(request)]
    assert kinds == [CardKind.MESSAGE, CardKind.COPY]
    assert stage.told(BOB)[0].startswith("This button does not belong to the card")

    await stage.click(CAROL, request)

    assert len(await stage.decisions(request)) == 1
    shown = [each.blocks[0]["text"]["text"] for each in stage.slack.workspace.messages(PROD)]
    assert all(headline.startswith("✅ Approved") for headline in shown)


async def test_e4_when_the_update_fails_the_decision_stands_and_the_stale_card_answers(
    stage: Scene,
) -> None:
    request = await stage.ask()
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.SERVER_ERROR, method="chat.update", times=1)
    )

    await stage.click(BOB, request)
    assert (await stage.stored(request)).status is Status.APPROVED
    assert (await stage.headline(request)).endswith("?")
    await stage.click(CAROL, request)

    assert f"<@{BOB}>" in stage.told(CAROL)[0]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(kind=FaultKind.SERVER_ERROR, status=503), "http_503"),
        (Fault(kind=FaultKind.LOST_REPLY), "connection_lost"),
        (Fault(kind=FaultKind.SLOW_REPLY, seconds=2.0), "timeout"),
        (Fault(kind=FaultKind.ERROR, code="something_new"), "something_new"),
    ],
    ids=lambda value: str(getattr(value, "kind", value)),
)
async def test_e1_passing_trouble_is_tried_again(tmp_path: Path, fault: Fault, code: str) -> None:
    async with scene(tmp_path, call_timeout_s=0.5) as stage:
        request = await stage.ask(deliver_it=False)
        await stage.slack.faults.switch_on(replace(fault, method="chat.postMessage"))

        with pytest.raises(NotNow) as trouble:
            await stage.door.messenger.post(await content(stage, request), now=stage.clock.now())

        assert trouble.value.code == code
        assert trouble.value.retry_after_s is None


@pytest.mark.parametrize(
    "code",
    [
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "msg_too_long",
        "invalid_blocks",
        "token_revoked",
        "account_inactive",
        "missing_scope",
    ],
)
async def test_e11_a_permanent_error_ends_the_request_undeliverable(
    stage: Scene, code: str
) -> None:
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.ERROR, method="chat.postMessage", code=code)
    )

    request = await stage.ask()

    stored = await stage.stored(request)
    assert (stored.status, stored.cause) == (Status.CANCELLED, Cause.UNDELIVERABLE)
    assert len(stage.slack.calls.of("chat.postMessage")) == 1
    assert (stage.door.health.token_error == code) == (code in TOKEN_ERRORS)
    assert stage.door.health.is_ready != (code in TOKEN_ERRORS)


async def test_e11_a_click_that_finds_the_token_revoked_flips_readiness_too(stage: Scene) -> None:
    request = await stage.ask()
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.ERROR, method="users.info", code="token_revoked")
    )

    await stage.click(DANA, request)  # of whom nothing is known yet

    assert not stage.door.health.is_ready
    assert "token_revoked" in stage.door.health.problems[0]


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message", "edit_window_closed"])
async def test_e11_an_update_that_can_never_work_is_not_tried_for_ever(
    stage: Scene, code: str
) -> None:
    request = await stage.ask()
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.ERROR, method="chat.update", code=code, times=None)
    )

    with pytest.raises(Undeliverable):
        await stage.door.messenger.update(await content(stage, request), now=stage.clock.now())
    assert code in PERMANENT_ERRORS


async def test_e14_a_slow_early_update_never_hides_the_last_one(stage: Scene) -> None:
    request = await stage.ask()
    early = await content(stage, request)
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.SLOW_REPLY, method="chat.update", seconds=0.3)
    )
    slow = asyncio.create_task(stage.door.messenger.update(early, now=stage.clock.now()))
    await until(lambda: len(stage.slack.calls.of("chat.update")) == 1)

    await stage.click(BOB, request)
    await slow
    await stage.door.messenger.update(early, now=stage.clock.now())

    assert (await stage.headline(request)).startswith("✅ Approved")
    assert len(stage.slack.calls.of("chat.update")) == 2
