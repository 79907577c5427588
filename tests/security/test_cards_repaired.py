"""E4: a card that could not be updated after the decision shows it in the end."""

from datetime import timedelta
from pathlib import Path

from bot.sandbox.faults import Fault, FaultKind
from tests.slack_door.scene import BOB, scene


async def test_e4_a_card_whose_update_failed_is_drawn_again_until_it_shows_the_decision(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as stage:
        request = await stage.ask()
        await stage.slack.faults.switch_on(
            Fault(kind=FaultKind.SERVER_ERROR, method="chat.update", times=1)
        )
        await stage.click(BOB, request)
        stale = await stage.headline(request)

        stage.clock.advance(timedelta(minutes=1))
        await stage.deliver()

        assert stale.endswith("?")
        assert (await stage.headline(request)).startswith("✅ Approved")
