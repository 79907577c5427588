"""Who may decide is read when the click comes: the policy and the groups of then count no more."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from approvals.domain.approval_request import Cause, Status
from approvals.domain.outcome import outcome_of
from approvals.domain.policy import Policy
from approvals.storage.policy_reader import read_policy
from tests.slack_door.scene import BOB, CAROL, Scene, scene

TWO_SETS = """
version: 1
defaults: {channel: "#prod", timeout: 15m}
people:
  sre: {usergroup: S0SRE}
  leads: {users: [U0CAROL]}
channels:
  "#prod": {id: C0PROD, approvers: [sre], rules: [{tool: "*", effect: ask}]}
"""


def changed(old: str, new: str) -> Policy:
    assert old in TWO_SETS
    return read_policy(TWO_SETS.replace(old, new).encode())


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path, directory_max_age_s=0.0) as opened:
        opened.set_policy(read_policy(TWO_SETS.encode()))
        yield opened


async def test_c17_who_approves_in_the_channel_now_decides_instead_of_who_did_then(
    stage: Scene,
) -> None:
    request = await stage.ask()
    stage.set_policy(changed("approvers: [sre]", "approvers: [leads]"))

    await stage.click(BOB, request)

    assert (await stage.stored(request)).is_pending
    assert stage.told(BOB)[0].startswith("You are not an approver")
    await stage.click(CAROL, request)
    assert (await stage.stored(request)).status is Status.APPROVED


async def test_a_call_the_policy_asks_about_no_more_is_still_decided_by_who_approves_now(
    stage: Scene,
) -> None:
    request = await stage.ask()
    stage.set_policy(
        changed(
            'approvers: [sre], rules: [{tool: "*", effect: ask}]',
            'approvers: [leads], rules: [{tool: "*", effect: allow}]',
        )
    )

    await stage.click(BOB, request)

    assert (await stage.stored(request)).is_pending
    await stage.click(CAROL, request)
    assert (await stage.stored(request)).status is Status.APPROVED


async def test_a_request_whose_channel_left_the_policy_is_closed_by_the_next_click(
    stage: Scene,
) -> None:
    request = await stage.ask()
    stage.set_policy(changed("C0PROD", "C0OTHER"))

    await stage.click(BOB, request)

    stored = await stage.stored(request)
    assert (stored.status, stored.cause) == (Status.CANCELLED, Cause.NO_ELIGIBLE_APPROVER)
    assert "Nobody is left" in stage.told(BOB)[0]


async def test_c17_approve_under_a_policy_that_denies_now_closes_the_request(stage: Scene) -> None:
    request = await stage.ask()
    stage.set_policy(changed("effect: ask", "effect: deny, message: By hand only."))

    await stage.click(BOB, request)

    stored = await stage.stored(request)
    assert (stored.status, stored.cause) == (Status.REJECTED, Cause.RULE)
    assert stage.told(BOB)[0].endswith("The policy says: By hand only.")


async def test_the_card_of_a_call_denied_since_names_the_rule_that_denies_and_not_the_old_message(
    stage: Scene,
) -> None:
    stage.set_policy(changed("effect: ask", "effect: ask, message: Restarting drops requests."))
    request = await stage.ask()
    guardrail = 'guardrails: [{tool: "*", effect: deny, message: Frozen today.}]\n'
    stage.set_policy(changed("people:", f"{guardrail}people:"))

    await stage.click(BOB, request)

    card = str((await stage.message(request)).blocks)
    assert "It is denied now by guardrail 1 (policy.yml:" in card
    assert "Frozen today." in card
    assert "Restarting drops requests." not in card
    outcome = outcome_of(await stage.stored(request))
    assert "Frozen today." in outcome.message
    assert outcome.reason is None


async def test_an_approval_of_somebody_who_has_left_since_counts_no_more(stage: Scene) -> None:
    request = await stage.ask(needs=2)
    await stage.click(BOB, request)
    (sre,) = [each for each in stage.slack.workspace.usergroups() if each.id == "S0SRE"]
    stage.slack.workspace.put_usergroup(replace(sre, members=(CAROL, "U0DANA")))

    await stage.click(CAROL, request)

    assert (await stage.stored(request)).is_pending
    assert [each.user for each in await stage.decisions(request)] == [BOB, CAROL]
