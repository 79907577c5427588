"""Members of a channel, who is on call, people named by address: who of them may decide when."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from approvals.domain.approval_request import Status
from approvals.domain.ids import ChannelId, UserId
from approvals.gate.exceptions import CallNoEligibleApprover
from approvals.operations.meet_people import meet_people
from tests.engine.gateway_in_test import POLICY, a_gateway, a_policy
from tests.fakes.people import ALICE, BOB, CAROL

LISTED = "{users: [U0BOB, U0CAROL]}"
LEADS = ChannelId("C0LEADS")


def by(people: str) -> str:
    assert LISTED in POLICY
    return POLICY.replace(LISTED, people)


async def test_members_of_the_channel_of_this_moment_may_decide() -> None:
    async with a_gateway(policy=by("{channel: C0LEADS}")) as gateway:
        gateway.directory.channels[LEADS] = frozenset({BOB, ALICE})
        call = gateway.asks(tool="fetch_all")
        request = await gateway.pending()

        assert (await gateway.clicks(request.id, CAROL)).refusal is not None
        gateway.directory.channels[LEADS] = frozenset({CAROL, ALICE})
        assert (await gateway.clicks(request.id, BOB)).refusal is not None
        assert (await gateway.clicks(request.id, CAROL)).refusal is None

        await call


async def test_whoever_is_on_call_at_the_click_may_decide() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    weekly = (
        '{rotation: {zone: Europe/Berlin, handover: "09:00", every: 1d, from: 2020-01-01, '
        "people: [U0BOB, U0CAROL]}}"
    )
    async with a_gateway(policy=by(weekly).replace("timeout: 5m", "timeout: 2d")) as gateway:
        now = gateway.clock.now().astimezone(berlin)
        gateway.clock.advance(datetime(now.year, now.month, now.day, 8, tzinfo=berlin) - now)
        (shift,) = a_policy(by(weekly)).people(["sre"])[0].rotations
        before, after = shift.on_call(gateway.clock.now()), None
        after = BOB if before == CAROL else CAROL
        assert before is not None
        call = gateway.asks(tool="fetch_all")
        request = await gateway.pending()

        assert (await gateway.clicks(request.id, after)).refusal is not None
        gateway.clock.advance(timedelta(hours=2))
        assert (await gateway.clicks(request.id, before)).refusal is not None
        assert (await gateway.clicks(request.id, after)).refusal is None

        await call


async def test_an_address_stands_for_nobody_until_its_account_is_known() -> None:
    async with a_gateway(policy=by("{emails: bob@example.com}")) as gateway:
        with pytest.raises(CallNoEligibleApprover):
            await gateway.asks()

        gateway.directory.emails["bob@example.com"] = BOB
        met = await meet_people(gateway.directory, gateway.policies[-1])
        assert met.unmet == ()
        gateway.policies.append(met.policy)
        call = gateway.asks()
        request = await gateway.pending()
        # Whoever gets the address after this gets nothing with it.
        gateway.directory.emails["bob@example.com"] = CAROL

        assert (await gateway.clicks(request.id, CAROL)).refusal is not None
        assert (await gateway.clicks(request.id, BOB)).refusal is None
        await call


async def test_whom_slack_does_not_know_is_told_with_the_place_of_the_set() -> None:
    policy = a_policy(by("{emails: [x@example.com, bob@example.com], usergroup: S0SRE}"))
    async with a_gateway() as gateway:
        gateway.directory.emails["bob@example.com"] = BOB
        gateway.directory.knows_usergroups = False

        met = await meet_people(gateway.directory, policy)

        assert [(each.people.line, each.text.split(" – ")[0]) for each in met.unmet] == [
            (5, "sre: nobody in this workspace has the address x@example.com"),
            (5, "sre: this workspace's Slack plan has no user groups"),
            (6, "oncall: this workspace's Slack plan has no user groups"),
        ]
        assert not any(each.is_passing for each in met.unmet)


async def test_what_slack_cannot_say_just_now_is_asked_again() -> None:
    policy = a_policy(by("{emails: bob@example.com, channel: C0LEADS}"))
    async with a_gateway() as gateway:
        gateway.directory.is_down = True

        met = await meet_people(gateway.directory, policy)

        assert [each.is_passing for each in met.unmet] == [True, True]
        assert met.policy.people(["sre"])[0].users == frozenset()


@pytest.mark.parametrize("fact", ["is_bot", "is_guest", "is_deactivated"])
async def test_T12_where_only_those_are_left_who_may_never_decide_nobody_is_asked(
    fact: str,
) -> None:
    async with a_gateway(policy=by("{users: [U0BOB, U0ALICE]}")) as gateway:
        gateway.directory.change(BOB, **{fact: True})

        with pytest.raises(CallNoEligibleApprover, match="bots, guests and people who left"):
            await gateway.asks()

        gateway.directory.change(BOB, **{fact: False})
        call = gateway.asks()
        request = await gateway.pending()
        await gateway.clicks(request.id, BOB)
        await call
        stored = await gateway.store.request(request.id)
        assert stored is not None
        assert stored.status is Status.APPROVED


async def test_a_set_too_large_to_look_at_is_asked_and_the_click_tells() -> None:
    many = ", ".join(f"U0P{number}" for number in range(4))
    async with a_gateway(policy=by(f"{{users: [{many}]}}")) as gateway:
        for number in range(4):
            gateway.directory.change(UserId(f"U0P{number}"), is_bot=True)
        call = gateway.asks()
        request = await gateway.pending()

        answer = await gateway.clicks(request.id, UserId("U0P1"))

        assert answer.refusal is not None
        assert answer.refusal.code == "bot"
        call.cancel()
