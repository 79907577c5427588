"""Store, then ack: what the person sees when the store is slow, full or broken."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from approvals.domain.approval_request import Status
from approvals.domain.requirement import WantedReason
from approvals.operations.ports import Store
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.server import Pace
from bot.slack import buttons
from bot.slack.reason_form import REASON_ACTION, REASON_BLOCK
from bot.slack.sentences import STILL_SAVING
from tests.slack_door.scene import BOB, PROD, Scene, scene
from tests.slack_door.troubled_stores import TroubledStore

ERROR_ID = re.compile(r"error `[0-9a-f]{8}`")


@pytest.fixture
async def trouble() -> list[TroubledStore]:
    return []


@pytest.fixture
async def stage(tmp_path: Path, trouble: list[TroubledStore]) -> AsyncIterator[Scene]:
    def wrap(store: Store) -> Store:
        trouble.append(TroubledStore(store))
        return trouble[0]

    async with scene(tmp_path, wrap=wrap, pace=Pace(ack_within_s=1.0), ack_budget_s=0.3) as opened:
        yield opened


@pytest.mark.parametrize(
    ("action_id", "ends"), [(buttons.APPROVE, Status.APPROVED), (buttons.REJECT, Status.REJECTED)]
)
async def test_e5_a_slow_store_is_admitted_before_the_ack_and_the_result_is_told(
    stage: Scene, trouble: list[TroubledStore], action_id: str, ends: Status
) -> None:
    request = await stage.ask(reason=WantedReason.OFF)
    card = await stage.card(request)
    assert card.ts is not None
    trouble[0].held.clear()

    result = await stage.slack.interactions.click(
        BOB, channel=PROD, ts=card.ts, action_id=action_id
    )
    told_at_ack = stage.told(BOB)
    stored_at_ack = await stage.stored(request)
    trouble[0].held.set()
    await stage.settle()

    assert result.acked
    assert stored_at_ack.status is Status.PENDING
    assert told_at_ack == [STILL_SAVING]
    assert (await stage.stored(request)).status is ends
    assert "is recorded" in stage.told(BOB)[1]
    await stage.click(BOB, request)
    assert len(await stage.decisions(request)) == 1


@pytest.mark.parametrize("action_id", [buttons.APPROVE, buttons.REJECT])
async def test_a_click_goes_to_the_store_once_and_waits_for_no_other_way_to_it(
    stage: Scene, trouble: list[TroubledStore], action_id: str
) -> None:
    request = await stage.ask(reason=WantedReason.OFF)
    card = await stage.card(request)
    assert card.ts is not None
    trouble[0].held_reads.clear()

    result = await stage.slack.interactions.click(
        BOB, channel=PROD, ts=card.ts, action_id=action_id
    )
    told_at_ack = stage.told(BOB)
    trouble[0].held_reads.set()

    assert result.acked
    assert told_at_ack == []
    assert not (await stage.stored(request)).is_pending


async def test_without_a_way_to_admit_it_no_ack_is_sent_and_the_decision_still_counts(
    stage: Scene, trouble: list[TroubledStore]
) -> None:
    request = await stage.ask()
    trouble[0].delay_s = 0.6
    payload = await stage.payload(BOB, request)  # it carries no response_url
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.SERVER_ERROR, method="chat.postEphemeral", times=1)
    )

    result = await stage.slack.interactions.deliver("interactive", payload)
    trouble[0].delay_s = 0.0
    await stage.settle()

    assert (result.acked, result.error) == (False, "operation_timeout")
    assert (await stage.stored(request)).status is Status.APPROVED


async def test_when_the_store_cannot_write_the_person_reads_that_nothing_was_saved(
    stage: Scene, trouble: list[TroubledStore]
) -> None:
    request = await stage.ask()
    card = await stage.card(request)
    assert card.ts is not None
    trouble[0].fill_up()

    result = await stage.slack.interactions.click(
        BOB, channel=PROD, ts=card.ts, action_id=buttons.APPROVE
    )
    await stage.door.errands.settled()
    trouble[0].failure = None

    assert result.acked
    assert "not saved" in stage.told(BOB)[0]
    assert (await stage.stored(request)).status is Status.PENDING
    await stage.click(BOB, request)
    assert (await stage.stored(request)).status is Status.APPROVED


@pytest.mark.parametrize("delay_s", [0.0, 0.6], ids=["e7-before-ack", "e6-after-ack"])
@pytest.mark.parametrize(
    "action_id", [buttons.APPROVE, buttons.REVIEW, buttons.REJECT, buttons.DETAILS]
)
async def test_e6_e7_whatever_a_listener_raises_the_click_is_acked_and_answered_with_an_id(
    stage: Scene,
    trouble: list[TroubledStore],
    delay_s: float,
    action_id: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    request = await stage.ask()
    payload = await stage.payload(BOB, request, action_id)
    trouble[0].failure, trouble[0].delay_s = RuntimeError("a mistake of ours"), delay_s

    result = await stage.slack.interactions.deliver("interactive", payload)
    await stage.door.errands.settled()

    assert result.acked
    sentence = stage.told(BOB)[-1]
    found = ERROR_ID.search(sentence)
    assert found is not None
    assert found[0].split("`")[1] in caplog.text
    assert "a mistake of ours" not in sentence


async def test_e7_a_form_whose_listener_raises_is_acked_and_answered(
    stage: Scene, trouble: list[TroubledStore]
) -> None:
    request = await stage.ask()
    await stage.click(BOB, request, buttons.REJECT)
    trouble[0].failure = RuntimeError("a mistake of ours")

    result = await stage.slack.interactions.submit_view(BOB, stage.window(BOB).id)
    await stage.door.errands.settled()

    assert result.acked


async def test_a_slow_store_is_admitted_in_the_forms_own_window(
    stage: Scene, trouble: list[TroubledStore]
) -> None:
    request = await stage.ask()
    await stage.click(BOB, request, buttons.REJECT)
    trouble[0].delay_s = 0.6

    result = await stage.slack.interactions.submit_view(
        BOB, stage.window(BOB).id, {REASON_BLOCK: {REASON_ACTION: "no"}}
    )
    assert result.acked
    assert STILL_SAVING in str(stage.window(BOB).view["blocks"])
    trouble[0].delay_s = 0.0
    await stage.settle()

    assert (await stage.stored(request)).status is Status.REJECTED
    assert "is recorded" in str(stage.window(BOB).view["blocks"])


async def test_e8_the_same_click_delivered_twice_counts_once_and_the_second_is_answered(
    stage: Scene,
) -> None:
    request = await stage.ask()
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.DUPLICATE_DELIVERY, method="interactive")
    )

    result = await stage.click(BOB, request)
    await stage.slack.settled()
    await stage.settle()

    assert result.acked
    assert len(await stage.decisions(request)) == 1
    (sentence,) = stage.told(BOB)
    assert sentence.startswith(f"This was already approved by <@{BOB}>")


@pytest.mark.parametrize(
    "change",
    [
        {"actions": []},
        {"actions": [{"action_id": buttons.APPROVE, "value": 5}]},
        {"actions": "x"},
        {"container": None},
        {"container": {"type": "message"}},
        {"user": {"id": "u0bob", "team_id": "T0LOCAL"}},
        {"user": {"id": "U0BOB"}},
        {"user": {"id": "U0BOB", "team_id": None}},
        {"trigger_id": None},
        {"type": "no_such_type"},
        {"type": 7},
        {"view": 3, "container": {"type": "view"}},
        {"message": {"ts": "9.000009"}},
        {"event": 3},
        {"actions": [{"action_id": "x" * 300, "value": "v"}]},
    ],
    ids=str,
)
async def test_a_malformed_payload_is_acked_logged_with_an_id_and_decides_nothing(
    stage: Scene, change: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="sayso.slack")
    request = await stage.ask()

    result = await stage.send({**await stage.payload(BOB, request), **change})

    assert result.acked
    if "event" not in change:
        assert (await stage.stored(request)).status is Status.PENDING
        async with asyncio.timeout(30):
            while "error id" not in caplog.text and "no listener" not in caplog.text:
                await asyncio.sleep(0.01)
        assert "Traceback" not in "".join(stage.told(BOB))


@pytest.mark.parametrize("kind", ["block_actions", "view_submission", "shortcut"])
async def test_an_unknown_button_form_or_shortcut_is_answered(stage: Scene, kind: str) -> None:
    request = await stage.ask()
    payload = await stage.payload(BOB, request, "approve_v0")
    payload |= {"type": kind, "callback_id": "old", "view": {"id": "V1", "callback_id": "old"}}

    result = await stage.send(payload)

    assert result.acked
    assert stage.told(BOB)[0].startswith("This button is not known")


async def test_a_response_url_elsewhere_is_never_called(stage: Scene) -> None:
    request = await stage.ask()
    payload = await stage.payload(BOB, request, "approve_v0")
    calls: list[str] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append("called")
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for url in (
        f"http://127.0.0.1:{port}/x",
        f"https://hooks.slack.com@127.0.0.1:{port}/",
        "http://[",
        "file:///",
    ):
        await stage.send({**payload, "response_url": url})
    server.close()
    await server.wait_closed()

    assert calls == []
    assert len(stage.told(BOB)) == 4
