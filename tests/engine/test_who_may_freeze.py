"""Who may freeze what: named people, read when they ask; every refusal is in the audit log."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from approvals.domain import errors, freeze_errors
from approvals.domain.freeze import ALL
from approvals.domain.ids import TeamId, UserId
from approvals.operations.check_freezer import may_freeze
from tests.engine.gateway_in_test import OPS, POLICY, GatewayInTest, a_gateway
from tests.fakes.people import ALICE, BOB, TEAM
from tests.security.evidence import recorded

ERIN = UserId("U0ERIN")
NAMED = POLICY.replace('defaults: {channel: "#ops",', 'defaults: {channel: "#ops", freeze: oncall,')
ITS_OWN = NAMED.replace("    timeout: 5m\n", "    timeout: 5m\n    freeze: [leads]\n").replace(
    "people:\n", "people:\n  leads: {users: U0ERIN}\n"
)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[GatewayInTest]:
    async with a_gateway(tmp_path / "sayso.db", policy=NAMED) as gateway:
        gateway.directory.usergroups["S0ONCALL"] = frozenset({ALICE})
        yield gateway


async def asks(gateway: GatewayInTest, scope: str, person: UserId, team: TeamId = TEAM) -> None:
    await may_freeze(gateway.desk, scope, person=person, team=team)


@pytest.mark.parametrize("scope", [ALL, OPS])
async def test_the_people_of_the_defaults_may_freeze_everything_and_every_channel(
    gateway: GatewayInTest, scope: str
) -> None:
    await asks(gateway, scope, ALICE)

    with pytest.raises(freeze_errors.FreezeNotAllowed):
        await asks(gateway, scope, ERIN)


async def test_a_channels_approvers_may_freeze_it_and_nothing_else(gateway: GatewayInTest) -> None:
    await asks(gateway, OPS, BOB)

    with pytest.raises(freeze_errors.FreezeNotAllowed, match="Only oncall may freeze everything"):
        await asks(gateway, ALL, BOB)


async def test_a_channel_may_name_other_people_than_its_approvers(tmp_path: Path) -> None:
    async with a_gateway(policy=ITS_OWN) as gateway:
        await asks(gateway, OPS, ERIN)

        with pytest.raises(
            freeze_errors.FreezeNotAllowed, match="Only oncall or leads may freeze #ops"
        ):
            await asks(gateway, OPS, BOB)


async def test_x10_a_stranger_may_not_and_that_is_audited(
    gateway: GatewayInTest, tmp_path: Path
) -> None:
    with pytest.raises(freeze_errors.FreezeNotAllowed):
        await asks(gateway, OPS, ERIN)

    (event,) = recorded(tmp_path / "sayso.db", "freeze.refused")
    assert event == {"code": "freeze_not_allowed", "person": ERIN, "team": TEAM}


async def test_where_nobody_is_named_nobody_may_freeze_everything() -> None:
    async with a_gateway() as gateway:
        with pytest.raises(freeze_errors.FreezeNotAllowed, match="`defaults: freeze:`"):
            await asks(gateway, ALL, BOB)


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"is_guest": True}, errors.GuestMayNotDecide),
        ({"is_bot": True}, errors.BotMayNotDecide),
        ({"is_deactivated": True}, errors.DeactivatedMayNotDecide),
    ],
)
async def test_who_is_no_full_member_may_not_though_they_are_named(
    gateway: GatewayInTest, facts: dict[str, bool], refusal: type[errors.Refusal]
) -> None:
    gateway.directory.change(BOB, **facts)

    with pytest.raises(refusal):
        await asks(gateway, OPS, BOB)


async def test_a_person_of_another_workspace_may_not(gateway: GatewayInTest) -> None:
    with pytest.raises(errors.ExternalMayNotDecide):
        await asks(gateway, OPS, BOB, team=TeamId("T0OTHER"))


async def test_what_slack_cannot_say_is_no_permission(gateway: GatewayInTest) -> None:
    gateway.directory.is_down = True

    with pytest.raises(errors.IdentityUnverified):
        await asks(gateway, OPS, BOB)


async def test_a_channel_the_policy_does_not_have_cannot_be_frozen(gateway: GatewayInTest) -> None:
    with pytest.raises(errors.ChannelUnknown):
        await asks(gateway, "C0NOWHERE", BOB)
