"""`/approvals`, `list`, `show`, `help`: what waits, privately, to whom it concerns."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.domain.approval_request import ApprovalRequest, Requester
from approvals.domain.ids import ChannelId
from approvals.storage.policy_reader import read_policy
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.hands.reach import InteractionResult
from bot.slack import buttons
from bot.slack.verbs.table import VERBS
from tests.slack_door.scene import ALICE, BOB, CAROL, DANA, EVE, POLICY, PROD, Scene, policy, scene

GENERAL = ChannelId("C0GENERAL")
BOTS = Requester(agent="ops")


async def type_in(
    stage: Scene, text: str, person: str = BOB, channel: ChannelId = PROD
) -> InteractionResult:
    result = await stage.slack.interactions.slash_command(person, channel, text)
    await stage.settle()
    return result


async def answer(stage: Scene, text: str, person: str = BOB, channel: ChannelId = PROD) -> str:
    await type_in(stage, text, person, channel)
    return stage.told(person, channel)[-1]


async def test_approvals_alone_lists_what_waits_for_me_first_to_close_first(stage: Scene) -> None:
    later = await stage.ask("late_tool", requester=BOTS)
    stage.clock.advance(timedelta(minutes=-5))
    sooner = await stage.ask("soon_tool", requester=BOTS)

    result = await type_in(stage, "/approvals")

    (told,) = stage.told(BOB)
    assert told.startswith("*2 requests wait for you*")
    assert told.index(sooner.short_id) < told.index(later.short_id)
    assert "soon_tool(service=checkout) – asked by agent `ops`" in told
    assert result.ack_s is not None
    assert result.ack_s < 1.0


async def test_what_waits_for_me_leaves_out_what_i_asked_approved_or_may_not_decide(
    stage: Scene,
) -> None:
    await stage.ask("asked_by_bob", requester=Requester(agent="ops", person=BOB))
    approved = await stage.ask("approved_by_bob", requester=BOTS, needs=2)
    await stage.click(BOB, approved)
    mine = await stage.ask("for_bob", requester=BOTS)

    told = await answer(stage, "/approvals waiting")

    assert told.startswith("*1 request waits for you*")
    assert "for_bob" in told
    assert mine.short_id in told
    assert "approved_by_bob" in await answer(stage, "/approvals", CAROL)
    assert await answer(stage, "/approvals", ALICE) == (
        "*Nothing waits for you.* 3 requests wait for others."
    )


async def test_what_waits_for_me_is_judged_by_the_groups_and_the_policy_of_now(
    stage: Scene,
) -> None:
    await stage.ask(requester=BOTS)
    assert "1 request waits for you" in await answer(stage, "/approvals")

    stage.set_policy(
        read_policy(POLICY.replace("usergroups: [S0SRE]", "users: [U0ALICE]").encode())
    )

    assert "Nothing waits for you." in await answer(stage, "/approvals")
    assert "1 request waits for you" in await answer(stage, "/approvals", ALICE)

    denying = POLICY.replace("{usergroups: [S0SRE]}", "{users: [U0ALICE]}")
    stage.set_policy(read_policy(denying.replace("effect: ask", "effect: deny").encode()))
    assert "Nothing waits for you." in await answer(stage, "/approvals", ALICE)


async def test_a_request_that_waits_in_a_run_out_time_waits_for_nobody(stage: Scene) -> None:
    await stage.ask(requester=BOTS)
    stage.clock.advance(timedelta(minutes=16))

    assert "Nothing waits for you." in await answer(stage, "/approvals")


async def test_what_cannot_be_judged_is_said(tmp_path: Path) -> None:
    async with scene(tmp_path, directory_max_age_s=0) as stage:
        await stage.ask(requester=BOTS)
        await stage.slack.faults.switch_on(
            Fault(kind=FaultKind.SERVER_ERROR, method="usergroups.users.list")
        )

        told = await answer(stage, "/approvals")

    assert "Nothing waits for you." in told
    assert "Some could not be judged" in told


async def test_list_shows_everything_pending_here_whoever_it_waits_for(stage: Scene) -> None:
    assert await answer(stage, "/approvals list", ALICE) == "*Nothing is pending in this channel.*"
    await stage.ask("db_vacuum", requester=BOTS, note="<!channel> `x` *now*")

    told = await answer(stage, "/approvals list", ALICE)

    assert told.startswith("*1 request is pending here*")
    assert "db_vacuum(note=&lt;!channel&gt; `x` *now*)" in told
    shown = stage.slack.workspace.ephemerals(ALICE, PROD)[-1].blocks
    assert [block["type"] for block in shown] == ["rich_text"]


@pytest.mark.parametrize("text", ["/approvals", "/approvals list", "/approvals show 0A1B2C"])
async def test_B23_guests_and_external_people_see_nothing(stage: Scene, text: str) -> None:
    request = await stage.ask(requester=BOTS)
    text = text.replace("0A1B2C", request.short_id)

    guest = await answer(stage, text, DANA)
    external = await forged(stage, text, EVE)

    assert "Guests of the workspace may not look at what is asked." in guest
    assert "People of another organisation may not look at what is asked." in external
    assert request.call.tool not in guest + external
    assert request.call.tool in str(await shown(stage, text, BOB))


async def test_who_cannot_be_looked_up_sees_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path, directory_max_age_s=0) as stage:
        await stage.ask(requester=BOTS)
        await stage.slack.faults.switch_on(Fault(kind=FaultKind.SERVER_ERROR, method="users.info"))

        told = await answer(stage, "/approvals list")

        assert "Slack could not confirm just now who you are" in told


async def shown(stage: Scene, text: str, person: str, channel: ChannelId = PROD) -> str:
    await type_in(stage, text, person, channel)
    message = stage.slack.workspace.ephemerals(person, channel)[-1]
    return f"{message.text} {message.blocks}"


async def test_show_tells_one_request_by_the_end_of_its_id_without_buttons(stage: Scene) -> None:
    request = await stage.ask("db_vacuum", requester=BOTS, table="orders")

    for named in (request.short_id, request.short_id.lower(), f"`{request.id}`", request.id[-8:]):
        told = await shown(stage, f"/approvals show {named}", ALICE)
        assert "table: orders" in told.replace('"', "")
        assert buttons.APPROVE not in told

    await stage.click(BOB, request)
    assert "Approved by" in await shown(stage, f"/approvals show {request.short_id}", ALICE)


async def test_show_finds_what_is_pending_in_another_channel_for_who_may_see_it(
    stage: Scene,
) -> None:
    stage.set_policy(policy("{users: [U0BOB]}"))
    request = await stage.ask("db_vacuum", requester=Requester(agent="ops", person=ALICE))
    prod = stage.slack.workspace.channel(PROD)
    assert prod is not None
    stage.slack.workspace.put_channel(replace(prod, members=("U0SAYSO",)))

    show = f"/approvals show {request.short_id}"

    assert "db_vacuum" in await shown(stage, show, ALICE, GENERAL)  # asked for her
    assert "db_vacuum" in await shown(stage, show, BOB, GENERAL)  # may approve it
    assert "There is no such request" in await shown(stage, show, CAROL, GENERAL)


async def test_an_ending_that_several_have_is_answered_with_their_ids(stage: Scene) -> None:
    first, second = await ask_ending_in(stage, "1WXYZ"), await ask_ending_in(stage, "2WXYZ")

    told = await answer(stage, "/approvals show WXYZ")

    assert "Several requests have an id that ends so" in told
    assert first.id in told
    assert second.id in told


async def forged(stage: Scene, text: str, person: str) -> str:
    """Type as somebody Slack itself would not let type here."""
    command, _, rest = text.partition(" ")
    payload = {
        "command": command,
        "text": rest,
        "user_id": person,
        "team_id": stage.slack.team_id,
        "channel_id": PROD,
        "api_app_id": stage.slack.app_id,
        "trigger_id": "1.2.3",
    }
    result = await stage.slack.interactions.deliver("slash_commands", payload)
    await stage.settle()
    return str(result.answer)


async def ask_ending_in(stage: Scene, ending: str) -> ApprovalRequest:
    asked = await stage.ask(requester=BOTS)
    again = replace(asked, id=type(asked.id)(f"{asked.id[:-5]}{ending}"), key=None)
    await stage.desk.store.write(lambda tx: tx.add_request(again))
    return again


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/approvals show", "Say which request"),
        ("/approvals show a b", "Say which request"),
        ("/approvals show ../etc", "This is no id of a request."),
        ("/approvals show 0A1B2C", "There is no such request that you may see"),
        ("/approvals list all", "This takes nothing after it."),
        ("/approvals lst", "Did you mean this?"),
        ("/approvals approve everything", "There is no such verb."),
        ("/approvals help stauts", "`help` takes one of the verbs."),
        ("/approvals help show", "ID is the request's id"),
    ],
)
async def test_what_is_not_understood_is_said_with_how_it_is_written(
    stage: Scene, text: str, told: str
) -> None:
    assert told in await answer(stage, text)


async def test_help_names_every_verb(stage: Scene) -> None:
    for text in ("/approvals help", "/approvals --help"):
        told = await answer(stage, text)
        for verb in VERBS:
            assert f"`/approvals {verb.name}" in told


async def test_E8_the_same_command_delivered_twice_is_answered_once(stage: Scene) -> None:
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.DUPLICATE_DELIVERY, method="slash_commands")
    )

    await type_in(stage, "/approvals list")
    await stage.settle()

    assert len(stage.told(BOB)) == 1


async def test_a_slow_answer_comes_after_the_acknowledgement_with_its_blocks(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, directory_max_age_s=0, ack_budget_s=0.2) as stage:
        request = await stage.ask("db_vacuum", requester=BOTS)
        await stage.slack.faults.switch_on(
            Fault(kind=FaultKind.SLOW_REPLY, method="users.info", seconds=0.5)
        )

        result = await type_in(stage, f"/approvals show {request.short_id}")

        assert result.ack_s is not None
        assert result.ack_s < 0.5
        still, told = stage.slack.workspace.ephemerals(BOB, PROD)
        assert still.text.startswith("⏳ Still on it")
        assert [block["type"] for block in told.blocks][:1] == ["header"]
