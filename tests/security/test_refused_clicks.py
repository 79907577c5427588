"""B1, B7 to B11, B17, B18, C6, C7: what a refused click leaves behind, and for whom."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.nouns import Person
from tests.security.evidence import recorded
from tests.slack_door.scene import ALICE, BOB, CAROL, EVERYBODY, SAYSO, Scene, scene
from tests.slack_door.test_signed_http import form, wired

LISTED = f"{{users: {EVERYBODY}}}"
Forge = Callable[[dict[str, Any]], None]


def from_another_team(payload: dict[str, Any]) -> None:
    payload["user"]["team_id"] = "T0OTHER"


def from_another_message(payload: dict[str, Any]) -> None:
    payload["container"]["message_ts"] = "1.000001"


def with_another_nonce(payload: dict[str, Any]) -> None:
    action = payload["actions"][0]
    action["value"] = action["value"].split(".")[0] + "." + "0" * 22


def unchanged(_: dict[str, Any]) -> None:
    return None


@pytest.mark.parametrize(
    ("person", "forge", "code"),
    [
        pytest.param(ALICE, unchanged, "self_approval", id="b3"),
        pytest.param(SAYSO, unchanged, "bot", id="b8"),
        pytest.param(BOB, from_another_team, "external_user", id="b10"),
        pytest.param(BOB, from_another_message, "card_mismatch", id="b17"),
        pytest.param(BOB, with_another_nonce, "card_mismatch", id="c7"),
    ],
)
async def test_b3_b8_b10_b17_c7_a_refused_click_is_answered_and_recorded_once(
    tmp_path: Path, person: str, forge: Forge, code: str
) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        request = await stage.ask()
        payload = await stage.payload(person, request)
        forge(payload)

        assert (await stage.send(payload)).acked

        (trace,) = recorded(tmp_path / "sayso.db", "decision.refused")
        assert (trace["code"], trace["user"]) == (code, person)
        assert (await stage.stored(request)).is_pending
        assert len(stage.told(person)) == 1


async def test_b1_a_refusal_is_recorded_with_its_reason(tmp_path: Path) -> None:
    async with scene(tmp_path, people="{users: [U0CAROL]}") as stage:
        await stage.click(BOB, await stage.ask())

        (trace,) = recorded(tmp_path / "sayso.db", "decision.refused")
        assert (trace["code"], trace["user"], trace["verdict"]) == ("not_approver", BOB, "approve")


@pytest.mark.parametrize(
    ("mark", "code"),
    [
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_bot": True}, "bot"),
        ({"deleted": True}, "deactivated_user"),
    ],
    ids=str,
)
async def test_b7_b9_b11_each_mark_of_slacks_record_is_enough_to_be_refused(
    tmp_path: Path, mark: dict[str, bool], code: str
) -> None:
    async with scene(tmp_path, people=LISTED) as stage:
        marked(stage, CAROL, mark)
        request = await stage.ask()

        await stage.send(await stage.payload(CAROL, request))

        assert [each["code"] for each in recorded(tmp_path / "sayso.db", "decision.refused")] == [
            code
        ]
        assert len(stage.told(CAROL)) == 1


def marked(stage: Scene, user: str, mark: dict[str, bool]) -> None:
    person: Person | None = stage.slack.workspace.person(user)
    assert person is not None
    stage.slack.workspace.put_person(replace(person, **mark))  # type: ignore[arg-type]


async def test_b18_a_foreign_payload_leaves_no_trace_of_the_request_anywhere(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as stage:
        request = await stage.ask()
        payload = {**await stage.payload(BOB, request), "api_app_id": "A0ELSE"}
        before = len(stage.slack.calls)

        assert (await stage.send(payload)).acked

        assert recorded(tmp_path / "sayso.db", "decision.refused") == []
        assert len(stage.slack.calls) == before
        assert stage.told(BOB) == []


async def test_c6_a_replayed_click_is_recorded_as_a_duplicate(tmp_path: Path) -> None:
    async with wired(tmp_path) as wire:
        body = form(await wire.stage.payload(BOB, await wire.stage.ask()))
        headers = wire.headers(body)

        await wire.post(body, headers)
        await wire.post(body, headers)

        (trace,) = recorded(tmp_path / "sayso.db", "decision.duplicate")
        assert (trace["code"], trace["user"]) == ("already_decided", BOB)
