"""Who may decide: the click comes through real Bolt, the person from the payload and users.info."""

from dataclasses import replace
from pathlib import Path

import pytest

from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.requirement import WantedReason
from bot.sandbox.faults import Fault, FaultKind
from bot.slack import buttons
from tests.slack_door.scene import (
    ALICE,
    BOB,
    CAROL,
    DANA,
    EVE,
    EVERYBODY,
    FRANK,
    PROD,
    SAYSO,
    Scene,
    scene,
)

LISTED = f"{{users: {EVERYBODY}}}"


async def assert_untouched(stage: Scene, request: ApprovalRequest) -> None:
    assert (await stage.stored(request)).status is Status.PENDING
    assert await stage.decisions(request) == ()


async def test_b1_who_is_no_approver_changes_nothing_and_is_told_why_alone(tmp_path: Path) -> None:
    async with scene(tmp_path, people="{users: [U0CAROL]}") as stage:
        request = await stage.ask()

        result = await stage.click(BOB, request)

        assert result.acked
        await assert_untouched(stage, request)
        (sentence,) = stage.told(BOB)
        assert sentence.startswith("You are not an approver")
        assert "rule" in sentence
        assert stage.told(CAROL) == []


async def test_b3_a_requester_may_not_approve_their_own_request(tmp_path: Path) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        request = await stage.ask()

        await stage.click(ALICE, request)

        await assert_untouched(stage, request)
        (sentence,) = stage.told(ALICE)
        assert sentence.startswith("You cannot approve this")


async def test_b3_a_requester_may_reject_their_own_request(tmp_path: Path) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        request = await stage.ask(reason=WantedReason.OFF)

        await stage.click(ALICE, request, buttons.REJECT)

        assert (await stage.stored(request)).status is Status.REJECTED


async def test_b7_a_bot_may_not_decide(tmp_path: Path) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        carol = stage.slack.workspace.person(CAROL)
        assert carol is not None
        stage.slack.workspace.put_person(replace(carol, is_bot=True))
        request = await stage.ask()

        await stage.click(CAROL, request)

        await assert_untouched(stage, request)
        assert stage.told(CAROL) == ["Bots and workflows may not decide. Nothing was decided."]


async def test_b8_our_own_bot_user_may_not_decide(tmp_path: Path) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        sayso = stage.slack.workspace.person(SAYSO)
        assert sayso is not None
        # Even were its own record to say otherwise.
        stage.slack.workspace.put_person(replace(sayso, is_bot=False))
        request = await stage.ask()

        result = await stage.send(await stage.payload(SAYSO, request))

        assert result.acked
        await assert_untouched(stage, request)
        assert stage.told(SAYSO) == ["Bots and workflows may not decide. Nothing was decided."]


async def test_b9_a_guest_may_not_decide_even_when_listed(tmp_path: Path) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        request = await stage.ask()

        await stage.click(DANA, request)

        await assert_untouched(stage, request)
        assert stage.told(DANA)[0].startswith("Guests of the workspace may not decide")


async def test_b10_somebody_of_another_company_may_not_decide(tmp_path: Path) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        request = await stage.ask()

        await stage.click(EVE, request)

        await assert_untouched(stage, request)
        assert stage.told(EVE)[0].startswith("People of another organisation")


async def test_b10_the_payloads_team_counts_even_when_the_record_looks_internal(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        request = await stage.ask()
        payload = await stage.payload(BOB, request)
        payload["user"]["team_id"] = "T0OTHER"

        result = await stage.send(payload)

        assert result.acked
        await assert_untouched(stage, request)
        assert stage.told(BOB)[0].startswith("People of another organisation")


@pytest.mark.parametrize("mark", [{"is_stranger": True}, {"team_id": "T0OTHER"}])
async def test_b10_slacks_record_counts_even_when_the_payload_looks_internal(
    tmp_path: Path, mark: dict[str, str | bool]
) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        bob = stage.slack.workspace.person(BOB)
        assert bob is not None
        stage.slack.workspace.put_person(replace(bob, **mark))  # type: ignore[arg-type]
        request = await stage.ask()

        await stage.send(await stage.payload(BOB, request))

        await assert_untouched(stage, request)
        assert stage.told(BOB)[0].startswith("People of another organisation")


async def test_b11_a_deactivated_account_may_not_decide(tmp_path: Path) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        request = await stage.ask()

        await stage.send(await stage.payload(FRANK, request))

        await assert_untouched(stage, request)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.SERVER_ERROR, method="users.info", times=None),
        Fault(kind=FaultKind.RATE_LIMITED, method="users.info", times=None, seconds=30),
        Fault(kind=FaultKind.SLOW_REPLY, method="users.info", times=None, seconds=1.0),
        Fault(kind=FaultKind.LOST_REPLY, method="users.info", times=None),
        Fault(kind=FaultKind.ERROR, method="users.info", times=None, code="user_not_found"),
        Fault(kind=FaultKind.ERROR, method="usergroups.users.list", times=None, code="fatal_error"),
        Fault(kind=FaultKind.SERVER_ERROR, method="usergroups.list", times=None),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.method}",
)
async def test_b11_when_slack_cannot_say_who_it_is_nobody_decides(
    tmp_path: Path, fault: Fault
) -> None:
    async with scene(tmp_path, directory_timeout_s=0.3, directory_max_age_s=0.0) as stage:
        request = await stage.ask()
        await stage.slack.faults.switch_on(fault)

        result = await stage.click(BOB, request)

        assert result.acked
        await assert_untouched(stage, request)
        (sentence,) = stage.told(BOB)
        assert sentence.startswith(
            "Slack could not confirm just now who you are. Nothing was decided."
            if fault.method == "users.info"
            else "Slack could not say just now who is in sre. Nothing was decided."
        )


async def test_b12_who_left_the_group_before_the_click_may_not_decide(tmp_path: Path) -> None:
    async with scene(tmp_path, directory_max_age_s=0.0) as stage:
        request = await stage.ask()
        (sre,) = [each for each in stage.slack.workspace.usergroups() if each.id == "S0SRE"]
        stage.slack.workspace.put_usergroup(replace(sre, members=("U0CAROL",)))

        await stage.click(BOB, request)

        await assert_untouched(stage, request)
        assert stage.told(BOB)[0].startswith("You are not an approver")


async def test_b13_members_of_a_disabled_group_may_not_decide(tmp_path: Path) -> None:
    async with scene(tmp_path, directory_max_age_s=0.0) as stage:
        request = await stage.ask()
        (sre,) = [each for each in stage.slack.workspace.usergroups() if each.id == "S0SRE"]
        stage.slack.workspace.put_usergroup(replace(sre, disabled=True))

        await stage.click(BOB, request)

        assert await stage.decisions(request) == ()
        assert "Nobody is left" in stage.told(BOB)[0]


async def test_b14_one_person_counts_once_where_two_are_needed(stage: Scene) -> None:
    request = await stage.ask(needs=2)

    await stage.click(BOB, request)
    await stage.click(BOB, request)

    assert (await stage.stored(request)).status is Status.PENDING
    assert len(await stage.decisions(request)) == 1
    assert stage.told(BOB) == [
        (
            "Your approval is already counted, and nobody counts twice. 1 of 2 approved: the "
            "request still needs 1 of sre. You may still reject it."
        )
    ]
    await stage.click(CAROL, request)
    assert (await stage.stored(request)).status is Status.APPROVED


@pytest.mark.parametrize(
    "change",
    [{"team": {"id": "T0ELSE", "domain": "else"}}, {"api_app_id": "A0ELSE"}, {"team": None}],
    ids=["team", "app", "no-team"],
)
async def test_b18_a_payload_of_another_team_or_app_is_acked_and_not_acted_on(
    stage: Scene, change: dict[str, object]
) -> None:
    request = await stage.ask()

    result = await stage.send({**await stage.payload(BOB, request), **change})

    assert result.acked
    await assert_untouched(stage, request)
    assert stage.told(BOB) == []


async def test_b24_words_and_reactions_decide_nothing(stage: Scene) -> None:
    request = await stage.ask()
    card = await stage.card(request)
    about = {"team_id": stage.slack.team_id, "api_app_id": stage.slack.app_id}

    for event in (
        {"type": "message", "user": BOB, "channel": PROD, "text": "yes", "thread_ts": card.ts},
        {"type": "message", "user": BOB, "channel": PROD, "text": "approve", "ts": "2.000001"},
        {"type": "reaction_added", "user": BOB, "reaction": "white_check_mark"},
    ):
        result = await stage.slack.interactions.deliver(
            "events_api", {**about, "type": "event_callback", "event": event}
        )
        assert result.acked
    await stage.settle()

    await assert_untouched(stage, request)


async def test_one_read_serves_many_clicks_at_once(stage: Scene) -> None:
    requests = [await stage.ask(tool=f"tool_{number}", deliver_it=False) for number in range(3)]
    for request in requests:
        await stage.deliver()
        await stage.click(BOB, request)

    asked = [call.arguments["user"] for call in stage.slack.calls.of("users.info")]
    assert sorted(asked) == [BOB, CAROL, SAYSO]  # who could answer, and at the start who we are
