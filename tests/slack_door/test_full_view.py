"""What a card cannot show is read, and decided, in the paged full view."""

from approvals.domain.approval_request import Status
from approvals.domain.card import CardKind
from bot.slack import buttons
from bot.slack.reason_form import REASON_ACTION, REASON_BLOCK
from tests.slack_door.scene import BOB, CAROL, Scene


async def test_a_card_that_hides_something_is_decided_on_the_last_page_of_its_full_view(
    stage: Scene,
) -> None:
    script = "\n".join(f"line {number}: {'x' * 60}" for number in range(250))
    request = await stage.ask(tool="run_script", script=script)

    await stage.click(BOB, request, buttons.REVIEW)
    assert (await stage.stored(request)).status is Status.PENDING
    pages = 1
    while buttons.VIEW_APPROVE not in str(stage.window(BOB).view["blocks"]):
        window = stage.window(BOB)
        await stage.slack.interactions.click_in_view(BOB, window.id, action_id=buttons.VIEW_NEXT)
        await stage.settle()
        pages += 1
    assert pages > 2
    await stage.slack.interactions.click_in_view(
        BOB, stage.window(BOB).id, action_id=buttons.VIEW_BACK
    )
    await stage.settle()
    assert f"page {pages - 1} of {pages}" in str(stage.window(BOB).view["blocks"])
    await stage.slack.interactions.click_in_view(
        BOB, stage.window(BOB).id, action_id=buttons.VIEW_NEXT
    )
    await stage.settle()

    window = stage.window(BOB)
    result = await stage.slack.interactions.click_in_view(
        BOB, window.id, action_id=buttons.VIEW_APPROVE
    )
    await stage.settle()

    assert result.acked
    assert (await stage.stored(request)).status is Status.APPROVED
    assert "is recorded" in str(stage.window(BOB).view["blocks"])


async def test_approve_on_a_card_that_hides_something_opens_the_full_view(stage: Scene) -> None:
    request = await stage.ask(tool="run_script", script="x" * 4_000)

    await stage.slack.interactions.deliver(
        "interactive",
        {**await stage.payload(BOB, request), "trigger_id": stage.slack.triggers.issue(BOB)},
    )
    await stage.settle()

    assert (await stage.stored(request)).status is Status.PENDING
    assert stage.window(BOB).view["title"]["text"] == "Review the full call"


async def test_the_full_view_of_another_person_decides_nothing(stage: Scene) -> None:
    request = await stage.ask(tool="run_script", script="x" * 4_000)
    await stage.click(BOB, request, buttons.REVIEW)
    (view,) = [each for each in await stage.cards(request) if each.viewer == BOB]
    payload = await stage.payload(CAROL, request)
    payload["actions"][0]["value"] = buttons.button_value(request.id, view.nonce)

    await stage.send(payload)

    assert (await stage.stored(request)).status is Status.PENDING


async def test_reject_in_the_full_view_asks_why_and_rejects(stage: Scene) -> None:
    request = await stage.ask(tool="run_script", script="x" * 4_000)
    await stage.click(BOB, request, buttons.REVIEW)

    await stage.slack.interactions.click_in_view(
        BOB, stage.window(BOB).id, action_id=buttons.VIEW_REJECT
    )
    await stage.settle()
    await stage.slack.interactions.submit_view(
        BOB,
        stage.window(BOB).id,
        {REASON_BLOCK: {REASON_ACTION: "too long"}},
    )
    await stage.settle()

    stored = await stage.stored(request)
    assert (stored.status, stored.ended_reason) == (Status.REJECTED, "too long")


async def test_a_person_has_one_full_view_of_a_request_however_often_they_open_it(
    stage: Scene,
) -> None:
    request = await stage.ask(tool="run_script", script="x" * 4_000)

    for person in (BOB, BOB, CAROL, BOB):
        await stage.click(person, request, buttons.REVIEW)

    views = [card for card in await stage.cards(request) if card.kind is CardKind.VIEW]
    assert sorted(str(view.viewer) for view in views) == [BOB, CAROL]
    assert len({view.nonce for view in views}) == 2


async def test_what_was_approved_is_read_in_full_afterwards_and_decides_nothing(
    stage: Scene,
) -> None:
    request = await stage.ask(tool="run_script", script="x" * 8_000 + "the end")
    await stage.click(BOB, request, buttons.REJECT)
    await stage.slack.interactions.submit_view(
        BOB, stage.window(BOB).id, {REASON_BLOCK: {REASON_ACTION: "no"}}
    )
    await stage.settle()

    await stage.click(CAROL, request, buttons.REVIEW)
    read = str(stage.window(CAROL).view["blocks"])
    while buttons.VIEW_NEXT in str(stage.window(CAROL).view["blocks"]):
        await stage.slack.interactions.click_in_view(
            CAROL, stage.window(CAROL).id, action_id=buttons.VIEW_NEXT
        )
        await stage.settle()
        read += str(stage.window(CAROL).view["blocks"])

    assert "the end" in read
    assert buttons.VIEW_APPROVE not in read
    assert buttons.VIEW_REJECT not in read
    assert "Approve stands" not in read
    await stage.click(BOB, request, buttons.DETAILS)
    assert stage.window(BOB).view["title"]["text"] == "Details"
