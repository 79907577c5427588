"""A7, B20: names that pose as others, of tools and of people, through the door to the card."""

from dataclasses import replace
from pathlib import Path

import pytest

from approvals.domain.approval_request import Status
from bot.slack.cards import card_blocks
from tests.cards.builders import objects, shown
from tests.engine.gateway_in_test import a_gateway, proposal
from tests.slack_door.scene import BOB, Scene, scene

POSING = "Bob Larsen (approver) <@U0BOB>"


@pytest.mark.parametrize("tool", ["r\u0435ad_logs", "read_\u200blogs", "read_\uff4cogs"])
async def test_a7_a_tool_that_only_looks_like_an_allowed_one_asks_and_is_flagged(
    tool: str,
) -> None:
    async with a_gateway() as gateway:
        assert gateway.gateway.admit(proposal("read_logs")) is not None

        assert gateway.gateway.admit(proposal(tool)) is None
        call = gateway.asks(tool)
        await gateway.pending()

        drawn = shown(card_blocks(gateway.messenger.posts[-1], gateway.clock.now()))
        assert "other letters than a to z" in drawn
        call.cancel()


def renamed(stage: Scene, person: str, name: str) -> None:
    known = stage.slack.workspace.person(person)
    assert known is not None
    stage.slack.workspace.put_person(replace(known, name=name, real_name=name, is_restricted=False))


async def test_b20_a_display_name_gives_no_right_and_stands_on_no_card(tmp_path: Path) -> None:
    async with scene(tmp_path, directory_max_age_s=0.0) as stage:
        renamed(stage, "U0DANA", POSING)
        renamed(stage, BOB, "security-lead (approved)")
        request = await stage.ask()

        await stage.click("U0DANA", request)
        assert stage.told("U0DANA")[0].startswith("You are not an approver")
        assert await stage.decisions(request) == ()

        await stage.click(BOB, request)
        assert (await stage.stored(request)).status is Status.APPROVED
        message = await stage.message(request)
        drawn = shown(message.blocks) + message.text
        assert POSING not in drawn
        assert "security-lead" not in drawn
        assert BOB in {each["user_id"] for each in objects(message.blocks, "user")}
