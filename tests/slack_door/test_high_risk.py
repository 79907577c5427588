"""Where the risk is high, a person must have been an approver when it was asked, and be one now."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.policy import Policy
from approvals.storage.policy_reader import read_policy
from bot.sandbox.faults import Fault, FaultKind
from bot.slack import buttons
from tests.slack_door.scene import BOB, CAROL, POLICY, Scene, scene

ONLY_THEN = "only who was an approver when it was asked may decide"


def of_risk(risk: str) -> Policy:
    text = POLICY.replace("usergroups: [S0SRE]", "usergroup: S0SRE")
    return read_policy(text.replace("effect: ask", f"effect: ask, risk: {risk}").encode())


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path, directory_max_age_s=0.0) as opened:
        opened.set_policy(of_risk("high"))
        yield opened


def regroup(stage: Scene, *members: str) -> None:
    (sre,) = [each for each in stage.slack.workspace.usergroups() if each.id == "S0SRE"]
    stage.slack.workspace.put_usergroup(replace(sre, members=members))


async def asked_when_only_bob_was_there(stage: Scene) -> ApprovalRequest:
    regroup(stage, BOB)
    request = await stage.ask()
    regroup(stage, BOB, CAROL)
    return request


@pytest.mark.parametrize("button", [buttons.APPROVE, buttons.REJECT])
async def test_who_joined_the_approvers_after_it_was_asked_decides_nothing(
    stage: Scene, button: str
) -> None:
    request = await asked_when_only_bob_was_there(stage)

    await stage.click(CAROL, request, button)

    assert (await stage.stored(request)).status is Status.PENDING
    assert stage.slack.workspace.view_stack(CAROL) == []
    (sentence,) = stage.told(CAROL)
    assert sentence.startswith("You are not an approver")
    assert ONLY_THEN in sentence


async def test_who_was_an_approver_at_both_moments_decides(stage: Scene) -> None:
    request = await asked_when_only_bob_was_there(stage)

    await stage.click(BOB, request)

    stored = await stage.stored(request)
    assert (stored.status, stored.ended_by) == (Status.APPROVED, BOB)


@pytest.mark.parametrize("risk", ["low", "medium"])
async def test_a_lower_risk_asks_for_the_moment_of_the_click_alone(stage: Scene, risk: str) -> None:
    stage.set_policy(of_risk(risk))
    request = await asked_when_only_bob_was_there(stage)

    await stage.click(CAROL, request)

    assert (await stage.stored(request)).status is Status.APPROVED


async def test_when_nobody_of_then_is_left_the_request_is_closed(stage: Scene) -> None:
    request = await asked_when_only_bob_was_there(stage)
    regroup(stage, CAROL)

    await stage.click(CAROL, request)

    stored = await stage.stored(request)
    assert (stored.status, stored.cause) == (Status.CANCELLED, Cause.NO_ELIGIBLE_APPROVER)


async def test_the_details_name_only_who_was_an_approver_at_both_moments(stage: Scene) -> None:
    request = await asked_when_only_bob_was_there(stage)

    await stage.click(BOB, request, buttons.DETAILS)

    shown = str(stage.window(BOB).view["blocks"])
    assert BOB in shown
    assert CAROL not in shown


async def test_nobody_is_asked_while_slack_cannot_say_who_may_approve(stage: Scene) -> None:
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.SERVER_ERROR, method="usergroups.users.list", times=None)
    )

    with pytest.raises(errors.Unavailable, match="could not say just now who may approve"):
        await stage.ask()

    assert stage.slack.calls.of("chat.postMessage") == []
