"""Details and the rejection's form: who gets them, and what they say about who may approve."""

from dataclasses import replace
from pathlib import Path

import pytest

from approvals.domain.approval_request import Cause, Status
from approvals.domain.card import CardKind
from approvals.domain.ids import RequestId
from approvals.storage.policy_reader import read_policy
from bot.sandbox.faults import Fault, FaultKind
from bot.slack import buttons, modals
from bot.slack.reason_form import REJECT_REASON
from tests.slack_door.scene import (
    ALICE,
    BOB,
    CAROL,
    DANA,
    EVE,
    EVERYBODY,
    FRANK,
    POLICY,
    Scene,
    policy,
    scene,
)

LISTED = f"{{users: {EVERYBODY}}}"
DENYING = read_policy(
    POLICY.replace("usergroups", "usergroup")
    .replace("[S0SRE]", "S0SRE")
    .replace("effect: ask", "effect: deny")
    .encode()
)
WINDOWS = [buttons.DETAILS, buttons.REJECT]


async def press(stage: Scene, person: str, action_id: str, *, ts: str | None = None) -> RequestId:
    """Press a button of a new card, on another post of it if *ts* says so."""
    request = await stage.ask()
    payload = await stage.payload(person, request, action_id)
    payload["trigger_id"] = stage.slack.triggers.issue(person)
    payload["container"]["message_ts"] = ts or payload["container"]["message_ts"]
    result = await stage.send(payload)
    assert result.acked
    assert (await stage.stored(request)).status is Status.PENDING
    return request.id


@pytest.mark.parametrize("action_id", WINDOWS)
@pytest.mark.parametrize(
    ("person", "sentence"),
    [
        (DANA, "Guests of the workspace may not "),
        (EVE, "People of another organisation may not "),
        (FRANK, "This account is deactivated"),
    ],
)
async def test_b9_who_may_never_decide_gets_no_window(
    tmp_path: Path, person: str, sentence: str, action_id: str
) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        await press(stage, person, action_id)

        assert stage.slack.workspace.view_stack(person) == []
        if person != FRANK:  # Slack shows a deactivated account nothing.
            verb = "decide" if action_id == buttons.REJECT else "look"
            assert stage.told(person)[0].startswith(sentence + verb)


@pytest.mark.parametrize("action_id", WINDOWS)
async def test_b7_a_bot_gets_no_window(tmp_path: Path, action_id: str) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        carol = stage.slack.workspace.person(CAROL)
        assert carol is not None
        stage.slack.workspace.put_person(replace(carol, is_bot=True))

        await press(stage, CAROL, action_id)

        assert stage.slack.workspace.view_stack(CAROL) == []
        verb = "decide. Nothing was decided" if action_id == buttons.REJECT else "look"
        assert stage.told(CAROL)[0].startswith(f"Bots and workflows may not {verb}")


@pytest.mark.parametrize("action_id", WINDOWS)
async def test_b11_when_slack_cannot_say_who_it_is_nobody_gets_a_window(
    tmp_path: Path, action_id: str
) -> None:
    async with scene(tmp_path, people=LISTED, directory_max_age_s=0.0) as stage:
        fault = Fault(kind=FaultKind.SERVER_ERROR, method="users.info", times=None)
        await stage.slack.faults.switch_on(fault)

        await press(stage, BOB, action_id)

        assert stage.slack.workspace.view_stack(BOB) == []
        assert stage.told(BOB)[0].startswith("Slack could not confirm just now who you are")


@pytest.mark.parametrize("action_id", WINDOWS)
async def test_e3_a_second_post_of_a_card_is_adopted_by_whichever_button_is_pressed(
    stage: Scene, action_id: str
) -> None:
    request_id = await press(stage, BOB, action_id, ts="1999.000001")

    cards = await stage.desk.store.write(lambda tx: tuple(tx.cards(request_id)))
    assert [(card.kind, card.ts) for card in cards[1:]] == [(CardKind.COPY, "1999.000001")]
    assert stage.told(BOB)[0].startswith("This button does not belong to the card")
    assert stage.slack.workspace.view_stack(BOB) == []


async def test_b1_who_is_no_approver_is_told_at_once_and_asked_for_no_reason(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, people="{users: [U0CAROL]}") as stage:
        await press(stage, BOB, buttons.REJECT)

        assert stage.slack.workspace.view_stack(BOB) == []
        assert stage.told(BOB)[0].startswith("You are not an approver")


async def test_b3_a_requester_is_asked_why_they_reject_their_own_request(tmp_path: Path) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        await press(stage, ALICE, buttons.REJECT)

        assert stage.window(ALICE).view["callback_id"] == REJECT_REASON


async def test_who_is_no_approver_may_read_the_details(tmp_path: Path) -> None:
    async with scene(tmp_path, people="{users: [U0CAROL]}") as stage:
        await press(stage, BOB, buttons.DETAILS)

        assert stage.window(BOB).view["callback_id"] == modals.DETAILS_VIEW


async def test_reject_under_a_policy_that_denies_now_closes_instead_of_asking_why(
    stage: Scene,
) -> None:
    request = await stage.ask()
    stage.set_policy(DENYING)

    await stage.click(BOB, request, buttons.REJECT)

    stored = await stage.stored(request)
    assert (stored.status, stored.cause) == (Status.REJECTED, Cause.RULE)
    assert stage.slack.workspace.view_stack(BOB) == []
    assert stage.told(BOB)[0].startswith("The policy in force now denies this call")


async def test_details_say_that_the_policy_of_now_lets_nobody_approve(stage: Scene) -> None:
    request = await stage.ask()
    stage.set_policy(DENYING)

    await stage.click(BOB, request, buttons.DETAILS)

    shown = str(stage.window(BOB).view["blocks"])
    assert "nobody: the policy in force now denies this call" in shown
    assert CAROL not in shown


async def test_details_name_the_approvers_of_the_policy_of_now(stage: Scene) -> None:
    request = await stage.ask()
    stage.set_policy(policy("{users: [U0CAROL]}"))

    await stage.click(BOB, request, buttons.DETAILS)

    shown = str(stage.window(BOB).view["blocks"])
    assert CAROL in shown
    assert BOB not in shown


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.SERVER_ERROR, method="usergroups.users.list", times=None),
        Fault(kind=FaultKind.SLOW_REPLY, method="usergroups.users.list", times=None, seconds=1.5),
    ],
    ids=lambda fault: str(fault.kind),
)
async def test_details_do_not_call_unreadable_approvers_nobody(
    tmp_path: Path, fault: Fault
) -> None:
    async with scene(tmp_path, directory_max_age_s=0.0, directory_timeout_s=0.8) as stage:
        request = await stage.ask()
        await stage.slack.faults.switch_on(fault)

        await stage.click(BOB, request, buttons.DETAILS)

        assert "could not be read just now" in str(stage.window(BOB).view["blocks"])
