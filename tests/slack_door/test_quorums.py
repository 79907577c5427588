"""Several people decide in Slack: what the card, its windows and the private sentences tell."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from approvals.domain.approval_request import ApprovalRequest, Requester, Status
from approvals.domain.tool_call import ToolCall
from approvals.operations.ask import Ask, new_request
from approvals.operations.submit_request import submit_request
from approvals.storage.policy_reader import read_policy
from bot.slack import buttons
from bot.slack.reason_form import REJECT_REASON
from tests.cards.builders import shown
from tests.slack_door.scene import ALICE, BOB, CAROL, Scene, scene

POLICY = """
version: 1
defaults: {channel: "#prod", timeout: 15m}
people:
  sre: {usergroup: S0SRE}
  leads: {users: [U0CAROL]}
channels:
  "#prod":
    id: C0PROD
    approvers: [sre]
    rules:
      - {tool: "*", effect: ask, quorum: [{of: sre}, {of: leads}]}
"""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path, directory_max_age_s=0.0) as opened:
        opened.set_policy(read_policy(POLICY.encode()))
        yield opened


async def asked(stage: Scene) -> ApprovalRequest:
    """Ask as an agent does: with the requirement the policy gives, unchanged."""
    call = ToolCall.of("service_restart", "0" * 64, {"service": "checkout"})
    requirement = stage.policies[-1].requirement(call)
    ask = Ask(call=call, requirement=requirement, requester=Requester(agent="ops", person=ALICE))
    request = await submit_request(stage.desk, new_request(stage.desk, ask))
    await stage.deliver()
    return request


async def card_words(stage: Scene, request: ApprovalRequest) -> str:
    return shown((await stage.message(request)).blocks)


async def test_the_card_tells_how_far_the_quorum_has_come_until_it_is_met(stage: Scene) -> None:
    request = await asked(stage)
    assert "Needs 1 of sre and 1 of leads" in await card_words(stage, request)
    assert "0 of 2 approved, 15 min left." in (await stage.message(request)).text

    await stage.click(BOB, request)

    assert "1 of 2: approved by , needs 1 of leads." in await card_words(stage, request)
    assert "1 of 2 approved, " in (await stage.message(request)).text
    await stage.click(CAROL, request)
    assert (await stage.stored(request)).status is Status.APPROVED
    assert (await stage.headline(request)).startswith("✅ Approved")


async def test_b14_the_same_person_is_told_privately_what_is_missing(stage: Scene) -> None:
    request = await asked(stage)
    await stage.click(CAROL, request)

    await stage.click(CAROL, request)

    assert stage.told(CAROL) == [
        (
            "Your approval is already counted, and nobody counts twice. 1 of 2 approved: the "
            "request still needs 1 of sre or leads. You may still reject it."
        )
    ]
    assert (await stage.stored(request)).is_pending


async def test_the_details_tell_who_has_approved_and_who_may_still(stage: Scene) -> None:
    request = await asked(stage)
    await stage.click(BOB, request)

    await stage.click(CAROL, request, buttons.DETAILS)

    view = stage.window(CAROL).view
    words = shown(view["blocks"])
    assert "1 of 2: approved by , needs 1 of leads." in words
    (section,) = [
        section
        for block in view["blocks"]
        for section in block.get("elements", [])
        if "May approve now" in shown(section)
    ]
    users = [each["user_id"] for each in section["elements"] if each["type"] == "user"]
    assert users == [CAROL]


async def test_an_approver_turns_their_approval_into_a_rejection_with_a_reason(
    stage: Scene,
) -> None:
    request = await asked(stage)
    await stage.click(BOB, request)
    await stage.click(BOB, request, buttons.REJECT)
    assert stage.window(BOB).view["callback_id"] == REJECT_REASON

    await stage.slack.interactions.submit_view(BOB, stage.window(BOB).id, {})
    await stage.settle()

    assert (await stage.stored(request)).status is Status.REJECTED
    assert (await stage.headline(request)).startswith("❌ Rejected")


async def test_the_card_says_whose_approval_counts_no_more(stage: Scene) -> None:
    request = await asked(stage)
    await stage.click(BOB, request)
    (sre,) = [each for each in stage.slack.workspace.usergroups() if each.id == "S0SRE"]
    stage.slack.workspace.put_usergroup(replace(sre, members=("U0ALICE", CAROL, "U0DANA")))

    await stage.click(CAROL, request)

    words = await card_words(stage, request)
    assert "1 of 2: approved by , needs 1 of sre or leads." in words
    assert "No longer counted: , who may not approve any more." in words


async def test_b22_a_form_sent_after_the_right_is_lost_rejects_nothing(stage: Scene) -> None:
    request = await asked(stage)
    await stage.click(BOB, request, buttons.REJECT)
    (sre,) = [each for each in stage.slack.workspace.usergroups() if each.id == "S0SRE"]
    stage.slack.workspace.put_usergroup(replace(sre, members=(CAROL, "U0DANA")))

    await stage.slack.interactions.submit_view(BOB, stage.window(BOB).id, {})
    await stage.settle()

    assert (await stage.stored(request)).is_pending
    assert await stage.decisions(request) == ()
