"""Edit…: the form of a call's arguments, from the button to the card that tells the change."""

import json
from datetime import timedelta
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Requester, Status
from approvals.domain.telling import tellings
from approvals.domain.tool_schema import ToolSchema
from approvals.storage.policy_reader import read_policy
from bot.slack import buttons
from bot.slack.form_fields import VALUE_ACTION, block_of
from tests.cards.builders import labels, shown
from tests.cards.slack_rules import assert_slack_takes_message, assert_slack_takes_modal
from tests.slack_door.scene import ALICE, BOB, CAROL, POLICY, Scene

SCHEMA = ToolSchema.of(
    {
        "type": "object",
        "properties": {
            "env": {"enum": ["dev", "prod"], "type": "string"},
            "dry_run": {"type": "boolean"},
            "replicas": {"type": "integer", "maximum": 50, "description": "How many <b>pods</b>."},
            "share": {"type": "number"},
            "until": {"type": "string", "format": "date"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "script": {"type": "string"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "db_password": {"type": "string"},
        },
        "additionalProperties": False,
    }
)
ARGUMENTS: dict[str, Any] = {
    "env": "prod",
    "dry_run": False,
    "replicas": 3,
    "share": 0.5,
    "until": "2026-03-02",
    "note": None,
    "script": "x" * 3_001,
    "labels": {"team": "web"},
    "db_password": "hunter2hunter2",
}
FORM = ["dry_run", "env", "labels", "note", "replicas", "share", "until"]
"""What can be changed, in the order of the form."""


def editing(rule: str = "edit: true") -> str:
    text = POLICY.replace("usergroups: [S0SRE]", "usergroup: S0SRE")
    return text.replace("effect: ask", f"effect: ask, {rule}")


async def asked(stage: Scene, rule: str = "edit: true", **arguments: Any) -> ApprovalRequest:
    stage.set_policy(read_policy(editing(rule).encode()))
    return await stage.ask("scale", schema=SCHEMA, **(arguments or {"env": "prod", "replicas": 3}))


async def submit(stage: Scene, person: str, **typed: str) -> Any:
    """Fill in the open form by the labels of its fields, and send it."""
    view = stage.window(person).view
    names = [b["label"]["text"] for b in view["blocks"] if b["type"] == "input"]
    values = {block_of(names.index(name)): {VALUE_ACTION: text} for name, text in typed.items()}
    result = await stage.slack.interactions.submit_view(person, stage.window(person).id, values)
    await stage.settle()
    return result


async def test_the_form_has_a_field_for_each_argument_that_can_be_changed(stage: Scene) -> None:
    request = await asked(stage, **ARGUMENTS)

    await stage.click(BOB, request, buttons.EDIT)

    view = stage.window(BOB).view
    fields = {b["label"]["text"]: b["element"] for b in view["blocks"] if b["type"] == "input"}
    assert list(fields) == FORM
    assert {name: element["type"] for name, element in fields.items()} == {
        "dry_run": "radio_buttons",
        "env": "static_select",
        "labels": "plain_text_input",
        "note": "plain_text_input",
        "replicas": "number_input",
        "share": "number_input",
        "until": "datepicker",
    }
    assert fields["replicas"]["initial_value"] == "3"
    assert fields["env"]["initial_option"]["text"]["text"] == "prod"
    assert fields["labels"]["multiline"] is True
    told = shown(view["blocks"])
    assert "db_password: a secret" in told
    assert "script: too long to be changed here" in told
    assert "hunter2" not in str(view)


async def test_who_changed_what_stands_on_the_card_and_another_person_approves(
    stage: Scene,
) -> None:
    request = await asked(stage)
    await stage.click(BOB, request, buttons.EDIT)

    result = await submit(stage, BOB, replicas="2", env="0")

    assert result.acked
    assert stage.slack.workspace.view_stack(BOB) == []
    card = await stage.message(request)
    assert_slack_takes_message(card.blocks, schema=False)
    assert 'env "prod" → "dev"; replicas 3 → 2.' in shown(card.blocks)
    assert BOB in str(card.blocks)
    await stage.click(BOB, request)
    assert stage.told(BOB)[-1].startswith("You changed this call, so you cannot approve it")
    await stage.click(CAROL, request)
    stored = await stage.stored(request)
    assert stored.status is Status.APPROVED
    assert stored.call.arguments == {"env": "dev", "replicas": 2}
    assert "replicas 3 → 2" in shown((await stage.message(request)).blocks)


async def test_whether_its_editor_may_approve_is_told_by_the_policy_in_force(stage: Scene) -> None:
    out = "changed it, so somebody else has to approve it"
    request = await asked(stage, "edit: true, editor_may_approve: true")
    await stage.click(BOB, request, buttons.EDIT)
    await submit(stage, BOB, replicas="2")
    assert out not in shown((await stage.message(request)).blocks)

    stage.set_policy(read_policy(editing().encode()))
    await stage.click(CAROL, request, buttons.DETAILS)

    assert out in shown(stage.window(CAROL).view["blocks"])


async def test_a_card_that_was_not_redrawn_yet_does_not_approve_the_edited_call(
    stage: Scene,
) -> None:
    request = await asked(stage)
    before = await stage.payload(CAROL, request)
    await stage.click(BOB, request, buttons.EDIT)
    await submit(stage, BOB, replicas="50")

    await stage.send(before)

    assert (await stage.stored(request)).status is Status.PENDING
    assert f"This call was changed by <@{BOB}>" in stage.told(CAROL)[0]


async def test_pages_of_a_full_view_opened_before_the_edit_do_not_go_on_with_the_edited_call(
    stage: Scene,
) -> None:
    request = await asked(stage, **{**ARGUMENTS, "script": "x" * 20_000})
    await stage.click(CAROL, request, buttons.REVIEW)
    await stage.click(BOB, request, buttons.EDIT)
    await submit(stage, BOB, replicas="50")

    await stage.slack.interactions.click_in_view(
        CAROL, stage.window(CAROL).id, action_id=buttons.VIEW_NEXT
    )
    await stage.settle()

    assert f"This call was changed by <@{BOB}>" in str(stage.window(CAROL).view["blocks"])


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"replicas": "51"}, "Has to be at most 50."),
        ({"labels": '{"team": 1}'}, "Has to be right in team."),
        ({"labels": '{"a": "1", "a": "2"}'}, "stands twice in one object"),
        ({}, "Nothing is changed yet."),
    ],
)
async def test_c4_what_does_not_fit_is_said_beside_its_field(
    stage: Scene, typed: dict[str, str], sentence: str
) -> None:
    request = await asked(stage, env="prod", replicas=3, labels={"team": "web"})
    await stage.click(BOB, request, buttons.EDIT)

    await submit(stage, BOB, **typed)

    assert sentence in str(stage.window(BOB).errors)
    assert (await stage.stored(request)).edits == ()


async def test_c3_a_rule_that_denies_the_changed_call_is_told_in_the_form(stage: Scene) -> None:
    request = await asked(stage)
    denying = editing().replace(
        "rules: [", "rules: [{tool: scale, effect: deny, when: args.replicas > 10, message: No.}, "
    )
    stage.set_policy(read_policy(denying.encode()))
    await stage.click(BOB, request, buttons.EDIT)

    await submit(stage, BOB, replicas="11")

    assert "No." in str(stage.window(BOB).errors)
    assert (await stage.stored(request)).edits == ()


async def test_b22_the_form_of_somebody_who_lost_the_right_meanwhile_changes_nothing(
    stage: Scene,
) -> None:
    request = await asked(stage)
    await stage.click(BOB, request, buttons.EDIT)
    only_carol = editing().replace("{usergroup: S0SRE}", "{users: [U0CAROL]}")
    stage.set_policy(read_policy(only_carol.encode()))

    await submit(stage, BOB, replicas="2")

    assert "You are not an approver" in str(stage.window(BOB).view["blocks"])
    assert (await stage.stored(request)).edits == ()


async def test_c16_the_second_of_two_forms_is_told_who_was_first(stage: Scene) -> None:
    request = await asked(stage)
    await stage.click(BOB, request, buttons.EDIT)
    await stage.click(CAROL, request, buttons.EDIT)
    await submit(stage, BOB, replicas="2")

    await submit(stage, CAROL, replicas="4")

    assert f"changed by <@{BOB}>" in str(stage.window(CAROL).view["blocks"])
    assert (await stage.stored(request)).call.arguments["replicas"] == 2


async def test_who_asked_gets_no_form(stage: Scene) -> None:
    text = editing().replace("{usergroup: S0SRE}", "{users: [U0ALICE, U0BOB, U0CAROL]}")
    stage.set_policy(read_policy(text.encode()))
    request = await stage.ask("scale", schema=SCHEMA, replicas=3)

    await stage.click(ALICE, request, buttons.EDIT)

    assert stage.slack.workspace.view_stack(ALICE) == []
    assert stage.told(ALICE)[0].startswith("You cannot change this: it was asked by you")


async def test_without_the_rule_a_card_has_no_edit_button(stage: Scene) -> None:
    request = await asked(stage, rule="edit: false")

    assert "Edit…" not in labels((await stage.message(request)).blocks)
    payload = await stage.payload(BOB, request, buttons.EDIT)
    payload["trigger_id"] = stage.slack.triggers.issue(BOB)
    await stage.send(payload)
    assert stage.told(BOB)[0].startswith("The rules of this call do not let its arguments")


async def test_a_value_nobody_touched_stays_exactly_what_it_was(stage: Scene) -> None:
    exact: dict[str, Any] = {
        "note": "  two\n spaces \n",
        "labels": {"b": "1", "a": "2"},
        "replicas": 3,
    }
    request = await asked(stage, **exact)
    await stage.click(BOB, request, buttons.EDIT)
    assert_slack_takes_modal(stage.window(BOB).view, schema=False)

    await submit(stage, BOB, replicas="4")

    assert (await stage.stored(request)).call.arguments == {**exact, "replicas": 4}


async def test_an_edit_that_no_longer_fits_the_card_is_approved_in_the_full_view_only(
    stage: Scene,
) -> None:
    request = await asked(stage, note="short", replicas=3)
    await stage.click(BOB, request, buttons.EDIT)
    await submit(stage, BOB, note="y" * 3_000)
    assert "Review and approve…" in labels((await stage.message(request)).blocks)

    payload = await stage.payload(CAROL, await stage.stored(request))
    payload["trigger_id"] = stage.slack.triggers.issue(CAROL)
    await stage.send(payload)

    assert (await stage.stored(request)).status is Status.PENDING
    assert stage.window(CAROL).view["title"]["text"] == "Review the full call"


async def test_the_thread_tells_the_change_and_then_what_is_decided_about_it(
    stage: Scene,
) -> None:
    three = editing().replace("{usergroup: S0SRE}", "{users: [U0ALICE, U0BOB, U0CAROL]}")
    stage.set_policy(read_policy(three.encode()))
    nobody = Requester(agent="ops")
    request = await stage.ask("scale", schema=SCHEMA, requester=nobody, needs=2, replicas=3)
    await stage.click(CAROL, request)
    await stage.click(BOB, request, buttons.EDIT)
    await submit(stage, BOB, replicas="2")
    await stage.click(CAROL, request)
    stage.clock.advance(timedelta(seconds=5))
    await stage.settle()

    card = await stage.card(request)
    found = stage.slack.workspace.messages(card.channel, thread_ts=card.ts)
    first, changed = [each.text for each in found if each.ts != card.ts][:2]
    assert first.startswith(f"✅ <@{CAROL}> approved `scale`")
    assert changed == (
        f"✏ <@{BOB}> changed `scale`: *replicas* `3` → `2`. 1 approval given before counts no more."
    )
    told = tellings(await stage.stored(request), await stage.decisions(request), None)
    assert [each.key for each in told] == ["edit:0", f"1:{CAROL}:approve"]


async def test_a_card_that_was_changed_often_and_much_is_one_that_slack_takes(stage: Scene) -> None:
    names = [f"label_{number:02}_{'n' * 40}" for number in range(20)]
    labelled = dict.fromkeys(names, "v" * 39)
    request = await asked(stage, labels=labelled)
    for letter in "wxyz":
        await stage.click(BOB, request, buttons.EDIT)
        changed = json.dumps(dict.fromkeys(names, letter * 39))
        assert (await submit(stage, BOB, labels=changed)).acked

    card = await stage.message(request)
    assert_slack_takes_message(card.blocks, schema=False)
    told = shown(card.blocks)
    assert "Changed 1 time before that." in told
    assert "and 15 more" in told
