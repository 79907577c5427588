"""What Slack says about the people a policy names: addresses, members of channels, its plan."""

from dataclasses import replace
from typing import Any

import pytest

from approvals.domain.ids import ChannelId, TeamId, UserId
from approvals.operations.ports import DirectoryUnavailable
from bot.sandbox.faults import Fault, FaultKind
from bot.slack.directory import CHANNEL_PAGES_MAX, MEMBERS_PER_PAGE, SlackDirectory
from bot.slack.identity import Identity
from bot.slack.slack_settings import SlackSettings
from bot.slack.web_api import WebApi
from tests.slack_door.scene import ALICE, BOB, CAROL, PROD, Scene
from tests.slack_door.test_channel_members import fill, strangers


async def test_an_address_is_looked_up_and_belongs_to_one_account(stage: Scene) -> None:
    assert await stage.door.directory.account("bob@example.com") == BOB


@pytest.mark.parametrize(
    "email", ["nobody@example.com", "frank@example.com", "eve@example.com", "sayso@example.com"]
)
async def test_an_address_of_nobody_of_ours_stands_for_nobody(stage: Scene, email: str) -> None:
    """Nobody's, somebody's who left, another company's, an app's."""
    assert await stage.door.directory.account(email) is None


async def test_an_account_of_another_company_is_nobody_whatever_slack_answers(
    stage: Scene,
) -> None:
    bob = stage.slack.workspace.person(BOB)
    assert bob is not None
    stage.slack.workspace.put_person(replace(bob, team_id="T0OTHER"))

    assert await stage.door.directory.account("bob@example.com") is None


async def test_members_of_a_channel_are_read_page_by_page(stage: Scene) -> None:
    fill(stage, *strangers(MEMBERS_PER_PAGE), BOB)

    members = await stage.door.directory.channel_members(PROD)

    assert BOB in members
    assert len(members) == MEMBERS_PER_PAGE + 2
    assert CAROL not in members


async def test_a_channel_with_too_many_members_is_one_we_cannot_tell_about(stage: Scene) -> None:
    fill(stage, *strangers(CHANNEL_PAGES_MAX * MEMBERS_PER_PAGE), BOB)

    with pytest.raises(DirectoryUnavailable, match="too many pages"):
        await stage.door.directory.channel_members(PROD)


async def test_a_channel_that_is_not_there_is_one_we_cannot_tell_about(stage: Scene) -> None:
    with pytest.raises(DirectoryUnavailable, match="channel_not_found"):
        await stage.door.directory.channel_members(ChannelId("C0NOWHERE"))


async def test_fresh_members_of_a_channel_are_read_after_the_question(stage: Scene) -> None:
    assert ALICE in await stage.door.directory.channel_members(PROD)
    fill(stage, BOB)

    assert ALICE in await stage.door.directory.channel_members(PROD)
    assert ALICE not in await stage.door.directory.channel_members(PROD, fresh=True)


async def test_a_plan_without_user_groups_is_told_from_a_slack_that_cannot_say(
    stage: Scene,
) -> None:
    async def broken(**fault: object) -> None:
        await stage.slack.faults.switch_on(
            Fault(method="usergroups.list", times=1, **fault)  # type: ignore[arg-type]
        )

    await broken(kind=FaultKind.ERROR, code="plan_upgrade_required")
    assert not await stage.door.directory.has_usergroups()
    await broken(kind=FaultKind.SERVER_ERROR)
    with pytest.raises(DirectoryUnavailable):
        await stage.door.directory.has_usergroups()
    assert await stage.door.directory.has_usergroups()


class SaysDisabled(WebApi):
    """A Slack that names the members of a disabled group all the same."""

    def __init__(self) -> None:
        """Answer by heart."""

    async def call(
        self, method: str, /, *, timeout_s: float | None = None, **arguments: Any
    ) -> dict[str, Any]:
        if method == "usergroups.list":
            return {"usergroups": [{"id": "S0SRE", "date_delete": 1}, {"id": "S0B"}]}
        return {"users": [BOB]}


async def test_b13_a_disabled_group_has_nobody_in_it_whatever_slack_says_of_its_members() -> None:
    identity = Identity(app_id="A0", team=TeamId("T0"), team_name="t", bot_user=UserId("U0SAYSO"))
    directory = SlackDirectory(SaysDisabled(), identity, settings=SlackSettings(bot_token="x"))

    assert await directory.members("S0SRE") == frozenset()
    assert await directory.members("S0B") == {BOB}
