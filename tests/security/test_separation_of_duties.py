"""Who asked, and for whom it was asked, approves through no door, and may reject through each."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from approvals.domain.approval_request import ApprovalRequest, Requester, Status
from approvals.domain.effect import WantedReason
from bot.slack import buttons
from tests.slack_door.scene import ALICE, BOB, CAROL, EVERYBODY, Scene, scene
from tests.slack_door.test_home import press as press_in_home

Press = Callable[[Scene, str, ApprovalRequest, str], Awaitable[None]]
LISTED = f"{{users: {EVERYBODY}}}"
REQUESTERS = {
    "who asked": Requester(agent="ops", person=ALICE),
    "for whom it was asked": Requester(agent="ops", person=CAROL, on_behalf_of=(ALICE,)),
}
VIEW = {buttons.APPROVE: buttons.VIEW_APPROVE, buttons.REJECT: buttons.VIEW_REJECT}


async def on_the_card(stage: Scene, person: str, request: ApprovalRequest, action: str) -> None:
    await stage.click(person, request, action)


async def in_the_home(stage: Scene, person: str, request: ApprovalRequest, action: str) -> None:
    """Press an entry drawn while the person could still decide: its request came from nobody."""
    await stage.slack.interactions.open_home(person)
    await stage.settle()
    await press_in_home(stage, request, action, person)


async def by_a_forged_payload(
    stage: Scene, person: str, request: ApprovalRequest, action: str
) -> None:
    await stage.send(await stage.payload(person, request, VIEW[action]))


DOORS: dict[str, Press] = {"card": on_the_card, "payload of a view": by_a_forged_payload}


@pytest.mark.parametrize("requester", REQUESTERS.values(), ids=REQUESTERS)
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
async def test_B3_B4_through_no_door_does_a_requester_approve(
    tmp_path: Path, door: Press, requester: Requester
) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        request = await stage.ask(requester=requester, reason=WantedReason.OFF)

        await door(stage, ALICE, request, buttons.APPROVE)

        assert (await stage.stored(request)).is_pending
        assert stage.told(ALICE)[0].startswith("You cannot approve this: it was asked by you or")
        await door(stage, BOB, request, buttons.APPROVE)
        assert (await stage.stored(request)).status is Status.APPROVED


@pytest.mark.parametrize("requester", REQUESTERS.values(), ids=REQUESTERS)
async def test_B3_the_home_of_a_requester_offers_nothing_to_approve_and_others_theirs(
    tmp_path: Path, requester: Requester
) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        request = await stage.ask(requester=requester, reason=WantedReason.OFF)
        await stage.slack.interactions.open_home(ALICE)
        await stage.settle()
        home = stage.slack.workspace.home(ALICE)
        assert home is not None
        assert f"decide:{request.id}" not in str(home.view["blocks"])

        await in_the_home(stage, BOB, request, buttons.APPROVE)

        assert (await stage.stored(request)).status is Status.APPROVED


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
async def test_B3_whoever_asked_may_reject_through_each_door(tmp_path: Path, door: Press) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        request = await stage.ask(reason=WantedReason.OFF)

        await door(stage, ALICE, request, buttons.REJECT)

        assert (await stage.stored(request)).status is Status.REJECTED
