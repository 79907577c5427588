"""The App Home through the door: opened, pressed, kept true; each entry with a card of its own."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Requester, Status
from approvals.domain.card import Card, CardKind
from approvals.domain.freeze import ALL, Hand
from approvals.domain.home import NEWS_AFTER, WATCHED_FOR
from approvals.operations.freeze import freeze, unfreeze
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.hands.reach import InteractionResult
from bot.slack import buttons, modals, reason_form
from bot.slack.full_view import FULL_VIEW
from tests.costs import A_SECOND, cost_of
from tests.slack_door import runs
from tests.slack_door.scene import ALICE, BOB, CAROL, DANA, Scene, policy

BOTS = Requester(agent="ops")


async def opens(stage: Scene, person: str = BOB) -> str:
    """Open the Home tab and return everything that is drawn there."""
    await stage.slack.interactions.open_home(person)
    await stage.settle()
    return drawn(stage, person)


def drawn(stage: Scene, person: str = BOB) -> str:
    home = stage.slack.workspace.home(person)
    assert home is not None
    return str(home.view["blocks"])


async def press(
    stage: Scene, request: ApprovalRequest, action_id: str = buttons.APPROVE, person: str = BOB
) -> InteractionResult:
    home = stage.slack.workspace.home(person)
    assert home is not None
    result = await stage.slack.interactions.click_in_view(
        person, home.id, action_id=action_id, block_id=f"decide:{request.id}"
    )
    await stage.settle()
    return result


async def entries(stage: Scene, request: ApprovalRequest) -> list[Card]:
    return [card for card in await stage.cards(request) if card.kind is CardKind.HOME]


async def test_home_shows_what_waits_for_me_first_to_close_first(stage: Scene) -> None:
    later = await stage.ask("late_tool", requester=BOTS, note="*bold* <!here>")
    stage.clock.advance(timedelta(minutes=-5))
    sooner = await stage.ask("soon_tool", requester=BOTS)
    await stage.ask("bobs_own", requester=Requester(agent="ops", person=BOB))

    home = await opens(stage)

    assert "Waiting for you: 2" in home
    assert home.index(sooner.id) < home.index(later.id)
    assert "'text': 'note: \"*bold* <!here>\"'" in home.replace("\\", "")
    assert "bobs_own" not in home
    assert "Waiting for you: 3" in await opens(stage, CAROL)
    assert "Nothing. 3 requests wait for other people." in await opens(stage, ALICE)


async def test_approve_in_home_decides_by_a_card_of_its_own_and_the_entry_goes(
    stage: Scene,
) -> None:
    request = await stage.ask(requester=BOTS)
    await opens(stage)

    result = await press(stage, request)

    assert result.acked
    (decision,) = await stage.decisions(request)
    assert decision.user == BOB
    assert (await stage.stored(request)).status is Status.APPROVED
    (card,) = await entries(stage, request)
    assert (card.viewer, card.ts) == (BOB, None)
    assert card.nonce != (await stage.card(request)).nonce
    assert "Approved" in await stage.headline(request)
    home = drawn(stage)
    assert f"decide:{request.id}" not in home
    assert "you approved it" in home
    assert stage.slack.workspace.view_stack(BOB) == []


async def test_reject_in_home_asks_for_the_reason_in_a_window(stage: Scene) -> None:
    request = await stage.ask(requester=BOTS)
    await opens(stage)

    await press(stage, request, buttons.REJECT)
    view = stage.window(BOB)
    assert view.view["callback_id"] == reason_form.REJECT_REASON
    await stage.slack.interactions.submit_view(
        BOB, view.id, {reason_form.REASON_BLOCK: {reason_form.REASON_ACTION: "not now"}}
    )
    await stage.settle()

    stored = await stage.stored(request)
    assert (stored.status, stored.ended_reason) == (Status.REJECTED, "not now")
    assert "you rejected it" in drawn(stage)


async def test_details_and_the_full_view_open_from_home(stage: Scene) -> None:
    small = await stage.ask(requester=BOTS)
    large = await stage.ask("write_file", requester=BOTS, content="x" * 6_000)
    await opens(stage)

    await press(stage, small, buttons.DETAILS)
    assert stage.window(BOB).view["callback_id"] == modals.DETAILS_VIEW
    await press(stage, large, buttons.REVIEW)
    assert stage.window(BOB).view["callback_id"] == FULL_VIEW
    await stage.slack.interactions.click_in_view(
        BOB, stage.window(BOB).id, action_id=buttons.VIEW_APPROVE
    )
    await stage.settle()

    assert (await stage.stored(large)).status is Status.APPROVED


async def test_an_entry_that_does_not_show_everything_cannot_approve(stage: Scene) -> None:
    request = await stage.ask("write_file", requester=BOTS, content="x" * 6_000)
    home = await opens(stage)
    assert buttons.APPROVE not in home.replace(buttons.REVIEW, "")

    (card,) = await entries(stage, request)
    await stage.send(home_press(stage, request, card.nonce))

    assert (await stage.stored(request)).is_pending
    assert stage.window(BOB).view["callback_id"] == FULL_VIEW


def home_press(
    stage: Scene,
    request: ApprovalRequest,
    nonce: str,
    person: str = BOB,
    digest: str | None = None,
) -> dict[str, Any]:
    """A press in a Home as Slack sends it, its value made by hand."""
    return {
        "type": "block_actions",
        "user": {"id": person, "username": "x", "name": "x", "team_id": stage.slack.team_id},
        "api_app_id": stage.slack.app_id,
        "team": {"id": stage.slack.team_id, "domain": "local"},
        "container": {"type": "view", "view_id": "V1"},
        "view": {"id": "V1", "type": "home", "callback_id": "sayso:home", "hash": "1.a"},
        "trigger_id": stage.slack.triggers.issue(person),
        "actions": [
            {
                "action_id": buttons.APPROVE,
                "block_id": f"decide:{request.id}",
                "value": buttons.button_value(request.id, nonce, digest),
            }
        ],
    }


async def test_B17_a_press_with_the_entry_of_another_person_is_refused(stage: Scene) -> None:
    request = await stage.ask(requester=BOTS)
    await opens(stage)
    await opens(stage, CAROL)
    carols = next(card for card in await entries(stage, request) if card.viewer == CAROL)
    bobs = next(card for card in await entries(stage, request) if card.viewer == BOB)

    await stage.send(home_press(stage, request, carols.nonce))

    assert (await stage.stored(request)).is_pending
    assert "does not belong to the card" in str(stage.window(BOB).view)
    await stage.send(home_press(stage, request, bobs.nonce))
    assert (await stage.stored(request)).status is Status.APPROVED


async def test_a_press_on_an_entry_that_showed_other_arguments_is_refused(stage: Scene) -> None:
    request = await stage.ask(requester=BOTS)
    await opens(stage)
    (card,) = await entries(stage, request)

    await stage.send(home_press(stage, request, card.nonce, digest="0" * 64))
    assert (await stage.stored(request)).is_pending
    assert stage.window(BOB).view["title"]["text"] == "Sayso"

    await stage.send(home_press(stage, request, card.nonce, digest=request.call.digest))
    assert (await stage.stored(request)).status is Status.APPROVED


async def test_B12_who_lost_the_right_since_home_was_drawn_is_refused_and_sees_it_go(
    stage: Scene,
) -> None:
    request = await stage.ask(requester=BOTS)
    await opens(stage)
    stage.set_policy(policy("{users: [U0CAROL]}"))

    await press(stage, request)

    assert (await stage.stored(request)).is_pending
    assert "You are not an approver" in str(stage.window(BOB).view)
    assert request.id not in drawn(stage)


async def test_an_entry_decided_elsewhere_goes_from_the_homes_of_others(stage: Scene) -> None:
    request = await stage.ask(requester=BOTS)
    await opens(stage)
    await opens(stage, CAROL)

    await stage.click(CAROL, request)

    assert f"decide:{request.id}" not in drawn(stage)
    assert "you approved it" in drawn(stage, CAROL)


async def test_a_press_on_a_home_drawn_too_early_says_who_decided(stage: Scene) -> None:
    request = await stage.ask(requester=BOTS)
    await opens(stage)
    (card,) = await entries(stage, request)
    await stage.click(CAROL, request)

    await stage.send(home_press(stage, request, card.nonce))

    assert f"already approved by <@{CAROL}>" in str(stage.window(BOB).view)


async def test_what_is_new_shows_by_itself_soon_in_homes_opened_lately_and_there_once(
    stage: Scene,
) -> None:
    await opens(stage)
    stage.clock.advance(timedelta(minutes=59))
    drawings = len(stage.slack.calls.of("views.publish"))

    first, second = [await stage.ask(f"tool_{number}", requester=BOTS) for number in range(2)]
    assert first.id not in drawn(stage)
    stage.clock.advance(NEWS_AFTER)
    await stage.deliver()

    assert f"decide:{first.id}" in drawn(stage)
    assert f"decide:{second.id}" in drawn(stage)
    assert len(stage.slack.calls.of("views.publish")) == drawings + 1


async def test_a_freeze_shows_by_itself_and_so_does_its_end(stage: Scene) -> None:
    await opens(stage)
    for act, shown in ((freeze_all, True), (lift_all, False)):
        await act(stage)
        await stage.deliver()
        stage.clock.advance(NEWS_AFTER)
        await stage.deliver()

        assert ("an incident" in drawn(stage)) is shown


async def test_a_home_opened_long_ago_waits_to_be_refreshed(
    stage: Scene,
) -> None:
    await opens(stage)
    stage.clock.advance(WATCHED_FOR + timedelta(seconds=1))
    await opens(stage, CAROL)
    drawings = len(stage.slack.calls.of("views.publish"))

    await stage.ask(requester=BOTS)
    stage.clock.advance(NEWS_AFTER)
    await stage.deliver()

    assert len(stage.slack.calls.of("views.publish")) == drawings + 1
    assert "Waiting for you: 1" in drawn(stage, CAROL)
    assert "Waiting for you: 1" not in drawn(stage)


async def freeze_all(stage: Scene) -> None:
    await freeze(stage.desk, ALL, by=Hand(user=CAROL), reason="an incident")


async def lift_all(stage: Scene) -> None:
    await unfreeze(stage.desk, ALL, by=Hand(user=CAROL))


async def test_refresh_draws_what_came_since(stage: Scene) -> None:
    await opens(stage)
    request = await stage.ask(requester=BOTS)
    home = stage.slack.workspace.home(BOB)
    assert home is not None

    await stage.slack.interactions.click_in_view(BOB, home.id, action_id=buttons.REFRESH_HOME)
    await stage.settle()

    assert f"decide:{request.id}" in drawn(stage)


async def test_home_shows_my_tasks_and_where_i_approve(stage: Scene) -> None:
    run = await runs.running(stage, "restart *it* <@U0BOB>")

    home = await opens(stage, ALICE)

    assert run.short_id in home
    assert "restart *it* <@U0BOB>" in home
    assert "as one of sre" not in home
    assert "as one of sre" in await opens(stage)


async def test_a_guest_gets_a_home_that_says_why_it_is_empty(stage: Scene) -> None:
    request = await stage.ask(requester=BOTS)

    home = await opens(stage, DANA)

    assert "Guests of the workspace may not look at what is asked." in home
    assert request.id not in home


async def test_a_busy_slack_is_obeyed_and_the_home_drawn_afterwards(stage_by_clock: Scene) -> None:
    stage = stage_by_clock
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.RATE_LIMITED, method="views.publish", times=1)
    )
    await stage.slack.interactions.open_home(BOB)
    await stage.settle()
    assert stage.slack.workspace.home(BOB) is None

    stage.clock.advance(timedelta(seconds=2))
    await stage.deliver()

    assert "Waiting for you" in drawn(stage)


@pytest.mark.long
async def test_home_takes_less_than_a_second_of_work_with_a_thousand_pending(
    stage: Scene,
) -> None:
    async def opened() -> None:
        await stage.slack.interactions.open_home(BOB)
        await stage.door.errands.settled()

    costs: list[float] = []
    for count in (100, 1_000):
        for number in range(count - len(costs) * 100):
            await stage.ask(requester=BOTS, number=count + number, deliver_it=False)
        costs.append(min([await cost_of(opened()) for _ in range(3)]))

    home = drawn(stage)
    assert "Waiting for you: 1,000" in home
    assert home.count("'block_id': 'decide:") == 10
    assert "and 990 requests that close later." in home
    few, many = costs
    assert many < A_SECOND
    assert many < 10 * few  # no worse than in proportion


async def test_home_says_what_is_frozen_where_it_concerns_me_and_approves_nothing(
    stage: Scene,
) -> None:
    request = await stage.ask(requester=BOTS)
    assert "frozen by" not in await opens(stage)
    await freeze(stage.desk, ALL, by=Hand(user=CAROL), reason="an *incident*")

    home = await opens(stage)

    assert "an *incident*" in home
    assert "Until it is lifted nothing can be approved there" in home
    await press(stage, request)
    assert (await stage.stored(request)).is_pending
    assert "frozen" in str(stage.window(BOB).view)
