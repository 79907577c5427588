"""A click on a card: what is stored, what the card shows, what the person is told."""

from approvals.domain.approval_request import Cause, Status
from tests.slack_door.scene import BOB, Scene


async def test_an_approvers_click_is_stored_and_shown_on_the_card(stage: Scene) -> None:
    request = await stage.ask()

    result = await stage.click(BOB, request)

    assert result.acked
    stored = await stage.stored(request)
    assert (stored.status, stored.cause, stored.ended_by) == (
        Status.APPROVED,
        Cause.PEOPLE,
        BOB,
    )
    assert (await stage.headline(request)).startswith("✅ Approved")
    assert stage.told(BOB) == []
