"""`card: private`: what would run, and what came of it, stands in no message of any channel."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Requester, Status
from approvals.domain.tool_call import ToolCall
from approvals.domain.tool_schema import ToolSchema
from approvals.operations.ask import Ask, new_request
from approvals.operations.claim_permit import claim_permit
from approvals.operations.report_execution import report_execution
from approvals.operations.send_follow_ups import send_follow_ups
from approvals.operations.submit_request import submit_request
from approvals.storage.policy_reader import read_policy
from bot.slack import buttons
from bot.slack.form_fields import VALUE_ACTION, block_of
from bot.slack.reason_form import REASON_ACTION, REASON_BLOCK
from tests.cards.builders import labels, shown
from tests.cards.slack_rules import assert_slack_takes_message
from tests.slack_door.scene import ALICE, BOB, CAROL, PROD, Scene, scene

MARK = "XMARKX"
"""Stands in every argument, reason and result; no message to a channel may hold it."""
MINUTE = timedelta(minutes=1)
POLICY = """
version: 1
defaults: {channel: "#prod", cooldown: off}
people:
  sre: {users: [U0BOB, U0CAROL]}
  leads: {usergroup: S0LEADS}
channels:
  "#prod":
    id: C0PROD
    approvers: [sre]
    timeout: 10m
    card: private
    edit: true
    remind: {every: 2m, max: 1}
    escalate: [{after: 3m, to: leads, channel: C0APPROVALS}]
    rules:
      - {tool: "*", effect: ask, diff: {before: old, after: new}}
"""
BOB_ALONE = POLICY.replace("[U0BOB, U0CAROL]", "[U0BOB]")
"""Carol is a member of the channel and decides nothing, until her turn comes."""
SCHEMA = ToolSchema.of(
    {"type": "object", "properties": {"customer": {"type": "string"}, "n": {"type": "integer"}}}
)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path, directory_max_age_s=0.0) as opened:
        opened.set_policy(read_policy(POLICY.encode()))
        yield opened


async def asked(stage: Scene, **arguments: Any) -> ApprovalRequest:
    given = arguments or {"customer": f"{MARK} Ltd", "n": 3, "old": MARK, "new": f"{MARK}2"}
    call = ToolCall.of("refund", "0" * 64, given)
    request = new_request(
        stage.desk,
        Ask(
            call=call,
            requirement=stage.policies[-1].requirement(call),
            requester=Requester(agent="ops", person=ALICE),
            reason=f"{MARK} asked for it",
            schema=SCHEMA,
        ),
    )
    await submit_request(stage.desk, request, schema=SCHEMA)
    await stage.deliver()
    return request


def in_channels(stage: Scene) -> str:
    """Everything that was ever sent to a channel, whatever became of it."""
    sent = [
        call.arguments
        for method in ("chat.postMessage", "chat.update")
        for call in stage.slack.calls.of(method)
        if str(call.arguments["channel"]).startswith("C")
    ]
    assert sent
    return json.dumps(sent)


async def time_passes(stage: Scene, by: timedelta) -> None:
    stage.clock.advance(by)
    await send_follow_ups(stage.desk)
    await stage.deliver()


async def in_view(stage: Scene, person: str, action_id: str) -> None:
    window = stage.window(person)
    await stage.slack.interactions.click_in_view(person, window.id, action_id=action_id)
    await stage.settle()


async def edits(stage: Scene, person: str, request: ApprovalRequest) -> None:
    await stage.click(person, request, buttons.EDIT)
    view = stage.window(person).view
    names = [b["label"]["text"] for b in view["blocks"] if b["type"] == "input"]
    values = {block_of(names.index("customer")): {VALUE_ACTION: f"{MARK} Inc"}}
    await stage.slack.interactions.submit_view(person, stage.window(person).id, values)
    await stage.settle()


async def test_nothing_of_a_call_comes_into_any_channel_from_the_question_to_its_result(
    stage: Scene,
) -> None:
    request = await asked(stage)
    await time_passes(stage, 2 * MINUTE)
    await time_passes(stage, MINUTE)
    await edits(stage, BOB, request)
    await stage.click(CAROL, request, buttons.REVIEW)
    await in_view(stage, CAROL, buttons.VIEW_APPROVE)
    stored = await stage.stored(request)
    await claim_permit(stage.desk, request.id, digest=request.call.digest)
    await report_execution(stage.desk, request.id, succeeded=True, result=f"{MARK} got it")
    await stage.deliver()

    sent = in_channels(stage)
    assert stored.status is Status.APPROVED
    assert MARK in stored.call.arguments_json
    assert "Approved" in sent
    assert "Last reminder" in sent
    assert "Escalated" in sent
    assert "changed" in sent
    assert "succeeded" in sent
    assert MARK not in sent
    for call in (request.call, stored.call):
        assert call.digest[:12] not in sent


@pytest.mark.parametrize("ends_well", [True, False])
async def test_neither_a_reason_nor_the_words_of_a_failure_come_into_the_channel(
    stage: Scene, ends_well: bool
) -> None:
    request = await asked(stage)
    if ends_well:
        await stage.click(BOB, request, buttons.REVIEW)
        await in_view(stage, BOB, buttons.VIEW_APPROVE)
        await claim_permit(stage.desk, request.id, digest=request.call.digest)
        await report_execution(stage.desk, request.id, succeeded=False, result=f"no {MARK}")
    else:
        await stage.click(BOB, request, buttons.REJECT)
        typed = {REASON_BLOCK: {REASON_ACTION: f"not {MARK}"}}
        await stage.slack.interactions.submit_view(BOB, stage.window(BOB).id, typed)
        await stage.settle()
    await stage.deliver()

    assert (await stage.stored(request)).status is not Status.PENDING
    assert MARK not in in_channels(stage)
    await stage.click(BOB, request, buttons.DETAILS)
    assert f"no {MARK}" in str(stage.window(BOB).view) or f"not {MARK}" in str(
        stage.window(BOB).view
    )


async def test_the_card_says_tool_who_risk_and_time_and_leads_to_the_full_view(
    stage: Scene,
) -> None:
    request = await asked(stage)

    card = await stage.message(request)
    words = shown(card.blocks)
    assert_slack_takes_message(card.blocks, schema=False)
    assert labels(card.blocks)[:2] == ["Review and approve…", "Reject"]
    assert "🟠 Medium risk · Run refund?" in words
    assert "stand in no channel" in words
    assert "min left" in words
    assert card.text == "Approve refund? Medium risk, 10 min left."

    await stage.click(BOB, request, buttons.REVIEW)
    view = stage.window(BOB).view
    assert f'customer: "{MARK} Ltd"' in shown(view["blocks"])
    assert f"+{MARK}2" in str(view["blocks"])
    assert f"Agent says (unverified){MARK} asked for it" in shown(view["blocks"])
    await in_view(stage, BOB, buttons.VIEW_APPROVE)
    assert (await stage.stored(request)).status is Status.APPROVED


async def test_an_approval_made_by_hand_opens_the_full_view_and_decides_nothing(
    stage: Scene,
) -> None:
    request = await asked(stage)
    payload = await stage.payload(BOB, request)
    payload["trigger_id"] = stage.slack.triggers.issue(BOB)

    await stage.send(payload)

    assert (await stage.stored(request)).status is Status.PENDING
    assert stage.window(BOB).view["title"]["text"] == "Review the full call"


@pytest.mark.parametrize("button", [buttons.REVIEW, buttons.DETAILS])
async def test_only_who_may_decide_and_who_asked_can_read_it(stage: Scene, button: str) -> None:
    stage.set_policy(read_policy(BOB_ALONE.encode()))
    request = await asked(stage)

    await stage.click(CAROL, request, button)
    assert stage.slack.workspace.view_stack(CAROL) == []
    assert stage.told(CAROL)[-1].startswith("What this would do is private")
    for person in (BOB, ALICE):
        await stage.click(person, request, button)
        assert MARK in str(stage.window(person).view["blocks"])


async def test_who_lost_the_right_turns_no_further_page(stage: Scene) -> None:
    request = await asked(stage, text=f"{MARK}\n" * 600)
    await stage.click(BOB, request, buttons.REVIEW)
    only_carol = POLICY.replace("[U0BOB, U0CAROL]", "[U0CAROL]")
    stage.set_policy(read_policy(only_carol.encode()))

    await in_view(stage, BOB, buttons.VIEW_NEXT)

    blocks = str(stage.window(BOB).view["blocks"])
    assert MARK not in blocks
    assert "is private" in blocks


async def test_what_the_escalation_added_may_read_it_too(stage: Scene) -> None:
    stage.set_policy(read_policy(BOB_ALONE.encode()))
    request = await asked(stage)
    await time_passes(stage, 3 * MINUTE)

    await stage.click(CAROL, request, buttons.DETAILS)

    assert MARK in str(stage.window(CAROL).view["blocks"])


async def test_a_question_between_people_is_kept_out_of_the_channel_too(stage: Scene) -> None:
    await stage.slack.interactions.slash_command(
        ALICE, PROD, f'/approvals ask "Pay {MARK} out?" <@{BOB}|bob>'
    )
    await stage.settle()
    (request,) = await stage.desk.store.look(lambda snapshot: snapshot.pending(limit=9))

    await stage.click(BOB, request, buttons.REVIEW)
    assert MARK in str(stage.window(BOB).view["blocks"])
    await in_view(stage, BOB, buttons.VIEW_APPROVE)

    assert (await stage.stored(request)).status is Status.APPROVED
    assert "private question" in in_channels(stage)
    assert MARK not in in_channels(stage)


async def test_lists_and_home_name_the_tool_alone(stage: Scene) -> None:
    request = await asked(stage)
    await stage.slack.interactions.open_home(BOB)
    await stage.settle()
    for person, verb in ((ALICE, "list"), (ALICE, f"show {request.short_id}"), (BOB, "waiting")):
        await stage.slack.interactions.slash_command(person, PROD, f"/approvals {verb}")
        await stage.settle()
        assert "refund" in stage.told(person)[-1]

    home = stage.slack.workspace.home(BOB)
    assert home is not None
    assert "Its arguments are private" in str(home.view["blocks"])
    seen = [str(home.view), *stage.told(ALICE), *stage.told(BOB)]
    seen += [str(each.blocks) for each in stage.slack.workspace.ephemerals(ALICE, PROD)]
    assert MARK not in "".join(seen)


async def test_a_rule_may_want_it_where_its_channel_does_not_and_none_may_undo_it(
    stage: Scene,
) -> None:
    def is_private(channel: str, *rules: str) -> bool:
        text = POLICY.replace("    card: private\n", channel)
        written = "".join(f'\n      - {{tool: "*", effect: ask{rule}}}' for rule in rules)
        text = text.partition("    rules:")[0] + f"    rules:{written}\n"
        call = ToolCall.of("refund", "0" * 64, {"n": 1})
        requirement = read_policy(text.encode()).requirement(call)
        ask = Ask(call=call, requirement=requirement, requester=Requester(agent="ops"))
        return new_request(stage.desk, ask).is_private

    assert not is_private("", "")
    assert is_private("", ", card: private", "")
    assert is_private("", ", card: open", ", card: private")
    assert is_private("    card: private\n", ", card: open", "")
    assert not is_private("    card: private\n", ", card: open")
